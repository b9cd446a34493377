"""A history of any length shows what a plain list would, in bounded memory, while it grows."""

import sys
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lab.history
from core.arrays import Array
from core.measures import QUANTITIES
from core.training import StepRecord
from lab.history import MOST_MARKS, MOST_STEPS, RANKED_AT_ONCE, SCALARS, History
from lab.moments import Mark, Scores, Series
from lab.ranks import MEDIAN, SHARES, ranks_of
from lab.statistics import gathered, halved, merged, single
from tests.lab.making import run_of

N_LAYERS = 2
EVERYTHING = 1 << 40
NAMES = (*SCALARS, "signal_gradient_rms", "dead_share")


class Size(NamedTuple):
    recent: int
    buckets: int


@contextmanager
def sized(size: Size) -> Iterator[None]:
    """Make histories so small that a few hundred steps go through everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab.history, "RECENT_STEPS", size.recent)
        patch.setattr(lab.history, "BUCKETS", size.buckets)
        yield


def made_up(length: int, seed: int = 0) -> list[tuple[StepRecord, Scores | None]]:
    """Steps with some NaN, infinities and zeros among their numbers; scores every third step."""
    rng = np.random.default_rng(seed)
    steps = []
    for step in range(1, length + 1):
        magnitudes = rng.lognormal(0, 3, (len(QUANTITIES), N_LAYERS))
        magnitudes[rng.random(magnitudes.shape) < 0.1] = rng.choice([0, np.nan, np.inf])
        scores = Scores(rng.random(), rng.random(), np.nan) if step % 3 == 0 else None
        steps.append((StepRecord(step, np.array(rng.random()), magnitudes), scores))
    return steps


def history_of(steps: list[tuple[StepRecord, Scores | None]]) -> History:
    history = History(N_LAYERS)
    for record, scores in steps:
        history.append(record, scores)
    return history


def plain_rows(steps: list[tuple[StepRecord, Scores | None]], name: str) -> Array:
    """One quantity of every step: (steps, 1) or (steps, layers)."""
    if name == "loss":
        return np.array([[record.loss] for record, _ in steps])
    if name in SCALARS:
        missing = Scores(np.nan, np.nan, np.nan)
        return np.array([[getattr(scores or missing, name)] for _, scores in steps])
    row = list(QUANTITIES).index(name)
    return np.array([record.magnitudes[row] for record, _ in steps])


def check_against_plain(series: Series, rows: Array) -> None:
    """Compare every row of a series with the statistics of the steps it says it covers."""
    assert len(series.first) == len(series.last) == len(series.mean)
    for index, (first, last) in enumerate(zip(series.first, series.last, strict=True)):
        with np.errstate(invalid="ignore"):
            covered = rows[first - 1 : last]
            assert len(covered) == last - first + 1
            for column in range(covered.shape[1]):
                values = covered[:, column]
                values = values[~np.isnan(values)]
                expected = (
                    (values.mean(), values.min(), values.max()) if len(values) else [np.nan] * 3
                )
                shown = [
                    np.atleast_2d(part[index].T).reshape(-1)[column]
                    for part in (series.mean, series.low, series.high)
                ]
                np.testing.assert_allclose(shown[0], expected[0], rtol=1e-12)
                np.testing.assert_array_equal(shown[1:], expected[1:])


def check_tiles(series: Series, first: int, last: int) -> None:
    """Rows follow one another without a gap and cover the range."""
    assert series.first[0] <= first
    assert series.last[-1] >= last
    np.testing.assert_array_equal(series.first[1:], series.last[:-1] + 1)
    if len(series.first) > 1:
        assert series.last[0] >= first
        assert series.first[-1] <= last


sizes = st.sampled_from([Size(1, 2), Size(2, 2), Size(4, 2), Size(2, 8), Size(4, 4), Size(8, 2)])


@settings(max_examples=60)
@given(sizes, st.integers(1, 140), st.integers(1, 50))
@example(Size(4, 4), 16, 1)
@example(Size(4, 4), 17, 5)
@example(Size(8, 2), 128, 3)
def test_like_a_plain_list_at_any_length(size: Size, length: int, max_rows: int) -> None:
    steps = made_up(length)
    with sized(size):
        history = history_of(steps)
        assert len(history) == length
        for name in NAMES:
            rows = plain_rows(steps, name)
            for most in (max_rows, EVERYTHING):
                series = history.series(name, most)
                check_against_plain(series, rows)
                check_tiles(series, 1, length)
                assert (series.first[0], series.last[-1]) == (1, length)
                assert len(series.first) <= most


@settings(max_examples=60)
@given(sizes, st.integers(1, 100), st.data())
def test_part_of_the_run_like_a_plain_list(size: Size, length: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(-2, length), "first")
    last = data.draw(st.integers(max(first, 1), length + 5), "last")
    max_rows = data.draw(st.integers(1, 20), "max_rows")
    steps = made_up(length)
    with sized(size):
        series = history_of(steps).series("loss", max_rows, first, last)
    check_against_plain(series, plain_rows(steps, "loss"))
    check_tiles(series, max(first, 1), min(last, length))
    assert len(series.first) <= max_rows


@pytest.mark.parametrize(("first", "last"), [(1, 0), (5, 4), (101, 200), (200, 300)])
def test_a_range_without_steps_has_no_rows(first: int, last: int) -> None:
    with sized(Size(4, 4)):
        history = history_of(made_up(100))
        for name in NAMES:
            series = history.series(name, 10, first, last)
            assert len(series.first) == len(series.last) == len(series.mean) == 0
    empty = History(N_LAYERS).series("loss", 10)
    assert len(empty.mean) == len(empty.center) == 0


def test_the_latest_steps_are_there_one_by_one() -> None:
    steps = made_up(3000)
    history = history_of(steps)
    series = history.series("signal_gradient_rms", EVERYTHING, 3000 - lab.history.RECENT_STEPS)
    singles = series.first == series.last
    assert singles[-lab.history.RECENT_STEPS :].all()
    shown = series.mean[-lab.history.RECENT_STEPS :]
    np.testing.assert_array_equal(shown, plain_rows(steps, "signal_gradient_rms")[-len(shown) :])


@pytest.mark.parametrize("length", [511, 1024, 1025, 5000])
def test_at_its_real_size_like_a_plain_list(length: int) -> None:
    steps = made_up(length)
    history = history_of(steps)
    for name in NAMES:
        check_against_plain(history.series(name, 300), plain_rows(steps, name))


def test_rows_stay_put_while_the_run_grows() -> None:
    with sized(Size(4, 8)):
        steps = made_up(64)
        history = history_of(steps[:60])
        before = history.series("loss", 16)
        for record, scores in steps[60:]:
            history.append(record, scores)
        after = history.series("loss", 16)
    complete = slice(0, len(before.first) - 1)
    np.testing.assert_array_equal(before.first[complete], after.first[complete])
    np.testing.assert_array_equal(before.mean[complete], after.mean[complete])


def test_a_series_is_read_only_and_has_its_shape() -> None:
    history = history_of(made_up(9))
    loss, gradient = history.series("loss", 4), history.series("signal_gradient_rms", 4)
    assert loss.mean.shape == (3,)
    assert gradient.mean.shape == (3, N_LAYERS)
    np.testing.assert_array_equal(loss.first, [1, 5, 9])
    np.testing.assert_array_equal(loss.last, [4, 8, 9])
    np.testing.assert_array_equal(loss.center, [2.5, 6.5, 9])
    for part in (loss.first, loss.last, loss.mean, gradient.mean, gradient.low, gradient.high):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 0


def test_the_quick_way_of_merging_is_the_careful_one() -> None:
    rng = np.random.default_rng(0)
    rows = rng.lognormal(0, 2, (64, 5))
    rows[3, 1] = rows[40:48, 2] = np.nan
    rows[5, 3] = np.inf
    for size in (1, 2, 8, 64):
        careful = merged(single(rows), np.arange(0, 64, size))
        for name, values in gathered(rows, size).items():
            np.testing.assert_allclose(values, careful[name], rtol=1e-13)


def test_halving_is_merging_two_by_two() -> None:
    rng = np.random.default_rng(0)
    rows = rng.lognormal(0, 2, (64, 5))
    rows[rng.random(rows.shape) < 0.3] = np.nan
    rows[5, 3] = np.inf
    table = merged(single(rows), np.array([0, 1, 3, *range(6, 64, 2)]))
    careful = merged(table, np.arange(0, 32, 2))
    for name, values in halved(table).items():
        np.testing.assert_array_equal(values, careful[name])


def stacked_steps(length: int, n_runs: int) -> list[tuple[StepRecord, Array | None]]:
    """Steps of networks side by side, the last of which diverges; scores every third step."""
    singles = [made_up(length, seed) for seed in range(n_runs)]
    steps = list[tuple[StepRecord, Array | None]]()
    for index in range(length):
        records = [single[index][0] for single in singles]
        loss = np.array([record.loss for record in records])
        magnitudes = np.stack([record.magnitudes for record in records])
        if index > length // 2:
            loss[-1], magnitudes[-1] = np.nan, np.nan
        scores = None if index % 3 else np.random.default_rng(index).random((n_runs, 3))
        steps.append((StepRecord(index + 1, loss, magnitudes), scores))
    return steps


@pytest.mark.parametrize("read_every", [1, 5, RANKED_AT_ONCE, 1000])
def test_ranks_do_not_depend_on_when_they_are_read(read_every: int) -> None:
    steps, history = stacked_steps(70, n_runs=5), History(N_LAYERS, stacked=True)
    for index, (record, scores) in enumerate(steps, start=1):
        history.append(record, scores)
        if index % read_every == 0:
            assert history.series("loss", 10).last[-1] == index
    rows = history.state()[0]["recent"].reshape(len(steps), 1 + len(SHARES), -1)
    for row, (record, scores) in zip(rows, steps, strict=True):
        parts = [record.loss[:, None], record.magnitudes.reshape(5, -1)]
        parts.insert(1, np.full((5, 3), np.nan) if scores is None else scores)
        expected = ranks_of(np.hstack(parts))
        np.testing.assert_array_equal(row[1:], expected)
        np.testing.assert_array_equal(row[0], expected[MEDIAN])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_run() -> None:
    with sized(Size(64, 32)):
        history = History(N_LAYERS)
        record = StepRecord(1, np.array(0.5), np.ones((len(QUANTITIES), N_LAYERS)))

        def held_after(length: int) -> tuple[int, int]:
            while len(history) < length:
                history.append(record)
            arrays, _ = history.state()
            return tracemalloc.get_traced_memory()[0], sum(a.nbytes for a in arrays.values())

        tracemalloc.start()
        try:
            early, late = held_after(5_000), held_after(30_000)
        finally:
            tracemalloc.stop()
        held_after(200_000)
        assert abs(late[0] - early[0]) < 20_000
        arrays, numbers = history.state()
        assert all(len(values) <= 2 * 64 for values in arrays.values())
        assert numbers["width"] == 1 << 13
        series = history.series("loss", 100)
        assert series.last[-1] == 200_000
        np.testing.assert_array_equal(series.mean, 0.5)


@settings(max_examples=40)
@given(sizes, st.integers(0, 120), st.integers(0, 40))
def test_a_stored_history_goes_on_as_if_never_stored(size: Size, length: int, more: int) -> None:
    steps = made_up(length + more)
    with sized(size):
        history = history_of(steps[:length])
        history.mark("something changed")
        again = History.from_state(N_LAYERS, *history.state())
        for record, scores in steps[length:]:
            history.append(record, scores)
            again.append(record, scores)
        expected, found = history.state(), again.state()
        assert found[1] == expected[1]
        for name, values in expected[0].items():
            np.testing.assert_array_equal(found[0][name], values)


def test_a_state_is_a_copy() -> None:
    history = history_of(made_up(5))
    arrays, _ = history.state()
    arrays["recent"][...] = 7
    assert not (history.series("loss", 5).mean == 7).any()


def _stored() -> tuple[dict[str, Array], dict[str, Any]]:
    history = history_of(made_up(3000))
    history.mark("learning rate")
    return history.state()


WRONG_NUMBERS: dict[str, dict[str, Any]] = {
    "no width": {"width": 0},
    "negative width": {"width": -8},
    "width no power of two": {"width": 3},
    "width too wide": {"width": 16},
    "absurd width": {"width": 2**70},
    "width a text": {"width": "8"},
    "width true": {"width": True},
    "width a fraction": {"width": 8.0},
    "folded not whole blocks": {"folded": 2047},
    "folded more than there is": {"folded": 4096},
    "folded negative": {"folded": -512},
    "folded absurd": {"folded": 2**62, "width": 2**53},
    "folded none": {"folded": None},
    "mark not a pair": {"marks": [[1]]},
    "mark later than the run": {"marks": [[3001, "x"]]},
    "mark before the run": {"marks": [[-1, "x"]]},
    "mark at a fraction": {"marks": [[1.5, "x"]]},
    "mark without text": {"marks": [[1, 5]]},
}


@pytest.mark.parametrize("changes", WRONG_NUMBERS.values(), ids=WRONG_NUMBERS.keys())
def test_numbers_that_contradict_the_arrays_are_refused(changes: dict[str, Any]) -> None:
    arrays, numbers = _stored()
    with pytest.raises(ValueError, match=r"histor|unpack"):
        History.from_state(N_LAYERS, arrays, numbers | changes)


@pytest.mark.parametrize("name", ["recent", "mean", "low", "high", "count"])
def test_arrays_of_the_wrong_shape_are_refused(name: str) -> None:
    arrays, numbers = _stored()
    for wrong in (arrays[name][:-1], arrays[name][:, :-1], np.vstack([arrays[name]] * 3)):
        with pytest.raises(ValueError, match="history"):
            History.from_state(
                N_LAYERS, arrays | {name: wrong[: 511 if name == "recent" else None]}, numbers
            )


def test_no_steps_more_than_can_be_counted_exactly() -> None:
    arrays, numbers = _stored()
    with pytest.raises(ValueError, match="history"):
        History.from_state(N_LAYERS, arrays, numbers | {"folded": MOST_STEPS + 512})


def test_marks_stand_where_they_were_made_and_never_grow_without_bound() -> None:
    history = history_of(made_up(7))
    history.mark("first")
    history.mark("second" * 1000)
    assert history.marks[0] == Mark(7, "first")
    assert len(history.marks[1].text) == 200
    history.take_back(history.marks[-1])
    assert history.marks == (Mark(7, "first"),)
    for index in range(2 * MOST_MARKS):
        history.mark(str(index))
    assert len(history.marks) == MOST_MARKS
    assert history.marks[-1].text == str(2 * MOST_MARKS - 1)


def test_the_last_record_is_as_it_was_appended() -> None:
    assert History(N_LAYERS).last_record() is None
    steps = made_up(1024)
    history = History(N_LAYERS)
    for record, scores in steps:
        history.append(record, scores)
        last = history.last_record()
        assert last is not None
        assert (last.step, last.loss) == (record.step, record.loss)
        np.testing.assert_array_equal(last.magnitudes, record.magnitudes)


@pytest.fixture
def busy_switching() -> Iterator[None]:
    """Let Python change between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.slow
@pytest.mark.usefixtures("busy_switching")
def test_reading_while_appending_never_shows_a_torn_row() -> None:
    """All numbers of a step are its own: mean, low and high must follow from first and last."""
    with sized(Size(8, 8)):
        history, wrong, length = History(N_LAYERS), list[str](), 30_000

        def append() -> None:
            for step in range(1, length + 1):
                numbers = np.full((len(QUANTITIES), N_LAYERS), float(step))
                history.append(StepRecord(step, np.array(float(step)), numbers))

        thread = threading.Thread(target=append)
        thread.start()
        seen = 0
        while thread.is_alive():
            now = len(history)
            assert now >= seen
            seen = now
            for name in ("loss", "signal_gradient_rms"):
                series = history.series(name, 40)
                low, high, mean = (
                    np.atleast_2d(part.T)[0] for part in (series.low, series.high, series.mean)
                )
                if not (
                    (low == series.first).all()
                    and (high == series.last).all()
                    and np.allclose(mean, series.center, rtol=1e-12)
                ):
                    wrong.append(name)
        thread.join()
    assert not wrong
    assert len(history) == length


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_last_steps_are_there_as_they_were(seeds: int) -> None:
    run = run_of({"network.seeds": seeds})
    assert len(run.history.recent(5)) == 0
    shown = []
    for _ in range(9):
        run.advance()
        shown.append(run.frame(0.0, renew=False).record.magnitudes)
    for steps in (1, 4, 5, 100):
        np.testing.assert_allclose(run.history.recent(steps), shown[-steps:], rtol=1e-12)
