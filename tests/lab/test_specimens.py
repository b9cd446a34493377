"""A specimen is a copy of one network, with the batch that comes next."""

import numpy as np
import pytest

from core.places import Place
from lab.specimens import SpecimenOf
from tests.lab.making import run_of


@pytest.mark.parametrize("seeds", [1, 3])
def test_it_is_examined_without_harm(seeds: int) -> None:
    run = run_of({"network.depth": 3, "network.seeds": seeds}, steps=4)
    specimen = SpecimenOf(seed=2).made_of(run)
    assert specimen.seed == (2 if seeds == 3 else 0)
    assert specimen.step == 4
    own = run.network(specimen.seed).parameters
    assert np.array_equal(specimen.network.parameters, own)
    kept = own.copy()
    specimen.trainer.step()
    assert not np.array_equal(specimen.network.parameters, kept)
    assert np.array_equal(run.network(specimen.seed).parameters, kept)
    run.advance()
    x = run.trainer.flow.x
    assert np.array_equal(x if seeds == 1 else x[2], specimen.batch.x)


def test_places() -> None:
    specimen = SpecimenOf().made_of(run_of({"network.depth": 3}))
    place = Place("w", 2, 1, 0)
    assert specimen.has(place)
    assert specimen.network.parameters[specimen.index(place)] == specimen.network.layers[1].w[0, 1]
    assert not specimen.has(Place("w", 9, 0, 0))
    assert not specimen.has(Place("b", 1, 99))
    with pytest.raises(ValueError, match="layer"):
        specimen.index(Place("w", 9, 0, 0))


def test_tools_share_one_probe_of_the_batch_that_comes_next() -> None:
    run = run_of({"network.depth": 3, "cures.dropout": 0.3}, steps=2)
    specimen = SpecimenOf().made_of(run)
    assert specimen.probe is specimen.probe
    run.advance()
    assert specimen.probe.present[0] == pytest.approx(float(run.record.loss), rel=1e-5)
