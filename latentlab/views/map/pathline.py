"""The path: its line, ticks at its frames, handles at its waypoints, and a bead that plays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from latentlab.session.path import PathState, Point
from latentlab.session.way import Way
from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import colour
from latentlab.views.map.marks import HANDLE_RADIUS, Handle, Mark, Moving, Player, Repaint
from latentlab.views.theme import Theme

REACH = 14.0  # pixels from a handle's middle at which the hand still takes it
LINE_REACH = 7.0  # from the line
CLOSEST_TICKS = 10.0
TICK_PX, TICK_WIDTH = 7.25, 1.25  # across the path, and along it
AROUND = 6.0  # pixels around the line in which halo and ticks lie
MOST_TICKS = 400
CROWDED_PX = 2.0 * HANDLE_RADIUS  # between neighbouring waypoints: nearer ones are dots
Floats = NDArray[np.float64]
Places = list[list[float]]  # pixels, x and y


class PathLine(Moving):
    """The line and its ticks; holds the handles and the bead, which lie above the cursor.

    Args:
        repaint: Called with what must be painted again, in the plot's pixels.

    Attributes:
        handles: Those of the ends, "a" and "b".
        inner: Those of the waypoints between them, in order.
    """

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint)
        self._path: PathState | None = None
        self._way: Way | None = None
        self._line = QPolygonF()
        self._ticks: list[QLineF] = []
        self._pens: list[QPen] = []
        self.player = Player(repaint)
        self.handles: dict[str, Handle] = {"a": Handle(repaint, "A"), "b": Handle(repaint, "B")}
        self.inner: list[Handle] = []
        self._spare: list[Handle] = []
        self._choose_pens()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Bead and handles, from below to above."""
        return self.player, *self.inner, self.handles["a"], self.handles["b"]

    @property
    def lit(self) -> bool:
        """Whether the pointer is on a handle."""
        return any(handle.lit for handle in self._in_order())

    def set_path(self, path: PathState | None, way: Way | None, point: Point) -> None:
        """Show another path; None shows none. `point` is where the scrubber stands."""
        self._ask()
        same_line = way is not None and way is self._way
        self._path, self._way = path, way
        self.handles["a"].set_at(None if path is None else path.a)
        self.handles["b"].set_at(None if path is None else path.b)
        self._set_inner(() if path is None else path.stops[1:-1])
        between = path is not None and (path.playing or 0.0 < path.position < 1.0)
        self.player.set_at(point if between else None)
        if not same_line:
            self._lay()
        self._ask()

    def _set_inner(self, stops: tuple[object, ...]) -> None:
        while len(self.inner) < len(stops):
            handle = self._spare.pop() if self._spare else Handle(self._repaint, "")
            handle.set_camera(self.camera)
            handle.set_theme(self.theme, self.text_scale)
            self.inner.append(handle)
        while len(self.inner) > len(stops):
            handle = self.inner.pop()
            handle.set_lit(lit=False)
            handle.set_at(None)
            self._spare.append(handle)
        if self._path is None:
            return
        for number, handle in enumerate(self.inner, 1):
            handle.set_at(self._path.stops[number].at)
        self._set_letters()

    def _set_letters(self) -> None:
        """Number the inner waypoints, or where they would hide the line make them dots."""
        if self._path is None or not self.inner:
            return
        places = [(stop.at[0], stop.at[1]) for stop in self._path.stops]
        gaps = sorted(map(math.dist, places, places[1:]))
        room = gaps[len(gaps) // 4] * self.camera.scale  # a few close ones may touch
        roomy = room >= CROWDED_PX * max(1.0, self.text_scale)
        for number, handle in enumerate(self.inner, 1):
            handle.set_letter(str(number) if roomy else "")

    def _in_order(self) -> list[Handle]:
        return [self.handles["a"], *self.inner, self.handles["b"]]

    def handle(self, index: int) -> Handle:
        """That of a waypoint, from 0."""
        return self._in_order()[index]

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        super().set_camera(camera)
        for mark in self.marks:
            mark.set_camera(camera)
        self._set_letters()
        self._lay()

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
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)

    def _lay(self) -> None:
        """Work out line and ticks in pixels."""
        way = self._way
        if way is None or self._path is None:
            self._line, self._ticks = QPolygonF(), []
            return
        line: Places = self._in_px(way.line).tolist()
        self._line = QPolygonF([QPointF(x, y) for x, y in line])
        places = _even(line, way.frames) if way.is_chord else self._in_px(way.at).tolist()
        self._ticks = _ticks(places, line)

    def _in_px(self, at: Floats) -> Floats:
        camera = self.camera
        x = (at[:, 0] - camera.x) * camera.scale + camera.width / 2
        y = (camera.y - at[:, 1]) * camera.scale + camera.height / 2
        return np.clip(np.stack([x, y], axis=1), -1e6, 1e6)  # far outside: Qt's lines end there

    # What the hand can take

    def handle_at(self, at: QPointF) -> int | None:
        """The waypoint whose handle is under a pixel; the last one first: it was drawn last."""
        if self._path is None:
            return None
        for index in range(len(self._path.stops) - 1, -1, -1):
            away = self.handle(index).pos() - at
            if away.x() ** 2 + away.y() ** 2 <= REACH**2:
                return index
        return None

    def piece_at(self, at: QPointF) -> int | None:
        """The piece of the line under a pixel, by the waypoint that it begins at."""
        way = self._way
        if way is None or self._path is None or self._line.size() < 2:
            return None
        points = np.array([(p.x(), p.y()) for p in self._line.toList()])
        steps = np.diff(points, axis=0)
        length2 = np.maximum(np.square(steps).sum(axis=1), 1e-12)
        from_start = np.array([at.x(), at.y()]) - points[:-1]
        share = np.clip((from_start * steps).sum(axis=1) / length2, 0.0, 1.0)
        away = np.linalg.norm(from_start - share[:, None] * steps, axis=1)
        nearest = int(away.argmin())
        if away[nearest] > LINE_REACH:
            return None
        return _piece_of(way.line, nearest, self._path)

    def light(self, index: int | None) -> None:
        """Show which handle is under the pointer."""
        for number, handle in enumerate(self._in_order()):
            handle.set_lit(number == index)

    # Painting

    def _ask(self) -> None:
        """Around the line alone: a drag repaints little."""
        if self._path is not None and self._line.size():
            self._repaint(self._line.boundingRect().adjusted(-AROUND, -AROUND, AROUND, AROUND))

    def draw(self, painter: QPainter, ratio: float) -> None:  # noqa: ARG002 - all of it is lines
        """The line with a halo, then ticks across it; dashed while a better one is worked out."""
        if self._path is None or self._way is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in self._pens:
            used = QPen(pen)
            if self._way.guessed and pen is self._pens[-1]:
                used.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(used)
            painter.drawPolyline(self._line)
        pen = QPen(colour(self.theme.accent), TICK_WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLines(self._ticks)


def _piece_of(line: Floats, segment: int, path: PathState) -> int:
    """The piece between two waypoints that a segment of the drawn line belongs to."""
    stops = [*path.stops, path.stops[0]] if path.closed else list(path.stops)
    places = np.array([stop.at for stop in stops])
    rows, begin = [0], 0
    for place in places[1:]:
        away = np.square(line[begin:] - place).sum(axis=1)
        begin += int(away.argmin())
        rows.append(begin)
    piece = int(np.searchsorted(rows, segment, side="right")) - 1
    return int(np.clip(piece, 0, len(stops) - 2))


def _even(line: Places, count: int) -> Places:
    (x0, y0), (x1, y1) = line
    shares = [i / (count - 1) for i in range(count)]
    return [[x0 + share * (x1 - x0), y0 + share * (y1 - y0)] for share in shares]


def _ticks(places: Places, line: Places) -> list[QLineF]:
    """Short lines across the path at its frames, or at each k-th; none under the end handles.

    They are few, and numbers of Python's: arrays so small cost a drag more.
    """
    count = len(places)
    total = sum(map(math.dist, line, line[1:]))
    if count < 3 or total < 4.0 * HANDLE_RADIUS:
        return []
    every = max(1, math.ceil(CLOSEST_TICKS * (count - 1) / total), math.ceil(count / MOST_TICKS))
    made = []
    for i in range(every, count - 1, every):
        x, y = at = places[i]
        if min(math.dist(at, line[0]), math.dist(at, line[-1])) < HANDLE_RADIUS:
            continue
        (x0, y0), (x1, y1) = places[i - 1], places[i + 1]
        length = math.hypot(x1 - x0, y1 - y0)
        if length > 0.0:
            across = TICK_PX / 2 / length
            dx, dy = (y0 - y1) * across, (x1 - x0) * across
            made.append(QLineF(x - dx, y - dy, x + dx, y + dy))
    return made
