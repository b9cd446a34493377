# One environment in .venv serves every target; it is made and filled when first needed.
# With another Python: make clean, then make run PYTHON=/path/to/python3.12

VENV := .venv
STAMP := $(VENV)/.installed
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python3.14 python)

.DEFAULT_GOAL := help
.PHONY: help run test check bench profile pins clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

# The environment variable keeps a file name with spaces in one piece.
run: export FILE := $(FILE)
run: $(STAMP) ## start the program; FILE="my run.safetensors" opens a file
	@$(VENV)/bin/python main.py $${FILE:+"$$FILE"}

test: $(STAMP) ## run every test but the benchmarks, on all processors
	$(VENV)/bin/python -m pytest -q -n auto --dist worksteal

check: $(STAMP) ## style, types and the rules of the house
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict
	$(VENV)/bin/python -m pytest -q tests/test_project.py

bench: $(STAMP) ## measure speed
	$(VENV)/bin/python -m pytest tests/benchmarks -m bench -q -s

profile: $(STAMP) ## show where a training step spends its time; NET="6x8 3x256" names networks
	@$(VENV)/bin/python tests/benchmarks/profile_engine.py $(NET)

pins: $(STAMP) ## write requirements.txt again after a change of pyproject.toml
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header \
		--no-annotate --group dev --output-file requirements.txt pyproject.toml

clean: ## remove the environment and every cache
	rm -rf $(VENV) .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A candidate counts only once it has run: a name on the path may be a shim that fails when called.
# An environment without pip (uv makes such ones) or of a Python that is gone is made anew.
$(STAMP): requirements.txt
	@if ! $(VENV)/bin/python -c 'import pip' 2>/dev/null; then \
		found=; \
		for python in $(CANDIDATES); do \
			if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
				2>/dev/null; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "Missing: Python 3.11 to 3.14 with its venv module (on Debian and Ubuntu:" \
				"apt-get install python3 python3-venv)." \
				"Tried: $(subst ",,$(CANDIDATES)). Name another one with make PYTHON=/path/to/python." >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$("$$found" --version); this happens once."; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check -r requirements.txt
	@touch $@
