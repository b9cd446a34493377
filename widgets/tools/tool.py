"""What the tools share: each is a panel that examines a specimen of the network in focus.

The specimen comes with a frame, like all that pictures wish for. While it trains, a new one comes a
few times a second; a tool that is not seen wishes for none.
"""

from PySide6.QtCore import Qt

from core.places import Place
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.specimens import Specimen, SpecimenOf
from widgets.focus import Focus
from widgets.plots.frame import Begun, PictureFrame
from widgets.theme import Theme


class Tool(PictureFrame):
    """Subclasses show `specimen`, which is None before the first, in `show_specimen`."""

    def __init__(self, theme: Theme, title: str, focus: Focus) -> None:
        super().__init__(theme, title)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # as panels have, also in rows
        self.title.setMinimumWidth(1)  # it is left out where there is no room for it
        self.focus = focus
        self.specimen: Specimen | None = None

    @property
    def wishes(self) -> Wishes:
        return (SpecimenOf(self.focus.seed),) if self.seen else ()

    def begin(self, begun: Begun) -> None:
        self.specimen = None

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        specimen = frame.shown(SpecimenOf(self.focus.seed)) if self.seen else None
        if specimen is not None and specimen is not self.specimen:
            self.specimen = specimen
            self.show_specimen()

    def refresh(self) -> None:
        if self.specimen is not None:
            self.show_specimen()

    def show_specimen(self) -> None:
        """Examine the specimen, which is new, or whose place in focus is."""
        raise NotImplementedError

    @property
    def place(self) -> Place | None:
        """The weight or bias in focus, if the specimen has it."""
        place = self.focus.place
        return place if self.specimen is not None and self.specimen.has(place) else None
