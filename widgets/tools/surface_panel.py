"""Surface: the loss around the present weights, over a plane, and the way that training walks it.

A surface is computed when the panel is first seen, when another one is asked for, and with Renew.
Then the run goes on over it.
"""

import numpy as np
from PySide6.QtWidgets import QWidget

from lab.errands import Errands, Work
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.planes import Path, PathOf, Question, Walk, WalkOn
from lab.specimens import Specimen
from lab.surfaces import LossSurface, Unseen, loss_surface
from lab.words import number
from widgets.focus import Focus
from widgets.plots.frame import Begun, Table
from widgets.theme import Theme
from widgets.tools.errand_tool import ErrandTool
from widgets.tools.surface_plot import SurfacePlot
from widgets.tools.surface_settings import SurfaceSettings

COLUMNS = ("what", "step", "first_axis", "second_axis", "loss")
Key = tuple[Question, int, int]  # with resolution and seed


class SurfacePanel(ErrandTool[LossSurface | Unseen]):
    """The surface and what it is to be of."""

    def __init__(self, theme: Theme, focus: Focus, errands: Errands) -> None:
        ask = ("Renew", "Compute the surface around the weights as they are now.")
        super().__init__(theme, "Surface", focus, errands, ask)
        self.settings = SurfaceSettings()
        self.add_control(self.settings.kind, self.start)
        self.body.insertWidget(1, self.settings)
        self.plot = SurfacePlot(theme)
        self.plot.on_read = self._on_read
        self.plot.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.plot.mapToGlobal(point))
        )
        self.empty = QWidget()  # in the plot's place, where there is nothing to plot
        self.empty.hide()
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.empty, 1)
        self._asked_for: Key | None = None
        self._path: Path | None = None
        self._walk_wish: WalkOn | None = None
        self.walk: Walk | None = None
        self._caption = ""
        self.settings.changed.connect(self._look)
        self.settings.refused.connect(self.refused)
        self.settings.places[0].value_changed.connect(focus.choose_place)

    # -- what happens to the run

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        self._asked_for = self._walk_wish = self.walk = None
        self.plot.show_surface(None)
        self._caption = ""
        self._on_read("")
        self.settings.begin(begun.spec.sizes, self.focus.place)

    @property
    def wishes(self) -> Wishes:
        wishes = super().wishes
        if self.asked:
            wishes += (PathOf(self.focus.seed),)
        if self._walk_wish is not None and self.seen:
            wishes += (self._walk_wish,)
        return wishes

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        if self.asked:
            self._path = frame.shown(PathOf(self.focus.seed))
        super().show_frame(frame, resting=resting)
        if not self.seen:
            return
        walk = None if self._walk_wish is None else frame.shown(self._walk_wish)
        if walk is not None and walk is not self.walk:
            self.walk = walk
            self.plot.show_walk(walk)
            if not self.plot.underMouse():
                self._on_read("")
        self._look()

    def refresh(self) -> None:
        self.settings.show_place(self.focus.place)
        self._look()

    # -- the question

    @property
    def question(self) -> Question:
        """The plane that a person wants to see."""
        return self.settings.question(self.focus.place)

    def ask(self) -> None:
        self._asked_for = self._key
        super().ask()

    def work(self, specimen: Specimen) -> Work[LossSurface | Unseen]:
        return loss_surface(specimen, self.question, self.settings.resolution.value(), self._path)

    def show_result(self, result: LossSurface | Unseen) -> None:
        self.walk = None
        reason = result.reason if isinstance(result, Unseen) else self._flaw_of(result)
        self.plot.setVisible(not reason)
        self.empty.setVisible(bool(reason))
        if isinstance(result, Unseen) or reason:
            self._walk_wish = None
            self.plot.show_surface(None)
            self._caption = ""
            self.say(reason)
        else:
            self._walk_wish = WalkOn(result.plane)
            self.plot.following = True
            self.plot.show_surface(result)
            self._caption = result.caption
        self._on_read("")

    def _flaw_of(self, surface: LossSurface) -> str:
        """Say why a surface has no heights that could be drawn, on a scale of its own."""
        if not np.isfinite(surface.losses).any():
            return self.tr(
                "At no point of this plane is the loss finite, so there is nothing to draw: the "
                "weights are too large."
            )
        if not surface.losses.any():
            return self.tr("At every point of this plane the loss is 0: there is nothing to draw.")
        return ""

    def numbers(self) -> Table:
        """Return the loss at every point, then the path."""
        surface = self.plot.surface
        if surface is None:
            return Table(COLUMNS, [])
        step = surface.plane.step
        rows: list[tuple[object, ...]] = [
            ("surface", step, a, b, loss)
            for a, losses in zip(surface.a.tolist(), surface.losses.tolist(), strict=True)
            for b, loss in zip(surface.b.tolist(), losses, strict=True)
        ]
        if self.walk is not None:
            walk = self.walk
            places = zip(walk.steps.tolist(), walk.places.tolist(), strict=True)
            rows += [("path", when, *place, "") for when, place in places]
            rows.append(("now", walk.step, *walk.now.tolist(), ""))
        return Table(COLUMNS, rows)

    def apply_theme(self) -> None:
        self.plot.apply_theme()

    # -- inside

    @property
    def _key(self) -> Key:
        return self.question, self.settings.resolution.value(), self.focus.seed

    def _look(self) -> None:
        """Ask, if what a person wants to see is another surface than the last one asked for."""
        if self.seen and self._key != self._asked_for:
            self.ask()

    def _on_read(self, text: str) -> None:
        self.readout.setText(text or self._words())

    def _words(self) -> str:
        """What is shown, and where the run is now, if that is elsewhere."""
        walk = self.walk
        if walk is None or not walk.off:
            return self._caption
        where = self.tr("now {0} off the plane").replace("{0}", number(walk.off))
        if not self.plot.is_inside(walk.now):
            where += self.tr(", outside the picture")
        return f"{where}; {self._caption}"
