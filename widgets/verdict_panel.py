"""What the gradients mean, in words, with the rule; and what the prepared experiment asks."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from lab.run import Phase
from lab.verdict import Finding, Verdict
from widgets.theme import Theme

# Never colour alone: each finding has a sign of its own.
SIGNS = {
    Finding.SHALLOW: "○",
    Finding.NO_GRADIENT: "✕",
    Finding.VANISHING: "▼",
    Finding.HEALTHY: "●",
    Finding.EXPLODING: "▲",
}


class TextPanel(QScrollArea):
    """A column of wrapped texts that scrolls when it does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        self._layout = QVBoxLayout(content)
        self._layout.setContentsMargins(8, 2, 8, 8)
        self._layout.setSpacing(6)
        self._layout.addStretch(1)
        self.setWidget(content)

    def add_text(self, role: str = "") -> QLabel:
        """Add a plain, selectable, wrapped text."""
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        if role:
            label.setProperty("role", role)
        self._layout.insertWidget(self._layout.count() - 1, label)
        return label


class VerdictPanel(TextPanel):
    """Headline, numbers and rule."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._finding: Finding | None = None
        self.headline = self.add_text("headline")
        self.detail = self.add_text()
        self.rule = self.add_text("muted")
        theme.changed.connect(self._color_headline)

    def show_verdict(self, verdict: Verdict) -> None:
        """Say what was found."""
        self._finding = verdict.finding
        self._say(f"{SIGNS[verdict.finding]}  {verdict.headline}", verdict.detail, verdict.rule)
        self._color_headline()

    def show_ending(self, phase: Phase, detail: str) -> None:
        """Say that the run cannot go on, and what to do."""
        self._finding = Finding.EXPLODING
        headlines = {
            Phase.DIVERGED: self.tr("✕  Diverged"),
            Phase.FAILED: self.tr("✕  The run failed"),
        }
        self._say(
            headlines[phase],
            f"{detail[:1].upper()}{detail[1:]}.",
            self.tr(
                "The weights of the last finite step are kept and can be saved. To go on, choose a "
                "smaller learning rate or gain, then Play."
            ),
        )
        self._color_headline()

    def _say(self, headline: str, detail: str, rule: str) -> None:
        for label, text in ((self.headline, headline), (self.detail, detail), (self.rule, rule)):
            if label.text() != text:
                label.setText(text)

    def _color_headline(self) -> None:
        colors = self._theme.colors
        calm = self._finding in (None, Finding.HEALTHY, Finding.SHALLOW)
        color = colors.text if calm else colors.warning
        sheet = f"color: {color};"
        if self.headline.styleSheet() != sheet:
            self.headline.setStyleSheet(sheet)


class LessonPanel(TextPanel):
    """The title and text of the prepared experiment that was opened last."""

    def __init__(self) -> None:
        super().__init__()
        self.title = self.add_text("title")
        self.text = self.add_text()

    def show_lesson(self, title: str, text: str) -> None:
        """Show a prepared experiment's words."""
        self.title.setText(title)
        self.text.setText(text)
