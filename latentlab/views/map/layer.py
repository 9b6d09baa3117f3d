"""What every layer of the map is: an item in pixels that follows the camera and the theme."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem

from latentlab.engine.messages import Rect
from latentlab.views.map.camera import Camera
from latentlab.views.theme import DARK, Theme


class Layer(QGraphicsItem):
    """An item as large as the plot, in its pixels; sub-classes paint.

    pyqtgraph's own items live in map units and are transformed when painted. Ours paint in pixels:
    what has a fixed size on screen (points, handles, labels) then needs no inverse transform.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
    """

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent)
        self.camera = Camera()
        self.theme: Theme = DARK
        self.setZValue(depth)

    def boundingRect(self) -> QRectF:
        """The whole plot."""
        return QRectF(0.0, 0.0, self.camera.width, self.camera.height)

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        self.prepareGeometryChange()
        self.camera = camera
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take another theme's colours."""
        self.theme = theme
        self.update()

    def px(self, at: tuple[float, float]) -> QPointF:
        """A map point in pixels."""
        return QPointF(*self.camera.to_px(*at))

    def px_rect(self, rect: Rect) -> QRectF:
        """A map rectangle in pixels."""
        x0, y0, x1, y1 = rect
        return QRectF(self.px((x0, y1)), self.px((x1, y0)))


def colour(hexa: str, alpha: float = 1.0) -> QColor:
    """A theme colour with an opacity in [0, 1]."""
    made = QColor(hexa)
    made.setAlphaF(alpha)
    return made
