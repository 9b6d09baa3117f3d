"""What is seen of the brush: a circle that follows the pointer, and the stroke that it leaves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import colour
from latentlab.views.map.marks import Moving, Repaint

Point = tuple[float, float]
WIDTH = 1.5


class BrushMark(Moving):
    """The circle around the pointer, and the stroke that it leaves.

    Args:
        repaint: Called with what must be painted again, in the plot's pixels.
    """

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint)
        self._at: QPointF | None = None
        self._radius = 0.0
        self._path: list[Point] = []
        self._less = False

    @property
    def at(self) -> QPointF | None:
        """Where the circle is, in the plot's pixels; None where it is not shown."""
        return self._at

    @property
    def path(self) -> list[Point]:
        """The stroke so far, on the map."""
        return self._path

    def set_at(self, at: QPointF | None, radius_px: float) -> None:
        """Put the circle there, or take it away."""
        self._ask()
        self._at, self._radius = at, radius_px
        self._ask()

    def set_path(self, path: list[Point], *, less: bool = False) -> None:
        """Show a stroke; `less` is one that takes away."""
        self._ask()
        self._path, self._less = path, less
        self._ask()

    def set_camera(self, camera: Camera) -> None:
        """Stay on the map."""
        self.camera = camera

    def _ask(self) -> None:
        reach = self._radius + 2.0 * WIDTH + 2.0
        around = QRectF(-reach, -reach, 2.0 * reach, 2.0 * reach)
        if self._at is not None:
            self._repaint(around.translated(self._at))
        if self._path:
            box = QPolygonF([self.px(at) for at in self._path]).boundingRect()
            self._repaint(box.adjusted(-reach, -reach, reach, reach))

    def draw(self, painter: QPainter, ratio: float) -> None:  # noqa: ARG002 - all of it is lines
        """A veil over the stroke, and a ring on a halo of the ground."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.theme.warn if self._less else self.theme.accent
        if self._path:
            pen = QPen(colour(ink, 0.28), 2.0 * self._radius)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            points = [self.px(at) for at in self._path]
            painter.drawPolyline(QPolygonF(points if len(points) > 1 else points * 2))
        if self._at is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line, width in ((colour(self.theme.ground, 0.8), 3.0 * WIDTH), (colour(ink), WIDTH)):
            painter.setPen(QPen(line, width))
            painter.drawEllipse(self._at, self._radius, self._radius)
