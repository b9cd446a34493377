"""The bar that runs the experiment: play, step, epoch, reset, new seed, and the speed."""

import math
from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolBar, QWidget

from lab.run import Phase
from lab.session import Session
from widgets.controls.manners import teach
from widgets.focus import Focus
from widgets.icons import icon
from widgets.seed_box import SeedBox
from widgets.theme import Theme

FASTEST_PACE = 1000.0
ICON_SIZE = 16
PACE_POSITIONS = 60  # the position after the last is "as fast as possible"


def pace_at(position: int) -> float | None:
    """Return steps per second at a slider position; None is as fast as possible."""
    if position > PACE_POSITIONS:
        return None
    pace = FASTEST_PACE ** (position / PACE_POSITIONS)
    return float(f"{pace:.2g}") if pace < 10 else float(round(pace))


class PaceSlider(QWidget):
    """From one step per second, which a class can follow, to as fast as possible."""

    pace_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, PACE_POSITIONS + 1)
        self.slider.setValue(PACE_POSITIONS + 1)
        self.slider.setFixedWidth(120)
        self.slider.setPageStep(10)
        teach(self.slider)
        tip = self.tr("Speed of training: from 1 step per second to as fast as possible.")
        self.slider.setToolTip(tip)
        self.slider.setAccessibleName(self.tr("Speed"))
        self.label = QLabel()
        self.label.setMinimumWidth(self.label.fontMetrics().horizontalAdvance("1 000 steps/s "))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 0, 0)
        layout.addWidget(QLabel(self.tr("Speed")))
        layout.addWidget(self.slider)
        layout.addWidget(self.label)
        self.slider.valueChanged.connect(self._on_slider_moved)
        self._write(None)

    def value(self) -> float | None:
        """Return steps per second; None is as fast as possible."""
        return pace_at(self.slider.value())

    def set_value(self, pace: float | None) -> None:
        """Show a pace, without a signal."""
        position = PACE_POSITIONS + 1
        if pace is not None:
            position = round(PACE_POSITIONS * math.log(max(1, pace)) / math.log(FASTEST_PACE))
        with QSignalBlocker(self.slider):
            self.slider.setValue(position)
        self._write(pace)

    def _on_slider_moved(self, _position: int) -> None:
        self._write(self.value())
        self.pace_changed.emit(self.value())

    def _write(self, pace: float | None) -> None:
        unit = self.tr("step/s") if pace == 1 else self.tr("steps/s")
        self.label.setText(self.tr("fastest") if pace is None else f"{pace:g} {unit}")


class Transport(QToolBar):
    """Buttons whose actions the Run menu shares; keys work wherever the focus is not a text."""

    def __init__(self, session: Session, theme: Theme, focus: Focus) -> None:
        super().__init__("Run")
        self.setObjectName("transport")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._theme = theme
        self._icons: dict[QAction, str] = {}
        self.play = self._action(self.tr("Play"), "play", "Space", session.toggle)
        self.play.setToolTip(self.tr("Train, or pause (Space)."))
        self.step = self._action(self.tr("Step"), "step", "Right", session.take_step)
        self.step.setToolTip(self.tr("Take one step: forward, loss, backward, update (Right)."))
        self.epoch = self._action(self.tr("Epoch"), "epoch", "Shift+Right", session.take_epoch)
        self.epoch.setToolTip(self.tr("Train until every sample was seen once more (Shift+Right)."))
        self.reset = self._action(self.tr("Reset"), "reset", "R", session.reset)
        self.reset.setToolTip(self.tr("Start again from the same weights (R)."))
        self.new_seed = self._action(self.tr("New Seed"), "seed", "N", lambda: None)
        self.new_seed.setToolTip(self.tr("Start again from other weights (N)."))
        self.pace = PaceSlider()
        self.pace.pace_changed.connect(session.set_speed)
        self.addWidget(self.pace)
        self.seed_box = SeedBox(focus)
        self._seed_action = self.addWidget(self.seed_box)
        self._seed_action.setVisible(False)
        self._playing = False
        theme.changed.connect(self._draw_icons)
        self._draw_icons()

    def show_seeds(self, count: int) -> None:
        """Let a person choose which of several networks is shown."""
        self.seed_box.set_count(count)
        self._seed_action.setVisible(count > 1)

    def show_phase(self, phase: Phase) -> None:
        """Offer what is possible now; a run that is over can only start again."""
        for action in (self.step, self.epoch):
            action.setEnabled(not phase.over)
        playing = phase is Phase.PLAYING
        if playing != self._playing:
            self._playing = playing
            self.play.setText(self.tr("Pause") if playing else self.tr("Play"))
            self._draw_icons()

    def _action(self, text: str, icon: str, key: str, slot: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _checked: slot())
        self._icons[action] = icon
        self.addAction(action)
        return action

    def _draw_icons(self) -> None:
        color = self._theme.colors.text
        for action, name in self._icons.items():
            shown = "pause" if action is self.play and self._playing else name
            action.setIcon(icon(shown, color, ICON_SIZE))
