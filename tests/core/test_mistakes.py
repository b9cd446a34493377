"""The tests can fail: each planted mistake makes the check that is named beside it fail."""

import inspect
from textwrap import dedent
from typing import Any

import pytest

from tests.core import mistakes_in_formulas as formulas
from tests.core import mistakes_in_layers as layers

MISTAKES = {
    **formulas.GRADIENTS,
    **formulas.LOSS_MISTAKES,
    **formulas.OPTIMIZER_MISTAKES,
    **layers.NORM_MISTAKES,
    **layers.DROPOUT_MISTAKES,
    **layers.UPDATE_MISTAKES,
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, right, wrong, check = MISTAKES[name]
    check()
    source = dedent(inspect.getsource(function))
    assert source.count(right) == 1, "the line to change is gone"
    made: dict[str, Any] = {}
    exec(source.replace(right, wrong), function.__globals__, made)
    monkeypatch.setattr(function, "__code__", made[function.__name__].__code__)
    with pytest.raises(AssertionError):
        check()
