"""A ladder is one path of a specimen, with what all paths add up to beside the run's gradient."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.places import Place
from lab.ladders import Choice, Ladder, ladder_of
from lab.run import Run
from lab.specimens import Specimen, SpecimenOf
from tests.lab.making import run_of

FIRST = Place("w", 1, 2, 0)
SMALL = {"network.depth": 3, "network.width": 4, "network.precision": "float64"}


def specimen_of(run: Run, seed: int = 0) -> Specimen:
    return SpecimenOf(seed).made_of(run)


def ladder(choice: Choice | None = None, changes: dict[str, object] | None = None) -> Ladder:
    return ladder_of(
        specimen_of(run_of({**SMALL, **(changes or {})}, steps=2)), choice or Choice(FIRST)
    )


@pytest.mark.parametrize("cures", [{}, {"cures.residual": True}, {"cures.dropout": 0.3}])
def test_the_paths_of_all_samples_add_up_to_the_gradient_of_the_next_step(
    cures: dict[str, object],
) -> None:
    run = run_of({**SMALL, **cures}, steps=3)
    specimen = specimen_of(run)
    each = [ladder_of(specimen, Choice(FIRST, sample)) for sample in range(len(specimen.batch.x))]
    assert all(one.complete and one.n_samples == len(each) for one in each)
    assert all(abs(one.difference) <= 1e-15 * one.magnitude for one in each)
    run.advance()
    gradient = float(run.trainer.network.layers[0].d_w[0, 2])
    assert math.fsum(one.listed.total for one in each) == pytest.approx(gradient, rel=1e-10)
    assert each[0].batch_gradient == pytest.approx(gradient, rel=1e-10)
    assert {one.step for one in each} == {3}


def test_too_many_paths_are_represented_by_the_strongest() -> None:
    deep: dict[str, object] = {"network.depth": 20, "network.activation": "sigmoid"}
    few = ladder(Choice(FIRST, listed=10), deep)
    more = ladder(Choice(FIRST, listed=500), deep)
    assert not few.complete
    assert few.n_paths == 4**19
    assert (few.listed.n_paths, more.listed.n_paths) == (10, 500)
    assert 0 < few.share < more.share < 1


def test_twenty_slopes_of_a_sigmoid_network_are_under_a_quarter() -> None:
    one = ladder(changes={"network.depth": 20, "network.activation": "sigmoid"})
    slopes = [
        (factor.value, bound)
        for factor, bound in zip(one.path.factors, one.bounds, strict=True)
        if factor.kind == "slope"
    ]
    assert len(slopes) == 20
    assert all(0 < value <= bound == 0.25 for value, bound in slopes)
    assert one.product_of("slope") == (20, math.prod(value for value, _ in slopes))
    others = [
        bound
        for factor, bound in zip(one.path.factors, one.bounds, strict=True)
        if factor.kind != "slope"
    ]
    assert len(others) == 22
    assert np.isnan(others).all()


def test_the_bound_of_a_slope_grows_with_what_dropout_makes_of_it() -> None:
    one = ladder(changes={"cures.dropout": 0.5})
    bounds = {bound for bound in one.bounds if not math.isnan(bound)}
    assert bounds == {2.0}


def test_ranks_and_chosen_units() -> None:
    choice = Choice(FIRST, sample=3)
    strongest, second = ladder(choice), ladder(replace(choice, rank=2))
    assert abs(strongest.path.product) >= abs(second.path.product)
    assert strongest.path.units != second.path.units
    other = (strongest.path.units[1] + 1) % 4
    led = ladder(replace(choice, through={2: other}))
    assert led.units[:2] == ((0, 0), (1, 2))
    assert led.units[2] == (2, other)
    assert (led.listed, led.gradient) == (strongest.listed, strongest.gradient)
    last = ladder(replace(choice, rank=1000))
    assert last.choice.rank == 16  # 4 · 4 · 1 paths


def test_a_bias_and_the_output_have_short_ladders() -> None:
    one = ladder(Choice(Place("b", 4, 0)))
    assert [factor.kind for factor in one.path.factors] == ["loss"]
    assert one.units == ((4, 0),)
    assert one.listed.total == one.gradient


def test_what_there_is_not_is_refused() -> None:
    for choice, words in (
        (Choice(Place("w", 9, 0, 0)), "layer: received 9"),
        (Choice(FIRST, sample=8), "sample: received 8"),
        (Choice(FIRST, through={2: 4}), "unit: received 4"),
        (Choice(FIRST, rank=0), "rank: received 0"),
        (Choice(FIRST, listed=1001), "listed: received 1001"),
    ):
        with pytest.raises(ValueError, match=words):
            ladder(choice)
    with pytest.raises(ValueError, match="norm"):
        ladder(changes={"cures.norm": "batch"})
