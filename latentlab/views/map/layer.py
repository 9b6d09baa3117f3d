"""What every layer of the map is: an item in pixels that follows the camera and the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTransform
from PySide6.QtWidgets import QApplication, QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.engine.messages import Rect
from latentlab.views.map.camera import Camera
from latentlab.views.theme import DARK, TEXT_SMALL, Theme


class Layer(QGraphicsItem):
    """An item as large as the plot, in its pixels; sub-classes draw.

    pyqtgraph's own items live in map units and are transformed when painted. Ours paint in pixels:
    what has a fixed size on screen (points, handles, labels) then needs no inverse transform.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
    """

    hints: ClassVar[QPainter.RenderHint | None] = QPainter.RenderHint.Antialiasing

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent)
        self.camera = Camera()
        self.theme: Theme = DARK
        self.text_scale = 1.0
        self.told: Callable[[], object] | None = None  # that it looks different from now on
        self.setZValue(depth)

    def update(self) -> None:  # type: ignore[override] # a layer is painted as a whole
        """It looks different from now on."""
        super().update()
        self._tell()

    def setVisible(self, visible: bool) -> None:
        """Show or hide it."""
        super().setVisible(visible)
        self._tell()

    def setOpacity(self, opacity: float) -> None:
        """Let what lies under it through."""
        super().setOpacity(opacity)
        self._tell()

    def _tell(self) -> None:
        # Qt's own word of it comes with a later event: a paint before that would show the old.
        if self.told is not None:
            self.told()

    def boundingRect(self) -> QRectF:
        """The whole plot."""
        return QRectF(0.0, 0.0, self.camera.width, self.camera.height)

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        self.prepareGeometryChange()
        self.camera = camera
        self.update()

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        self.prepareGeometryChange()
        self.theme = theme
        self.text_scale = text_scale
        self.update()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Qt's call: `draw` is what a sub-class has of its own."""
        if self.hints is not None:
            painter.setRenderHint(self.hints)
        painter.setFont(self.font(TEXT_SMALL))
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Draw it all, in pixels of the plot; the painter has the small font."""
        raise NotImplementedError

    def font(self, size_px: int) -> QFont:
        """The program's font at a size of the theme, scaled as the person likes it."""
        return scaled_font(size_px, self.text_scale)

    def px(self, at: tuple[float, float]) -> QPointF:
        """A map point in pixels."""
        return QPointF(*self.camera.to_px(*at))

    @property
    def to_px(self) -> QTransform:
        """What maps lines in map units to pixels; a pen then keeps its width at every zoom."""
        origin, scale = self.px((0.0, 0.0)), self.camera.scale
        return QTransform(scale, 0.0, 0.0, -scale, origin.x(), origin.y())

    def px_rect(self, rect: Rect) -> QRectF:
        """A map rectangle in pixels."""
        x0, y0, x1, y1 = rect
        return QRectF(self.px((x0, y1)), self.px((x1, y0)))


def scaled_font(size_px: int, text_scale: float) -> QFont:
    """The program's font at a size of the theme times the person's text scale."""
    made = QFont(QApplication.font())
    made.setPixelSize(max(1, round(size_px * text_scale)))
    return made


def colour(hexa: str, alpha: float = 1.0) -> QColor:
    """A theme colour with an opacity in [0, 1]."""
    made = QColor(hexa)
    made.setAlphaF(alpha)
    return made


def draw_pill(painter: QPainter, layer: Layer, text: str, middle: QPointF) -> None:
    """A small word on a ground of its own, where all of it is inside the plot."""
    metrics = QFontMetricsF(painter.font())
    box = QRectF(0.0, 0.0, metrics.horizontalAdvance(text) + 10.0, metrics.height() + 2.0)
    box.moveCenter(middle)
    if not layer.boundingRect().contains(box):
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(layer.theme.ground, 0.82))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(colour(layer.theme.quiet))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
