"""The way back from a past moment."""

from PySide6.QtWidgets import QToolButton

from widgets.controls.manners import teach
from widgets.focus import Focus


class NowButton(QToolButton):
    """Shown while pictures look at the past; a click lets them look at now."""

    def __init__(self, focus: Focus) -> None:
        super().__init__()
        self._focus = focus
        self.setText(self.tr("Now"))
        self.setProperty("segment", "true")
        self.setToolTip(
            self.tr("Look at the newest step again; also Escape, or a double click on the handle.")
        )
        self.setAccessibleName(self.tr("Look at now"))
        self.clicked.connect(lambda: focus.choose_moment(None))
        self.hide()
        teach(self)
        focus.changed.connect(self._on_focus_changed)

    def _on_focus_changed(self) -> None:
        self.setVisible(self._focus.moment is not None)
