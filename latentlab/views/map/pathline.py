"""The path from A to B: a line with a tick at each frame, two handles, and a bead that plays."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from latentlab.session.state import PathState
from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import colour
from latentlab.views.map.marks import HANDLE_RADIUS, Handle, Moving, Player, Repaint
from latentlab.views.theme import Theme

End = Literal["a", "b"]
REACH = 14.0  # pixels from a handle's middle at which the hand still takes it
CLOSEST_TICKS = 10.0
TICK_PX, TICK_WIDTH = 7.25, 1.25  # across the path, and along it
AROUND = 6.0  # pixels around the line in which halo and ticks lie


class PathLine(Moving):
    """The line and its ticks; holds the handles and the bead, which lie above the cursor.

    Args:
        repaint: Called with what must be painted again, in the plot's pixels.
    """

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint)
        self._path: PathState | None = None
        self._line = QLineF()
        self._pens: list[QPen] = []
        self.player = Player(repaint)
        self.handles: dict[End, Handle] = {"a": Handle(repaint, "A"), "b": Handle(repaint, "B")}
        self._choose_pens()

    @property
    def marks(self) -> tuple[Player, Handle, Handle]:
        """Bead and handles, from below to above."""
        return self.player, self.handles["a"], self.handles["b"]

    def set_path(self, path: PathState | None) -> None:
        """Show another path; None shows none."""
        self._ask()
        self._path = path
        self.handles["a"].set_at(None if path is None else path.a)
        self.handles["b"].set_at(None if path is None else path.b)
        between = path is not None and (path.playing or 0.0 < path.position < 1.0)
        self.player.set_at(path.point if path is not None and between else None)
        if path is not None:
            self._line = QLineF(self.px(path.a), self.px(path.b))
        self._ask()

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        super().set_camera(camera)
        for mark in self.marks:
            mark.set_camera(camera)
        if self._path is not None:
            self._line = QLineF(self.px(self._path.a), self.px(self._path.b))

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours."""
        super().set_theme(theme, text_scale)
        self._choose_pens()
        for mark in self.marks:
            mark.set_theme(theme, text_scale)

    def _choose_pens(self) -> None:
        halo, line = QPen(colour(self.theme.ground, 0.75), 5.0), QPen(colour(self.theme.accent), 2)
        self._pens = [halo, line]
        for pen in self._pens:
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)

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

    def _ask(self) -> None:
        """Around the line alone: a drag repaints little."""
        if self._path is not None:
            around = QRectF(self._line.p1(), self._line.p2()).normalized()
            self._repaint(around.adjusted(-AROUND, -AROUND, AROUND, AROUND))

    def draw(self, painter: QPainter, ratio: float) -> None:  # noqa: ARG002 - all of it is lines
        """The line with a halo, then ticks across it."""
        if self._path is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in self._pens:
            painter.setPen(pen)
            painter.drawLine(self._line)
        length = self._line.length()
        ticks = tick_places(self._path.frames, length)
        if ticks is not None:
            self._draw_ticks(painter, length, *ticks)

    def _draw_ticks(self, painter: QPainter, length: float, first: float, step: float) -> None:
        # One dashed line, as wide as the ticks are long: much less work than a line for each.
        pen = QPen(colour(self.theme.accent), TICK_PX)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([TICK_WIDTH / TICK_PX, (step - TICK_WIDTH) / TICK_PX])
        painter.setPen(pen)
        begin, end = first - TICK_WIDTH / 2, length - HANDLE_RADIUS
        painter.drawLine(
            QLineF(self._line.pointAt(begin / length), self._line.pointAt(end / length))
        )


def tick_places(frames: int, length: float) -> tuple[float, float] | None:
    """Where the first tick lies on a path of `length` pixels, and how far apart ticks are.

    A tick at each frame, or at each k-th where they are too close; none under the handles.

    Example:
        >>> tick_places(11, 200.0)
        (20.0, 20.0)
        >>> tick_places(60, 30.0) is None
        True
    """
    if length < 4.0 * HANDLE_RADIUS or frames < 3:
        return None
    between = length / (frames - 1)
    every = max(1, math.ceil(CLOSEST_TICKS / between))
    step = every * between
    first = step * (math.floor(HANDLE_RADIUS / step) + 1)
    return (first, step) if first < length - HANDLE_RADIUS else None
