"""Frozen layers keep their parameters bit for bit; all else goes on as without them."""

from dataclasses import replace

import numpy as np
import pytest

from core.arrays import Array
from core.measures import ROW
from core.optimizers import OPTIMIZERS
from core.training import Trainer
from tests.core.engines import make_trainer

UPDATE = [ROW["update_norm"], ROW["update_ratio"]]


def parts_of(trainer: Trainer, layer: int) -> list[Array]:
    """Weights, biases, scale and shift of a layer, copied."""
    x = trainer.network.layers[layer - 1]
    return [part.copy() for part in (x.w, x.b, x.scale, x.shift) if part is not None]


def freeze(trainer: Trainer, *layers: int) -> None:
    trainer.tune(replace(trainer.settings, frozen=layers))


@pytest.mark.parametrize("kind", ["none", "batch", "layer"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_frozen_layer_keeps_every_bit_against_every_force(name: str, kind: str) -> None:
    trainer = make_trainer(
        optimizer=name, norm=kind, decay=0.1, l1=0.05, l2=0.05, clip_norm=0.5, clip_value=0.1
    )
    trainer.step()
    freeze(trainer, 1, 3)
    before = [parts_of(trainer, layer) for layer in (1, 2, 3)]
    for _ in range(5):
        trainer.step()
    after = [parts_of(trainer, layer) for layer in (1, 2, 3)]
    same = [
        [np.array_equal(a, b) for a, b in zip(*pair, strict=True)]
        for pair in zip(before, after, strict=True)
    ]
    assert all(same[0]), "layer 1 is frozen"
    assert not any(same[1]), "layer 2 is not"
    assert all(same[2]), "layer 3 is frozen"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_only_the_update_of_a_frozen_layer_is_none(name: str) -> None:
    free, frozen = (make_trainer(optimizer=name, decay=0.1) for _ in range(2))
    freeze(frozen, 2)
    for trainer in (free, frozen):
        trainer.measured = trainer.measure().magnitudes  # type: ignore[attr-defined]
    expected, magnitudes = free.step().magnitudes, frozen.step().magnitudes
    assert np.array_equal(frozen.measured, magnitudes)  # type: ignore[attr-defined]
    assert not magnitudes[UPDATE, 1].any()
    magnitudes[UPDATE, 1] = expected[UPDATE, 1]
    assert np.array_equal(magnitudes, expected)
    assert np.array_equal(free.network.gradient, frozen.network.gradient)
    assert np.array_equal(free.slots, frozen.slots)
    for layer in (1, 3):
        pairs = zip(parts_of(free, layer), parts_of(frozen, layer), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_layers_in_pieces_and_runs_side_by_side_are_frozen_too() -> None:
    trainer = make_trainer((3, 300, 300, 2), seeds=(1, 2), runs=(2,), frozen=(2,))
    before = parts_of(trainer, 2)
    record = trainer.step()
    assert all(np.array_equal(*pair) for pair in zip(before, parts_of(trainer, 2), strict=True))
    assert not record.magnitudes[:, UPDATE, 1].any()
    assert record.magnitudes[:, UPDATE, 0].all()


def test_a_layer_that_is_thawed_learns_again() -> None:
    trainer = make_trainer(frozen=(1,))
    before = parts_of(trainer, 1)
    trainer.step()
    freeze(trainer)
    trainer.step()
    assert not np.array_equal(before[0], parts_of(trainer, 1)[0])


@pytest.mark.parametrize("layers", [(0,), (-1,), (1.5,), (4,)])
def test_a_layer_that_there_is_not_is_refused_and_changes_nothing(layers: tuple[int]) -> None:
    trainer = make_trainer()
    before = trainer.settings
    with pytest.raises(ValueError, match="frozen: received"):
        freeze(trainer, *layers)
    assert trainer.settings is before
