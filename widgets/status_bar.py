"""The line at the bottom: state, step, epoch, loss, speed, in figures that do not jump."""

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStatusBar

from lab.frames import Frame
from lab.run import Phase
from lab.words import number, spaced
from widgets.one_line import OneLine

WORDS = {
    Phase.PAUSED: "❚❚ paused",
    Phase.PLAYING: "▶ training",
    Phase.FINISHED: "■ finished",
    Phase.STOPPED: "■ stopped",
    Phase.DIVERGED: "✕ diverged",
    Phase.FAILED: "✕ failed",
}
FIELDS = {  # characters, and a help
    "step": (12, "Steps taken."),
    "epoch": (8, "How many times the training set has been seen."),
    "loss": (8, "Loss of the last batch trained on."),
    "test": (8, "Loss on the test set."),
    "speed": (12, "Steps taken in a second."),
}
MESSAGE_MS = 6000
UNKNOWN = "–"


class StatusBar(QStatusBar):
    """Shows frames and phases; messages for a moment."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.phase = OneLine()
        self.phase.setContentsMargins(8, 0, 8, 0)
        self.addWidget(self.phase, 1)
        self.values: dict[str, QLabel] = {}
        self._speed, self._is_playing = UNKNOWN, False
        for name, (characters, tip) in FIELDS.items():
            caption, value = QLabel(name), QLabel(UNKNOWN)
            caption.setProperty("role", "muted")
            for label in (caption, value):
                label.setToolTip(self.tr(tip))
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("0" * characters))
            value.setAccessibleName(name)
            value.setContentsMargins(0, 0, 12, 0)
            self.addPermanentWidget(caption)
            self.addPermanentWidget(value)
            self.values[name] = value
        self.show_phase(Phase.PAUSED, "")

    def show_frame(self, frame: Frame) -> None:
        """Show a frame's numbers."""
        rate, test = frame.steps_per_second, frame.scores.test_loss
        self._write("step", spaced(frame.step))
        self._write("epoch", f"{frame.epoch:,.1f}".replace(",", "\u202f"))
        self._write("loss", number(float(frame.record.loss)))
        self._write("test", UNKNOWN if math.isnan(test) else number(test))
        self._speed = f"{spaced(round(rate))}/s" if rate >= 10 else f"{rate:.1f}/s"
        self._show_speed()

    def show_phase(self, phase: Phase, detail: str) -> None:
        """Say what the run does, or how it ended."""
        words = WORDS[phase]
        if detail:
            words = f"✕ {detail}" if phase is Phase.DIVERGED else f"{words}: {detail}"
        self.phase.setText(words)
        self.phase.setToolTip(detail)
        self._is_playing = phase is Phase.PLAYING
        self._show_speed()

    def _show_speed(self) -> None:
        """Write how fast it trains; nothing while it waits."""
        self._write("speed", self._speed if self._is_playing else UNKNOWN)

    def show_message(self, text: str) -> None:
        """Say something for a moment."""
        self.showMessage(text, MESSAGE_MS)

    def set_narrow(self, narrow: bool) -> None:
        """Give each number less room in a narrow window."""
        for name, (characters, _tip) in FIELDS.items():
            value = self.values[name]
            shown = round(characters * (0.75 if narrow else 1))
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("0" * shown))

    def _write(self, name: str, text: str) -> None:
        label = self.values[name]
        if label.text() != text:
            label.setText(text)
