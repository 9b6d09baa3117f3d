"""The path from A to B: a line with a tick at each frame, two handles, and a bead that plays."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.session.state import PathState
from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import Layer, colour
from latentlab.views.map.marks import HANDLE_RADIUS, Handle, Player
from latentlab.views.theme import Theme

End = Literal["a", "b"]
REACH = 14.0  # pixels from a handle's middle at which the hand still takes it
CLOSEST_TICKS = 10.0


class PathLine(Layer):
    """The line and its ticks; holds the handles and the bead, which lie above the cursor.

    Args:
        parent: The plot's view box.
        depth: Depth of the line.
        marks_depth: Depth of handles and bead.
    """

    def __init__(self, parent: QGraphicsItem, depth: float, marks_depth: float) -> None:
        self._path: PathState | None = None
        super().__init__(parent, depth)
        self.player = Player(parent, marks_depth)
        self.handles: dict[End, Handle] = {
            "a": Handle(parent, marks_depth + 1, "A"),
            "b": Handle(parent, marks_depth + 1, "B"),
        }

    def set_path(self, path: PathState | None) -> None:
        """Show another path; None shows none."""
        self.prepareGeometryChange()
        self._path = path
        self.handles["a"].set_at(None if path is None else path.a)
        self.handles["b"].set_at(None if path is None else path.b)
        between = path is not None and (path.playing or 0.0 < path.position < 1.0)
        self.player.set_at(path.point if path is not None and between else None)
        self.update()

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        super().set_camera(camera)
        for mark in (self.player, *self.handles.values()):
            mark.set_camera(camera)

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours."""
        super().set_theme(theme, text_scale)
        for mark in (self.player, *self.handles.values()):
            mark.set_theme(theme, text_scale)

    def handle_at(self, at: QPointF) -> End | None:
        """The handle under a pixel, B before A: it was drawn last."""
        if self._path is None:
            return None
        ends: tuple[End, ...] = ("b", "a")
        for end in ends:
            away = self.handles[end].pos() - at
            if away.x() ** 2 + away.y() ** 2 <= REACH**2:
                return end
        return None

    def light(self, end: End | None) -> None:
        """Show which handle is under the pointer."""
        for name, handle in self.handles.items():
            handle.set_lit(name == end)

    def boundingRect(self) -> QRectF:
        """Around the line alone: a drag repaints little."""
        if self._path is None:
            return QRectF()
        line = QRectF(self.px(self._path.a), self.px(self._path.b)).normalized()
        return line.adjusted(-6.0, -6.0, 6.0, 6.0).intersected(
            super().boundingRect().adjusted(-6.0, -6.0, 6.0, 6.0)
        )

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """The line with a halo, then ticks across it."""
        if self._path is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QLineF(self.px(self._path.a), self.px(self._path.b))
        for ink, width in (
            (colour(self.theme.ground, 0.75), 5.0),
            (colour(self.theme.accent), 2.0),
        ):
            pen = QPen(ink, width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(line)
        painter.setPen(QPen(colour(self.theme.accent), 1.25))
        painter.drawLines(self._ticks(line))

    def _ticks(self, line: QLineF) -> list[QLineF]:
        """A short line across the path at each frame, or at each k-th where they are too close."""
        frames = self._path.frames if self._path else 2
        length = line.length()
        if length < 4.0 * HANDLE_RADIUS:
            return []
        every = max(1, int(np.ceil(CLOSEST_TICKS * (frames - 1) / length)))
        across = line.normalVector().unitVector()
        step = QPointF(across.dx(), across.dy()) * 3.0
        near_handle = HANDLE_RADIUS / length
        middles = [
            line.pointAt(k / (frames - 1))
            for k in range(0, frames, every)
            if near_handle < k / (frames - 1) < 1.0 - near_handle
        ]
        return [QLineF(at - step, at + step) for at in middles]
