"""The rules of the house that no single room can check: imports, pins and what may be tracked."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# A room may import itself and the rooms after it.
ROOMS = ("main", "widgets", "lab", "core")
WINDOW_LIBRARIES = ("PySide6", "shiboken6", "pyqtgraph", "superqt", "qtawesome", "qtpy")


def sources_of(room: str) -> list[Path]:
    return [ROOT / "main.py"] if room == "main" else sorted((ROOT / room).rglob("*.py"))


def name_of(source: Path) -> str:
    return source.relative_to(ROOT).as_posix()


def imported_by(source: Path) -> set[str]:
    """Top-level names that a file imports anywhere in it, also late or for type checking only."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def requirement_lines() -> list[str]:
    return (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


def pins_of(requirements: list[str]) -> dict[str, str]:
    """Version by name, spelt as package tools compare it; fails on what is not pinned."""
    pins = {}
    for requirement in requirements:
        pin = re.fullmatch(r"([\w.-]+)==([\w.]+)( ; .+)?", requirement)
        assert pin, f"{requirement!r} is not name==version"
        pins[re.sub(r"[-_.]+", "-", pin[1]).lower()] = pin[2]
    return pins


every_source = pytest.mark.parametrize(
    "source", [source for room in ROOMS for source in sources_of(room)], ids=name_of
)


@pytest.mark.parametrize("source", sources_of("core"), ids=name_of)
def test_the_engine_stays_a_text_to_be_read_in_an_evening(source: Path) -> None:
    assert len(source.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_one_way(room: str) -> None:
    forbidden = {"tests", *ROOMS[: ROOMS.index(room)]}
    wrong = {name_of(s): imported_by(s) & forbidden for s in sources_of(room)}
    assert not {name: found for name, found in wrong.items() if found}


def test_core_uses_numpy_and_the_standard_library_alone() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "core"}
    found = {name_of(source): imported_by(source) - allowed for source in sources_of("core")}
    assert not {name: others for name, others in found.items() if others}


def test_lab_names_no_window_library() -> None:
    found = {name_of(s): imported_by(s) & {*WINDOW_LIBRARIES} for s in sources_of("lab")}
    assert not {name: others for name, others in found.items() if others}


def test_core_and_lab_import_where_no_window_library_can_be() -> None:
    modules = [
        name_of(source).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for room in ("core", "lab")
        for source in sources_of(room)
    ]
    program = f"""
import importlib, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {WINDOW_LIBRARIES}:
            raise ImportError(name + " was imported without a window")

sys.meta_path.insert(0, Refuse())
for module in {modules}:
    importlib.import_module(module)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@every_source
def test_a_module_says_what_it_is_for(source: Path) -> None:
    assert ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))


def test_direct_dependencies_are_pinned_alike_in_both_lists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = pins_of(project["project"]["dependencies"] + project["dependency-groups"]["dev"])
    assert direct.items() <= pins_of(requirement_lines()).items(), "run `make pins`"


def test_the_pinned_list_names_packages_and_nothing_else() -> None:
    assert len(pins_of(requirement_lines())) == len(requirement_lines())


def test_no_lock_file_with_host_names_is_tracked() -> None:
    if not (ROOT / ".git").exists():
        return  # a copy without its history tracks nothing
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tracked = {Path(name).name for name in listed.stdout.split("\0")}
    assert not tracked & {"uv.lock", "pylock.toml"}
