"""Any numbers can be drawn: NaN, zero, infinite, subnormal and huge ones, on either axis.

Python's and Qt's warnings fail a test by themselves; axes must stay finite, whatever was shown.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.random import Generator
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QWidget

from core.arrays import PRECISIONS, Array
from core.measures import QUANTITIES
from core.training import StepRecord
from lab.build import make_data
from lab.frames import Frame
from lab.history import SCALARS, History
from lab.moments import Mark, Scores
from lab.spec import Spec
from lab.theory_lines import TheoryLine
from lab.traces import Trace, decades
from widgets.focus import Focus
from widgets.plots.axes import Plot
from widgets.plots.frame import Begun
from widgets.plots.ghosts import Ghost
from widgets.plots.gradient_lines import GradientLines
from widgets.plots.gradient_map import GradientMap
from widgets.plots.gradient_profile import GradientProfile, PinnedProfile, Profile
from widgets.plots.loss_plot import LossPlot
from widgets.plots.shown import Shown
from widgets.theme import Theme

COUNT = 125  # arrays for each of four pictures
SIZE = (260, 180)
STRANGE = (0.0, -0.0, np.nan, np.inf, 5e-324, 1e-310, 2.3e-308, 1e-30, 1.0, 1e30, 1.79e308)
MARKS = (Mark(3, "learning rate 0.1"),)
Show = Callable[[Generator, bool], None]


def strange(rng: Generator, *shape: int) -> Array:
    """Magnitudes of which a part, sometimes all, is strange."""
    values = 10.0 ** rng.uniform(-12, 6, shape)
    where = rng.random(shape) < rng.choice([0.05, 0.5, 1.0])
    few = rng.choice(STRANGE, rng.integers(1, 4))
    return np.where(where, rng.choice(few, shape), values)


def trace_of(rng: Generator, name: str, n_lines: int, n_rows: int) -> Trace:
    """A trace of strange values; of every second run of several networks."""
    span = int(2 ** rng.integers(0, 12))
    first = np.arange(n_rows) * span + 1
    values = strange(rng, n_lines, n_rows)
    shown = decades(values) if name in SCALARS or QUANTITIES[name].logarithmic else values
    finite = shown[np.isfinite(shown)]
    extremes = (float(finite.min()), float(finite.max())) if finite.size else None
    low, high = strange(rng, n_rows), strange(rng, n_rows)
    ranks = np.sort(strange(rng, 5, n_rows), axis=0) if rng.random() < 0.5 else None
    return Trace(
        name,
        first,
        first + span - 1,
        first + (span - 1) / 2,
        values,
        decades(values),
        extremes,
        low,
        high,
        ranks,
    )


def shown_of(rng: Generator, *, logarithmic: bool) -> Shown:
    name = rng.choice(["signal_gradient_rms", "update_ratio", "dead_share"])
    return Shown(QUANTITIES[str(name)], logarithmic)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, "dark")
    yield theme
    theme.setParent(None)
    theme.deleteLater()


def check(widget: QWidget, show: Show, plots: list[Plot]) -> None:
    """Show and paint one strange array after the other, read a point, look at the axes."""
    widget.resize(*SIZE)
    widget.show()
    try:
        rng = np.random.default_rng(4)
        for index in range(COUNT):
            show(rng, index % 2 == 0)
            assert not widget.grab().isNull()
            for plot in plots:
                view = plot.view()
                ends = [*view.x_range, *view.y_range]
                assert np.isfinite(ends).all()
                assert view.x_range[0] < view.x_range[1]
                assert view.y_range[0] < view.y_range[1]
                plot.read(*plot._point(QPointF(*rng.uniform(40, 150, 2))))
    finally:
        widget.deleteLater()


def test_lines(theme: Theme) -> None:
    focus = Focus()
    lines = GradientLines(theme, focus)

    def show(rng: Generator, logarithmic: bool) -> None:
        shown = shown_of(rng, logarithmic=logarithmic)
        n_lines, n_rows = rng.integers((1, 0), (7, 30)).tolist()
        lines.level.precision = PRECISIONS["float16"]
        focus.layer = int(rng.integers(1, 7))
        trace = trace_of(rng, shown.quantity.name, n_lines, n_rows)
        ghost = shown.plotted(strange(rng, n_rows))
        ghosts = [Ghost(trace.center, ghost, theme.veil, words=("1", "pinned"))]
        lines.show_trace(trace, shown, MARKS, ghosts if rng.random() < 0.5 else ())

    check(lines, show, [lines])


def test_map(theme: Theme) -> None:
    plot = GradientMap(theme, Focus())

    def show(rng: Generator, logarithmic: bool) -> None:
        shown = shown_of(rng, logarithmic=logarithmic)
        n_lines, n_rows = rng.integers((1, 0), (7, 30)).tolist()
        plot.show_trace(trace_of(rng, shown.quantity.name, n_lines, n_rows), shown, MARKS)

    check(plot, show, [plot])


def test_profile(theme: Theme) -> None:
    profile = GradientProfile(theme)
    profile.level.precision = PRECISIONS["float16"]

    def show(rng: Generator, logarithmic: bool) -> None:
        count = int(rng.integers(1, 9))
        several, theory = rng.random() < 0.5, TheoryLine(strange(rng, count), 0.2, "note")
        profile.show_profile(
            Profile(
                shown_of(rng, logarithmic=logarithmic),
                strange(rng, count),
                np.sort(strange(rng, 5, count), axis=0) if several else None,
                theory if rng.random() < 0.5 else None,
                (PinnedProfile(("1", "pinned"), theme.veil, strange(rng, count + 1)),),
                layer=int(rng.integers(0, count)),
            )
        )

    check(profile, show, [profile])


def test_a_profile_from_the_smallest_number_to_the_largest(theme: Theme) -> None:
    profile = GradientProfile(theme)
    quantity = QUANTITIES["signal_gradient_rms"]
    ends = np.array([1.7e308, 1.0, 5e-324, 1.0])
    profile.show_profile(Profile(Shown(quantity, logarithmic=True), ends))
    assert profile.legend.entries[0].text == "×inf per layer"
    profile.deleteLater()


def test_loss(theme: Theme) -> None:
    loss, spec = LossPlot(theme, Focus()), Spec()
    history = History(2)
    loss.begin(Begun(spec, history, make_data(spec)))
    record = StepRecord(1, np.array(0.5), np.ones((len(QUANTITIES), 2)))

    def show(rng: Generator, logarithmic: bool) -> None:
        n_rows = int(rng.integers(0, 30))
        traces = {name: trace_of(rng, name, 1, n_rows) for name in SCALARS}
        for name in SCALARS[2:]:
            traces[name].values[:] = np.clip(np.nan_to_num(traces[name].values), 0, 1)
        if loss.log_switch.isChecked() is not logarithmic:
            loss.log_switch.click()
        scores = Scores(np.nan, np.nan, np.nan)
        loss.show_frame(Frame(1, 1, 0.0, record, scores, 0.0, traces, {}), resting=True)

    check(loss, show, [loss.plot, loss.accuracy_plot])
