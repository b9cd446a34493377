"""Surfaces are the loss at their points; planes are what they say; the walk lies on them."""

from typing import Any

import numpy as np
import pytest

from core.arrays import Array
from core.pieces import whole
from core.places import Place
from core.probes import Probe
from lab.beside import beside
from lab.planes import PLANES, PathOf, Question, WalkOn
from lab.run import Run
from lab.specimens import Specimen, SpecimenOf
from lab.surfaces import MOST_SAMPLES, LossSurface, Unseen, loss_surface
from tests.lab.making import run_of


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Surfaces are computed in this process: it takes a while to begin another one."""
    monkeypatch.setattr("lab.surfaces.beside", lambda pieces, *args: pieces(*args))


PLACES = (Place("w", 1, 2, 0), Place("b", 2, 1))


def question(kind: str, **changes: Any) -> Question:
    places = PLACES if kind == "weights" else None
    return Question(PLANES[kind], **{"places": places, **changes})


def computed(run: Run, asked: Question, resolution: int = 25, seed: int = 0) -> LossSurface:
    found = whole(
        loss_surface(SpecimenOf(seed).made_of(run), asked, resolution, PathOf(seed).made_of(run))
    )
    assert isinstance(found, LossSurface), found
    return found


def refused(run: Run, asked: Question) -> str:
    specimen = SpecimenOf().made_of(run)
    found = whole(loss_surface(specimen, asked, 25, PathOf().made_of(run)))
    assert isinstance(found, Unseen)
    return found.reason


def loss_of(specimen: Specimen, parameters: Array) -> float:
    """The loss of the training set with other parameters."""
    data = specimen.trainer.data
    probe = Probe(
        specimen.network, specimen.trainer.loss, data.x_train, data.y_train, specimen.smoothing
    )
    probe.center = parameters
    return probe.gradient()[0]


KINDS: list[dict[str, Any]] = [
    {},
    {"cures.norm": "batch", "cures.dropout": 0.3, "cures.residual": True},
    {"cures.norm": "layer", "network.precision": "float64"},
    {"training.smoothing": 0.2, "network.seeds": 3},
]


@pytest.mark.parametrize("changes", KINDS, ids=str)
@pytest.mark.parametrize("kind", PLANES)
def test_each_point_is_the_loss_of_the_training_set_there(
    kind: str, changes: dict[str, Any]
) -> None:
    run = run_of(changes, steps=12)
    surface = computed(run, question(kind))
    specimen, plane = SpecimenOf().made_of(run), surface.plane
    assert surface.samples == surface.of == len(run.trainer.data.x_train)
    a, b = surface.a - plane.origin[0], surface.b - plane.origin[1]
    for i, j in ((0, 0), (12, 12), (24, 3)):
        there = plane.center + a[i] * plane.directions[0] + b[j] * plane.directions[1]
        assert surface.losses[i, j] == pytest.approx(loss_of(specimen, there), rel=2e-5)
        place, off = plane.place_of(there)
        assert place == pytest.approx([surface.a[i], surface.b[j]])
        assert off < 1e-6
    assert surface.at(surface.a[24], surface.b[3]) == surface.losses[24, 3]
    assert np.isnan(surface.at(surface.a[24] + 1e9, 0))
    assert plane.place_of(plane.center)[0] == pytest.approx(plane.origin)
    assert plane.step == 12


def test_the_first_axis_is_steepest_descent() -> None:
    run = run_of(steps=3)
    surface = computed(run, question("gradient", reach=0.02))
    middle = surface.losses[:, 12]
    assert (np.diff(middle) < 0).all()
    plane, specimen = surface.plane, SpecimenOf().made_of(run)
    data = run.trainer.data
    gradient = Probe(
        specimen.network, specimen.trainer.loss, data.x_train, data.y_train
    ).gradient()[1]
    cosine = -gradient @ plane.directions[0]
    cosine /= np.linalg.norm(gradient) * np.linalg.norm(plane.directions[0])
    assert cosine == pytest.approx(1)
    # No unit moves by more than its own weights.
    parts = specimen.network.layout.views(plane.directions[0])
    for layer, d in zip(specimen.network.layers, parts, strict=True):
        assert (np.linalg.norm(d.w, axis=0) <= 1.0001 * np.linalg.norm(layer.w, axis=0)).all()


def test_random_directions_are_filter_normalised_and_numbered() -> None:
    run = run_of(steps=3)
    one, again, other = (
        computed(run, question("gradient", number=number)).plane.directions[1]
        for number in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    network = SpecimenOf().made_of(run).network
    for layer, d in zip(network.layers, network.layout.views(one), strict=True):
        lengths = np.linalg.norm(layer.w, axis=0)
        np.testing.assert_allclose(np.linalg.norm(d.w, axis=0), lengths, 1e-6)


def test_two_weights_are_read_by_their_values() -> None:
    run = run_of(steps=3)
    surface = computed(run, question("weights", reach=2.0))
    layers = run.trainer.network.layers
    first, second = layers[0].w[0, 2], layers[1].b[1]
    assert surface.plane.names == ("W_1[0, 2]", "b_2[1]")
    assert (surface.a[0], surface.a[-1]) == pytest.approx((first - 2, first + 2))
    assert (surface.b[0], surface.b[-1]) == pytest.approx((second - 2, second + 2))


def test_the_whole_path_lies_in_its_main_plane_as_well_as_it_can() -> None:
    run = run_of(steps=40)
    surface = computed(run, question("path"))
    plane = surface.plane
    moments = np.array([*run.trail.of(0).values()])
    distances = moments - plane.center
    squares = np.linalg.svd(distances)[1] ** 2
    shares = [float(name.split(": ")[1].split(" ")[0]) for name in plane.names]
    assert shares == pytest.approx((100 * squares / squares.sum())[:2], abs=0.06)
    left = sum(plane.place_of(moment)[1] ** 2 for moment in moments)
    assert left == pytest.approx(squares[2:].sum(), rel=1e-6)
    walk = WalkOn(plane).made_of(run)
    assert walk is not None
    for axis, places in ((surface.a, walk.places[:, 0]), (surface.b, walk.places[:, 1])):
        assert axis[0] < places.min() < places.max() < axis[-1]


def test_a_walk_goes_on_while_the_run_does() -> None:
    run = run_of({"network.seeds": 2}, steps=5)
    plane = computed(run, question("path"), seed=1).plane
    wish = WalkOn(plane)
    before = wish.made_of(run)
    assert before is not None
    assert before.steps.tolist() == list(range(6))
    assert before.now == pytest.approx([0, 0])
    assert before.off == pytest.approx(0, abs=1e-12)
    for _ in range(300):
        run.advance()
    after = wish.made_of(run)
    assert after is not None
    assert after.step == 305
    assert after.steps[-1] > 300
    own = run.network(1).parameters - plane.center
    assert after.now == pytest.approx(plane.directions @ own)
    left = own - after.now @ plane.directions
    assert after.off == pytest.approx(np.linalg.norm(left))
    # A question asked again is the same one, whatever it has found.
    assert wish == WalkOn(plane)
    assert {wish: 1}[WalkOn(plane)] == 1
    run.trainer.retired.retire([1])
    kept = run.network(1).parameters
    run.advance()
    ended = wish.made_of(run)
    assert ended is not None
    assert ended.now == pytest.approx(plane.place_of(kept)[0])


def test_a_run_of_another_shape_has_no_walk_and_does_not_fail() -> None:
    plane = computed(run_of({"network.seeds": 3}, steps=5), question("path"), seed=2).plane
    assert WalkOn(plane).made_of(run_of({"network.depth": 5})) is None
    assert WalkOn(plane).made_of(run_of({"network.seeds": 2})) is not None
    assert WalkOn(plane).made_of(run_of()) is not None


def test_large_training_sets_are_taken_in_part() -> None:
    surface = computed(run_of({"data.samples": 2000}, steps=2), question("gradient"))
    assert surface.samples == MOST_SAMPLES
    assert surface.of == 1400
    assert surface.caption == "step 2, 500 of 1\u202f400 training samples"


def test_a_flat_surface_is_computed_in_double_precision() -> None:
    run = run_of({"network.depth": 12, "network.activation": "sigmoid", "network.width": 4})
    surface = computed(run, question("weights"))
    assert 0 < np.ptp(surface.losses) < 1e-6
    steps = np.diff(surface.losses[:, 12])
    assert (steps > 0).all() or (steps < 0).all(), "smooth down to the last digits"


def test_what_cannot_be_is_one_sentence() -> None:
    run = run_of(steps=0)
    assert refused(run, question("path")) == (
        "The path has no two directions yet: take some more steps."
    )
    same = question("weights", places=(PLACES[0], PLACES[0]))
    assert refused(run, same) == "Choose two different weights: both are the same now."
    gone = question("weights", places=(PLACES[0], Place("w", 9, 0, 0)))
    assert refused(run, gone) == "There is no W_9[0, 0] in this network."
    run.trail._moments.clear()
    assert refused(run, question("path")) == "The network is too large for its path to be kept."
    run.trainer.network.parameters[...] = 0
    assert refused(run, question("gradient")).endswith("as long as they are.")
    run.trainer.network.parameters[...] = np.inf
    assert refused(run, question("gradient")).startswith("The gradient is not finite")


def test_a_loss_beyond_single_precision_is_computed_in_double() -> None:
    run = run_of({"network.activation": "identity", "training.loss": "mse"}, steps=2)
    run.trainer.network.layers[-1].w[...] = 1e20
    surface = computed(run, question("weights"))
    assert np.isfinite(surface.losses).all()
    assert surface.losses.max() > np.finfo(np.float32).max


def test_far_out_the_loss_may_be_infinite() -> None:
    changes = {"network.activation": "identity", "network.precision": "float64"}
    run = run_of({**changes, "training.loss": "mse"}, steps=2)
    run.trainer.network.layers[-1].w[...] = 1e152
    surface = computed(run, question("gradient", reach=100.0))
    assert not np.isfinite(surface.losses).all()


@pytest.mark.parametrize(("precision", "size"), [("float32", 1e38), ("float64", 1e200)])
def test_weights_at_the_end_of_their_range_are_an_answer_or_a_sentence(
    precision: str, size: float
) -> None:
    run = run_of({"network.precision": precision, "network.activation": "sigmoid"}, steps=3)
    run.trainer.network.layers[1].w[...] = size
    specimen = SpecimenOf().made_of(run)
    for kind in PLANES:
        asked = question(kind, reach=10.0)
        found = whole(loss_surface(specimen, asked, 25, PathOf().made_of(run)))
        if isinstance(found, LossSurface):
            WalkOn(found.plane).made_of(run)
        else:
            assert found.reason.endswith(".")


def test_pieces_tell_how_far_it_is() -> None:
    run = run_of({"data.samples": 2000, "network.width": 16}, steps=2)
    specimen = SpecimenOf().made_of(run)
    progress = [*loss_surface(specimen, question("gradient"), 51, None)]
    assert len(progress) > 8
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_another_process_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of({"cures.norm": "layer"}, steps=3)
    own = computed(run, question("gradient")).losses
    monkeypatch.setattr("lab.surfaces.beside", beside)
    assert np.array_equal(computed(run, question("gradient")).losses, own)


def test_the_specimen_is_as_it_was() -> None:
    run = run_of({"cures.norm": "batch"}, steps=5)
    specimen = SpecimenOf().made_of(run)
    before = specimen.network.memory.copy(), specimen.network.running.copy()
    for kind in PLANES:
        whole(loss_surface(specimen, question(kind), 25, PathOf().made_of(run)))
    assert np.array_equal(specimen.network.memory, before[0])
    assert np.array_equal(specimen.network.running, before[1])
