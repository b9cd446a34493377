"""Markdown that a file brings: wrapped, selectable, as high as its words need.

It is shown and never obeyed: HTML in it is shown as it is written, nothing that it names is loaded,
and its links lead nowhere.
"""

import math

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QResizeEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

NARROWEST_PX = 120


class RichText(QTextBrowser):
    """Shows one text at a time; `set_markdown` shows another."""

    def __init__(self, markdown: str = "") -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(NARROWEST_PX)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.document().contentsChanged.connect(self._fit)
        self._markdown = ""
        self.set_markdown(markdown)

    def set_markdown(self, markdown: str) -> None:
        """Show a text."""
        features = QTextDocument.MarkdownFeature
        self._markdown = markdown
        self.document().setMarkdown(
            markdown, features.MarkdownDialectCommonMark | features.MarkdownNoHTML
        )
        self._fit()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Load nothing, wherever it is."""
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._markdown:
            self.set_markdown(self._markdown)  # code and headings keep the size they were made with

    def wheelEvent(self, event: QEvent) -> None:
        event.ignore()  # the panel scrolls

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height())
        if height != self.height():
            self.setFixedHeight(height)


def rich_text(markdown: str, parent: QWidget | None = None) -> RichText:
    """Return a text, named for those who cannot see it."""
    text = RichText(markdown)
    text.setAccessibleName(text.toPlainText())
    if parent is not None:
        text.setParent(parent)
    return text
