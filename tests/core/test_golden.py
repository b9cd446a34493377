"""The engine agrees with PyTorch's autograd and optimisers."""

from typing import Any

import pytest

from tests.core.golden import check_golden_gradient, check_golden_steps, golden_cases

CASES = golden_cases()


def test_there_are_cases_to_compare_with() -> None:
    assert len(CASES) == 42


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_gradients(case: dict[str, Any]) -> None:
    check_golden_gradient(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_steps(case: dict[str, Any]) -> None:
    check_golden_steps(case)
