"""What the README shows is what happens: its notebook is run, and worked out beside it by hand."""

import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"


def blocks_of(heading: str) -> list[str]:
    """The Python blocks of one section."""
    sections = re.split(r"^## ", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = (text for text in sections if text.startswith(heading + "\n"))
    return re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


@pytest.fixture
def notebook() -> dict[str, Any]:
    (block,) = blocks_of("In a notebook")
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_notebook_takes_the_step_that_a_person_works_out(notebook: dict[str, Any]) -> None:
    # x = (1, 2)     z_1 = (0.5 + 0.5, -1 + 1 + 0.5) = (1, 0.5)       h_1 = (1, 0.5)
    # x = (-1, 1)    z_1 = (-0.5 + 0.25, 1 + 0.5 + 0.5) = (-0.25, 2)  h_1 = (0, 2)
    # z_2 = 1 - 1 + 0.5 = 0.5 and 0 - 4 + 0.5 = -3.5
    # loss = ((0.5 - 1)^2 + (-3.5 + 3)^2) / 2
    assert notebook["loss"] == 0.25
    # delta_2 = 2 (z_2 - y) / 2 = -0.5, -0.5
    # delta_1 = delta_2 W_2 relu'(z_1) = (-0.5, 1), (0, 1)
    # dW_1, a row per unit: -0.5 (1, 2) + 0 (-1, 1) and 1 (1, 2) + 1 (-1, 1)
    assert notebook["gradient"].tolist() == [[-0.5, -1], [0, 3]]
    # W - 0.5 dW; the first velocity is the gradient
    after = {name: values.tolist() for name, values in notebook["after"].items()}
    assert after == {
        "0.weight": [[0.75, 0.75], [-1, -1]],
        "0.bias": [0.25, -0.5],  # db_1 = (-0.5, 2)
        "2.weight": [[1.25, -1.375]],  # dW_2 = -0.5 (1, 0.5) - 0.5 (0, 2) = (-0.5, -1.25)
        "2.bias": [1],  # db_2 = -1
    }


def test_the_notebook_says_the_numbers_that_it_makes(notebook: dict[str, Any]) -> None:
    (block,) = blocks_of("In a notebook")
    assert f"# {float(notebook['loss'])}\n" in block
    for name, values in (("# ", notebook["gradient"]), ("is ", notebook["after"]["0.weight"])):
        rows = ", ".join(f"[{', '.join(f'{v:g}' for v in row)}]" for row in values)
        assert f"{name}[{rows}]" in block


def test_the_modules_that_the_notebook_names_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    named = re.findall(r"`((?:core|lab|widgets)/\w+\.py)`", text)
    assert named
    assert not [name for name in named if not (README.parent / name).is_file()]
