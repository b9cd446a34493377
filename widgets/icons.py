"""Icons of the program, drawn from the SVG files in resources in whatever colour is asked for."""

from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

DIRECTORY = Path(__file__).resolve().parent.parent / "resources" / "icons"
DRAWN_COLOR = "#000000"  # what the files are drawn in


def icon(name: str, color: str, size: int) -> QIcon:
    """Return the icon `name` in a colour, sharp at `size` on every screen."""
    drawing = (DIRECTORY / f"{name}.svg").read_text("utf-8").replace(DRAWN_COLOR, color)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    screen = QGuiApplication.primaryScreen()
    ratio = max(1.0, screen.devicePixelRatio() if screen else 1.0)
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        renderer.render(painter)
    pixmap.setDevicePixelRatio(ratio)
    return QIcon(pixmap)
