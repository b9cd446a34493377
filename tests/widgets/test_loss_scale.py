"""The axis of a loss has short numbers, whatever the loss, and changes seldom."""

import pytest

from widgets.tools.loss_scale import LossScale


def fitted(now: float, width: float) -> LossScale:
    scale = LossScale()
    scale.fit(now, width)
    return scale


def test_a_loss_that_varies_is_shown_as_it_is() -> None:
    scale = fitted(0.7, 0.2)
    assert scale.label == "loss"
    assert float(scale.height(0.65)) == 0.65


def test_small_differences_are_counted_from_the_present_loss() -> None:
    scale = fitted(0.7, 3e-9)
    assert scale.label == "(loss − now) / 1e-9"
    assert float(scale.height(0.7 + 2e-9)) == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("now", [1e64, 1e-20, float("inf"), float("nan"), 0.0])
def test_a_loss_of_any_size_has_heights_near_one(now: float) -> None:
    for width in (1e64, 2e-20, float("inf"), 0.0):
        scale = fitted(now, width)
        assert scale.unit > 0
        assert len(scale.label) < 24
        if 0 < width < float("inf"):
            assert 1 <= width / scale.unit < 10


def test_it_stays_while_it_fits() -> None:
    scale = fitted(0.7, 5e-4)
    assert scale.label == "(loss − now) / 1e-4"
    for width in (9e-5, 0.0025, 5e-4):
        scale.fit(0.71, width)
        assert scale.label == "(loss − now) / 1e-4", width
        assert scale.origin == 0.71
    scale.fit(0.7, 0.01)
    assert scale.label == "loss"
    scale.fit(0.7, 0.001)
    assert scale.label == "loss"
    scale.fit(0.7, 1e-5)
    assert scale.label == "(loss − now) / 1e-5"
