"""The panel of myths: what backpropagation does not do, shown on the network on the bench."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QStackedWidget

from lab.errands import Errands
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.spec import Spec
from lab.specimens import SpecimenOf
from widgets.controls.segments import Segments
from widgets.focus import Focus
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.theme import Theme
from widgets.tools.myth import Myth
from widgets.tools.myth_labels import LabelsMyth
from widgets.tools.myth_optima import OptimaMyth
from widgets.tools.myth_race import RaceMyth


class MythsPanel(PictureFrame):
    """Three pages; each asks for a specimen when its button is pressed, and for none before.

    `network_wanted` asks for the prepared network that shows what they claim.
    """

    network_wanted = Signal()

    def __init__(self, theme: Theme, focus: Focus, errands: Errands) -> None:
        super().__init__(theme, "Myths")
        self._focus = focus
        self._spec: Spec | None = None
        self.pages: tuple[Myth, ...] = tuple(
            page(theme, errands) for page in (RaceMyth, LabelsMyth, OptimaMyth)
        )
        names = (self.tr("Random?"), self.tr("Labels?"), self.tr("Optimum?"))
        claims = [page.claim.text() for page in self.pages]
        self.choice = Segments(list(zip(names, claims, strict=True)), self.tr("Which myth"))
        self.stack = QStackedWidget()
        for page in self.pages:
            self.stack.addWidget(page)
            page.read.connect(self.readout.setText)
            page.menu_wanted.connect(self.show_menu)
            page.refused.connect(self.refused)
            page.network_wanted.connect(self.network_wanted)
        self.choice.group.idToggled.connect(self._on_choice_toggled)
        self.header.insertWidget(1, self.choice)
        self.body.addWidget(self.stack, 1)

    @property
    def page(self) -> Myth:
        """The page that is seen."""
        return self.pages[self.choice.index()]

    @property
    def _waiting(self) -> list[Myth]:
        return [page for page in self.pages if page.waiting]

    def _request(self, page: Myth) -> SpecimenOf:
        return SpecimenOf(self._focus.seed, page.question)

    @property
    def used(self) -> bool:
        return any(page.words.text() for page in self.pages)

    @property
    def wishes(self) -> Wishes:
        return tuple(map(self._request, self._waiting)) if self.seen else ()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # closed, not behind another tab
            for page in self.pages:
                page.cancel()

    def begin(self, begun: Begun) -> None:
        if begun.spec != self._spec:
            self._spec = begun.spec
            for page in self.pages:
                page.clear(begun.spec)

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        for page in self._waiting:
            specimen = frame.shown(self._request(page))
            if specimen is not None:
                page.begin(specimen)

    def refresh(self) -> None:
        """What is shown belongs to no frame."""

    def numbers(self) -> Table:
        return self.page.numbers()

    def apply_theme(self) -> None:
        for page in self.pages:
            page.apply_theme()

    def _on_choice_toggled(self, index: int, pressed: bool) -> None:
        if pressed:
            self.stack.setCurrentIndex(index)
