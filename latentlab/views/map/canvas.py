"""The canvas: pyqtgraph's view with one plot, its axes and the map's layers."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from latentlab.views.map.axes import Axis
from latentlab.views.map.camera import Camera
from latentlab.views.map.lattice import LatticeLayer
from latentlab.views.map.layer import Layer, colour
from latentlab.views.map.marks import Cursor, HoverRing
from latentlab.views.map.pathline import PathLine
from latentlab.views.map.points import Points
from latentlab.views.map.rings import Rings
from latentlab.views.theme import DARK, Theme

PRIOR_SQUARE = (-3.0, -3.0, 3.0, 3.0)
KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class Canvas(pg.GraphicsView):
    """Layers over one plot. It shows; what the mouse and the keys mean is `Interaction`'s.

    Other pyqtgraph items can be put into `plot` in map units.
    """

    camera_changed = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.theme: Theme = DARK
        self.camera = Camera()
        self._focus_shown = False
        self.plot = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self.left, self.bottom = Axis("left", self.plot), Axis("bottom", self.plot)
        self._lay_out()
        self.lattice = LatticeLayer(self.plot, 10)
        self.rings = Rings(self.plot, 20, labels_depth=35)
        self.points = Points(self.plot, 30, owner=self)
        self.path = PathLine(self.plot, 40, marks_depth=60)
        self.hover_ring = HoverRing(self.plot, 50)
        self.cursor_mark = Cursor(self.plot, 55)
        self.plot.sigResized.connect(self._plot_resized)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_theme(DARK)

    def _lay_out(self) -> None:
        layout = self.centralLayout
        layout.setContentsMargins(0.0, 0.0, 0.0, 0.0)
        layout.setSpacing(0.0)
        layout.addItem(self.left, 0, 0)
        layout.addItem(self.plot, 0, 1)
        layout.addItem(self.bottom, 1, 1)
        layout.setRowStretchFactor(0, 1)
        layout.setColumnStretchFactor(1, 1)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Everything that follows camera and theme."""
        return (
            self.lattice,
            self.rings,
            self.points,
            self.path,
            self.hover_ring,
            self.cursor_mark,
        )

    # Camera

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        if camera == self.camera:
            return
        self.camera = camera
        for layer in self.layers:
            layer.set_camera(camera)
        x0, y0, x1, y1 = camera.rect
        self.plot.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0.0, disableAutoRange=True)
        self.camera_changed.emit()

    def _plot_resized(self, *_: object) -> None:
        area = self.plot.rect()
        self.set_camera(self.camera.resized(area.width(), area.height()))
        self.resized.emit()

    @property
    def plot_area(self) -> QRectF:
        """The plot without its axes, in the canvas's pixels."""
        return QRectF(self.plot.pos(), self.plot.size())

    def to_plot(self, at: QPointF) -> QPointF:
        """Canvas pixels -> plot pixels."""
        return at - self.plot.pos()

    def to_canvas(self, at: QPointF) -> QPointF:
        """Plot pixels -> canvas pixels."""
        return at + self.plot.pos()

    def xy(self, plot_px: QPointF) -> tuple[float, float]:
        """Plot pixels -> map."""
        return self.camera.to_map(plot_px.x(), plot_px.y())

    def show_cursor(self, at: tuple[float, float] | None) -> None:
        """Put the cursor on a map point, unless a handle of the path marks that very point."""
        taken = any(handle.at == at for handle in self.path.handles.values())
        self.cursor_mark.set_at(None if taken else at)

    # Look

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        self.theme = theme
        self.setBackground(theme.ground)
        self.plot.setBorder(pg.mkPen(theme.line, width=1))
        for axis in (self.left, self.bottom):
            axis.set_theme(theme, text_scale)
        for layer in self.layers:
            layer.set_theme(theme, text_scale)
        self.viewport().update()

    def set_names(self, names: tuple[str, str]) -> None:
        """Name the axes."""
        self.bottom.set_name(names[0])
        self.left.set_name(names[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Points get their share of the frame first, then everything is painted."""
        self.points.prepare(self.devicePixelRatioF())
        super().paintEvent(event)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The ring of the keyboard's focus."""
        super().drawForeground(painter, rect)
        if not self._focus_shown:
            return
        painter.setPen(QPen(colour(self.theme.accent), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.plot_area.adjusted(1.0, 1.0, -1.0, -1.0))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a ring where the keyboard brought the focus here."""
        super().focusInEvent(event)
        self._focus_shown = event.reason() in KEYBOARD
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self._focus_shown = False
        self.viewport().update()

    # pyqtgraph's own mouse and keys: not used. Its scene drops moves that come within 10 ms, and
    # turns exceptions of handlers into warnings; `Interaction` reads Qt's events instead.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Not the scene's."""
        event.ignore()

    def leaveEvent(self, event: object) -> None:
        """Not the scene's."""

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay out anew (pyqtgraph calls this with None while it is being made)."""
        super().resizeEvent(event)
