"""Source code to read: passages of the engine, the lines that ran and the current ones marked."""

import keyword
import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit

from core.listings import Passage
from widgets.theme import Theme

TOKENS = re.compile(
    r"(?P<comment>#.*)"
    r"|(?P<string>\"[^\"]*\"|'[^']*')"
    rf"|(?P<keyword>\b(?:{'|'.join(keyword.kwlist)})\b)"
)
PLAIN, HEAD, SKIPPED = range(3)  # what a line is
QUOTES, INSIDE = '"""', 1


class CodeView(QPlainTextEdit):
    """Shows passages and brings the first current line into view."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: tuple[Passage, ...] = ()
        self.marked: list[int] = []
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are the walk's
        self.setAccessibleName(self.tr("The lines of the engine that run"))
        self._colours = _Colours(self.document(), theme)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take over colours and size of text."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self._theme.font("small").pointSizeF())
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.setFont(font)
        self.document().setDefaultFont(font)
        self._colours.rehighlight()
        self._mark()

    def show_passages(self, passages: Sequence[Passage]) -> None:
        """Show these passages, one below the other."""
        if tuple(passages) == self._shown:
            return
        self._shown, lines, kinds, self.marked = tuple(passages), [], [], []
        for passage in passages:
            lines.append(f"{passage.file}  {passage.name}")
            kinds.append(HEAD)
            for number, line in enumerate(passage.lines, passage.first):
                if number in passage.current:
                    self.marked.append(len(lines))
                kinds.append(_kind(number, passage))
                lines.append(f"{number:4d}  {line}")
            lines.append("")
            kinds.append(PLAIN)
        self._colours.kinds = kinds
        self.setPlainText("\n".join(lines))
        self._mark()

    def _mark(self) -> None:
        color = QColor(self._theme.colors.accent)
        color.setAlphaF(0.22)
        found = []
        for line in self.marked:
            selection = QTextEdit.ExtraSelection()
            selection.format.setBackground(color)
            selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            block = self.document().findBlockByNumber(line)
            selection.cursor = QTextCursor(block)
            found.append(selection)
        self.setExtraSelections(found)
        if self.marked:
            self.verticalScrollBar().setValue(max(0, self.marked[0] - self._lines_above()))

    def _lines_above(self) -> int:
        return max(1, self.viewport().height() // max(1, self.fontMetrics().height()) // 3)


def _kind(number: int, passage: Passage) -> int:
    if number in passage.skipped:
        return SKIPPED
    return PLAIN


class _Colours(QSyntaxHighlighter):
    """Keywords, strings and comments; what has not run is pale."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self.kinds: list[int] = []

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        kind = self.kinds[number] if number < len(self.kinds) else PLAIN
        colors = self._theme.colors
        if kind == HEAD:
            head = QTextCharFormat()
            head.setForeground(QColor(colors.muted))
            head.setFontWeight(QFont.Weight.Bold)
            self.setFormat(0, len(text), head)
            return
        if kind == SKIPPED:
            pale = QColor(colors.muted)
            pale.setAlphaF(0.6)
            self.setFormat(0, len(text), pale)
            return
        self.setFormat(0, 5, QColor(colors.muted))
        inside, quotes = self.previousBlockState() == INSIDE, text.count(QUOTES)
        self.setCurrentBlockState(INSIDE if inside != quotes % 2 else PLAIN)
        if inside or quotes:  # words about a function
            self.setFormat(6, len(text), colors.ink(colors.second_class))
            return
        names = {
            "comment": colors.muted,
            "string": colors.ink(colors.second_class).name(),
            "keyword": colors.first_class,
        }
        for found in TOKENS.finditer(text, 6):
            self.setFormat(found.start(), len(found[0]), QColor(names[found.lastgroup or ""]))
