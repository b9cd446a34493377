"""What all pictures share: a title row, a readout, the menu for taking picture or numbers away.

A picture is a widget that shows one thing; it is told when a run starts and when a frame arrives,
and keeps no number that it does not show.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.datasets import Dataset
from lab.frames import Frame
from lab.history import History
from lab.mailbox import Wishes
from lab.pins import Pin
from lab.spec import Spec
from lab.words import reason_of
from widgets.messages import show_message
from widgets.one_line import OneLine
from widgets.theme import Theme
from widgets.watched import Watched

PICTURE_RATIO = 3  # saved pictures have three times the pixels of the screen


@dataclass(frozen=True)
class Table:
    """Numbers of a picture: named columns and rows of equal length."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    def to_tabs(self) -> str:
        """Return the table as spreadsheets expect it on the clipboard."""
        return "\n".join("\t".join(map(str, row)) for row in [self.columns, *self.rows])

    def to_csv(self) -> str:
        """Return the table as CSV text; floats in full precision."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()


@dataclass(frozen=True, eq=False)
class Begun:
    """A run that has taken the bench."""

    spec: Spec
    history: History
    data: Dataset


class PictureFrame(QWidget, Watched):
    """A titled picture with a readout at the right and a context menu.

    The window calls `begin` for every new run, asks for `wishes` before each frame, and calls
    `show_frame` with it; a picture that is not `seen` wishes for nothing and draws nothing.
    `refused` carries a sentence on what a person typed and cannot be taken.
    """

    refused = Signal(str)

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self.theme = theme
        self.pins: tuple[Pin, ...] = ()
        self.title = QLabel(title)
        self.title.setProperty("role", "title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setMinimumWidth(40)
        self.readout = OneLine()
        self.readout.setProperty("role", "muted")
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QWidget()
        self.header = QHBoxLayout(self.bar)
        self.header.setContentsMargins(8, 4, 8, 4)
        self.header.setSpacing(8)
        self.header.addWidget(self.title)
        self.header.addWidget(self.readout, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self.body.addWidget(self.bar)
        self.setAccessibleName(title)
        theme.changed.connect(self.apply_theme)

    def become_dock(self, dock: QDockWidget) -> None:
        """Let the title row be the dock's title bar, so that there is one title, not two."""
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setProperty("close", "true")
        close.setToolTip(self.tr("Close this panel; the View menu brings it back."))
        close.setAccessibleName(self.tr("Close {0}").replace("{0}", dock.windowTitle()))
        close.clicked.connect(dock.close)
        self.header.addWidget(close)
        dock.setWidget(self)
        dock.setTitleBarWidget(self.bar)

    def begin(self, begun: Begun) -> None:
        """Forget the run before and get ready for this one."""
        raise NotImplementedError

    def show_spec(self, spec: Spec) -> None:
        """Offer what the settings in force make worth a look; they may change while it trains."""

    def set_pins(self, pins: tuple[Pin, ...]) -> None:
        """Compare with these runs, where the picture can."""
        self.pins = pins
        self.refresh()

    @property
    def wishes(self) -> Wishes:
        """What the next frame is to show."""
        return ()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        """Draw a frame; while it goes on, not `resting`, words may change less often than lines."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Draw the newest frame again, as after a change of marks, focus or theme."""
        raise NotImplementedError

    def numbers(self) -> Table:
        """Return what the picture shows, as numbers."""
        raise NotImplementedError

    def apply_theme(self) -> None:
        """Take over the colours of the present theme."""

    def add_menu_entries(self, menu: QMenu) -> None:
        """Let a picture add its own entries above the shared ones."""

    def show_menu(self, position: QPoint) -> None:
        """Offer the picture's menu at a global position."""
        menu = QMenu(self)
        self.add_menu_entries(menu)
        menu.addAction(self.tr("Copy picture"), self.copy_picture)
        menu.addAction(self.tr("Save picture…"), self._ask_and_save_picture)
        menu.addSeparator()
        menu.addAction(self.tr("Copy numbers"), self.copy_numbers)
        menu.addAction(self.tr("Save numbers (CSV)…"), self._ask_and_save_numbers)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(position)

    def image(self) -> QImage:
        """Return the picture in high resolution."""
        image = QImage(self._whole_size() * PICTURE_RATIO, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(PICTURE_RATIO)
        with QPainter(image) as painter:
            self._paint_whole(painter)
        return image

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.image())

    def copy_numbers(self) -> None:
        """Put the numbers on the clipboard."""
        QGuiApplication.clipboard().setText(self.numbers().to_tabs())

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(self.image())
        return bytes(buffer.data().data())

    def svg(self) -> bytes:
        """Return the picture as an SVG file, all its lines and words as such."""
        buffer, size = QBuffer(), self._whole_size()
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setViewBox(QRect(QPoint(), size))
        generator.setResolution(self.logicalDpiX())
        generator.setTitle(self.title.text())
        with QPainter(generator) as painter:
            self._paint_whole(painter)
        return bytes(buffer.data().data())

    def save_picture(self, path: Path) -> None:
        """Write PNG or, by the file's ending, SVG. Raises OSError."""
        path.write_bytes(self.svg() if path.suffix.lower() == ".svg" else self.png())

    def save_numbers(self, path: Path) -> None:
        """Write CSV. Raises OSError."""
        path.write_text(self.numbers().to_csv(), encoding="utf-8")

    def _whole_size(self) -> QSize:
        outside = 0 if self.isAncestorOf(self.bar) else self.bar.height()
        return QSize(self.width(), self.height() + outside)

    def _paint_whole(self, painter: QPainter) -> None:
        """Paint title row and picture, wherever the row is now."""
        size = self._whole_size()
        painter.fillRect(QRect(QPoint(), size), QColor(self.theme.colors.panel))
        top = size.height() - self.height()
        if top:
            self.bar.render(painter, QPoint())
        self.render(painter, QPoint(0, top))

    def _ask_and_save_picture(self) -> None:
        self._ask_and_save(self.tr("Pictures (*.png *.svg)"), ".png", self.save_picture)

    def _ask_and_save_numbers(self) -> None:
        self._ask_and_save(self.tr("Tables (*.csv)"), ".csv", self.save_numbers)

    def _ask_and_save(self, kinds: str, suffix: str, save: Callable[[Path], None]) -> None:
        name = self.title.text().lower().replace(" ", "-") + suffix
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Save"), name, kinds)
        if not chosen:
            return
        path = Path(chosen)
        try:
            save(path if path.suffix else path.with_suffix(suffix))
        except OSError as error:
            text = self.tr("{0} could not be saved: {1}.").replace("{1}", reason_of(error))
            show_message(
                self,
                QMessageBox.Icon.Warning,
                self.tr("Not saved"),
                text.replace("{0}", str(path)),
            )
