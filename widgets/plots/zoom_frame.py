"""The rectangle of a zoom, drawn on the sheet that hides pyqtgraph's own."""

import pyqtgraph as pg
from PySide6.QtGui import QPainter, QPen

from widgets.plots.canvas import View


class ZoomFrame:
    """The rectangle of a zoom while it is dragged."""

    def __init__(self, box: pg.ViewBox) -> None:
        self.box = box

    def draw(self, painter: QPainter, _view: View) -> None:
        frame = self.box.rbScaleBox
        if frame.isVisible():
            origin = self.box.sceneBoundingRect().topLeft()
            shown = frame.mapRectToScene(frame.boundingRect()).translated(-origin)
            painter.setPen(QPen(frame.pen().color(), 1))
            painter.setBrush(frame.brush())
            painter.drawRect(shown)
