"""All pictures of a window, told together what happens to the run that they show.

A picture that is made late, when its panel is first looked at, catches up here.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from lab.frames import Frame
from lab.mailbox import Wishes
from lab.spec import Spec
from widgets.plots.frame import Begun, PictureFrame

if TYPE_CHECKING:
    from widgets.main_window import MainWindow


class Pictures(QObject):
    """Those that have been made so far, in `made`."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._session = session = window.session
        self._status = window.status
        self.made: list[PictureFrame] = [window.gradients, window.loss, window.data, window.network]
        session.run_started.connect(self._on_run_started)
        session.spec_changed.connect(self._on_spec_changed)
        session.marks_changed.connect(self._refresh)
        session.pins_changed.connect(self._on_pins_changed)
        window.focus.changed.connect(self._refresh)
        for dock in window.docks.values():
            dock.made.connect(self._on_panel_made)

    @property
    def wishes(self) -> Wishes:
        """What the next frame is to show."""
        return tuple(wish for picture in self.made for wish in picture.wishes)

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        """Draw a frame; while it goes on, not `resting`, words may change less often than lines."""
        for picture in self.made:
            picture.show_frame(frame, resting=resting)

    def _on_run_started(self) -> None:
        for picture in self.made:
            self._begin(picture)

    def _on_spec_changed(self, spec: Spec) -> None:
        for picture in self.made:
            picture.show_spec(spec)

    def _on_pins_changed(self) -> None:
        for picture in self.made:
            picture.set_pins(self._session.pins)

    def _on_panel_made(self, panel: QWidget) -> None:
        if isinstance(panel, PictureFrame):
            self.made.append(panel)
            panel.refused.connect(self._status.show_message)
            panel.set_pins(self._session.pins)
            self._begin(panel)

    def _begin(self, picture: PictureFrame) -> None:
        session = self._session
        if session.history is not None and session.data is not None:
            picture.begin(Begun(session.spec, session.history, session.data))

    def _refresh(self) -> None:
        for picture in self.made:
            picture.refresh()
