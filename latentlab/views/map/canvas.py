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
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from latentlab.views.map.axes import Axis
from latentlab.views.map.camera import Camera
from latentlab.views.map.cells import Cells
from latentlab.views.map.contours import Contours
from latentlab.views.map.fields import Fields
from latentlab.views.map.gaps import GapsLayer
from latentlab.views.map.lattice import LatticeLayer
from latentlab.views.map.layer import Layer, colour
from latentlab.views.map.marks import Cursor, HoverRing, Moving, Pointed
from latentlab.views.map.pathline import PathLine
from latentlab.views.map.points import Points
from latentlab.views.map.rings import Rings
from latentlab.views.map.selecting import Outline
from latentlab.views.map.shapes import Shapes
from latentlab.views.map.stroke import BrushMark
from latentlab.views.map.thumbnail_layer import ThumbnailLayer
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
        self.fields = Fields(self.plot, 11, labels_depth=34)
        self.gaps = GapsLayer(self.plot, 12)
        self.cells = Cells(self.plot, 15, words_depth=34)
        self.rings = Rings(self.plot, 20, labels_depth=35)
        self.contours = Contours(self.plot, 20, labels_depth=35)
        self.points = Points(self.plot, 30, owner=self)
        self.thumbnails = ThumbnailLayer(self.plot, 32)
        self.shapes = Shapes(self.plot, 32)
        self._still = False  # whether nothing but what the hand moves differs from the last paint
        self._frame: QPixmap | None = None  # everything else as a picture, while it is still
        self._hand_moved = False  # whether the last paint was of what the hand moves alone
        self.path = PathLine(self._repaint)
        self.outline = Outline(self._repaint)
        self.brush = BrushMark(self._repaint)
        self.hover_ring = HoverRing(self._repaint)
        self.pointed = Pointed(self._repaint)
        self.cursor_mark = Cursor(self._repaint)
        labels = self.rings.labels, self.contours.labels, self.cells.labels, self.fields.labels
        for layer in (*self.layers, *labels):
            layer.told = self.refresh
        self.scene().changed.connect(self.refresh)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
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
        """What is shown of the latent space, from below to above."""
        return (
            self.lattice,
            self.fields,
            self.gaps,
            self.cells,
            self.rings,
            self.contours,
            self.points,
            self.thumbnails,
            self.shapes,
        )

    @property
    def moving(self) -> tuple[Moving, ...]:
        """What the hand moves over it, from below to above."""
        shapes = self.outline, self.brush
        rings = self.pointed, self.hover_ring
        return self.path, *rings, self.cursor_mark, *self.path.marks, *shapes

    @property
    def _followers(self) -> tuple[Layer | Moving, ...]:
        """Everything that follows camera and theme; the path tells its handles."""
        shapes = self.outline, self.brush
        rings = self.pointed, self.hover_ring
        return *self.layers, self.path, *rings, self.cursor_mark, *shapes

    # Camera

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        if camera == self.camera:
            return
        self.camera = camera
        for part in self._followers:
            part.set_camera(camera)
        self.refresh()
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
            axis.fit(self.height())
        for part in self._followers:
            part.set_theme(theme, text_scale)
        self.refresh()
        self.viewport().update()

    def set_names(self, names: tuple[str, str], *, whole: bool = False) -> None:
        """Name the axes; those without a name have no numbers, `whole` ones no fractions."""
        for axis, name in ((self.bottom, names[0]), (self.left, names[1])):
            axis.set_name(name)
            axis.set_numbers(shown=bool(name) or not whole, whole=whole)

    # Painting

    def refresh(self, *_: object) -> None:
        """Something other than what the hand moves has changed: paint it anew."""
        self._still, self._frame = False, None

    def _repaint(self, plot_rect: QRectF) -> None:
        self.viewport().update(plot_rect.translated(self.plot.pos()).toAlignedRect())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Points get their share of the frame first, then everything is painted.

        While only the hand's marks move, all the rest is one picture that is put under them: a
        scene painted anew at each move of a drag would cost ten times as much. What changes
        between two moves goes into that picture at once: else the next move would paint it again.
        """
        ratio = self.devicePixelRatioF()
        self.points.prepare(ratio)
        still, self._still = self._still, True
        if still or self._hand_moved:
            frame = self._framed(ratio)
            painter = QPainter(self.viewport())
            painter.drawPixmap(0, 0, frame)
        else:
            super().paintEvent(event)
            painter = QPainter(self.viewport())
        self._hand_moved = still
        painter.setClipRect(self.plot_area)
        painter.translate(self.plot.pos())
        for part in self.moving:
            part.draw(painter, ratio)
        painter.end()

    def _framed(self, ratio: float) -> QPixmap:
        frame, size = self._frame, self.viewport().size()
        if frame is None or frame.devicePixelRatio() != ratio or frame.size() != size * ratio:
            frame = QPixmap(size * ratio)
            frame.setDevicePixelRatio(ratio)
            frame.fill(colour(self.theme.ground))
            painter = QPainter(frame)
            self.render(painter, QRectF(self.viewport().rect()), self.viewport().rect())
            painter.end()
            self._frame = frame
        return frame

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
        self.refresh()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self._focus_shown = False
        self.refresh()
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
        self.refresh()
        if event is not None:
            for axis in (self.left, self.bottom):
                axis.fit(self.height())
        super().resizeEvent(event)
