"""The path on the map: where it runs, its frames, and what is asked of the lanes for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import Codes, PathFigures, PathTraced, StripDecoded, TracePath
from latentlab.errors import UsageError
from latentlab.latent.courses import FORMULAE, Course
from latentlab.session.calm import Calm
from latentlab.session.hand import Hand
from latentlab.session.path import MOST_FRAMES, PathState, Point, Stop
from latentlab.session.ports import EngineLike
from latentlab.session.timers import single_shot
from latentlab.session.way import Way, bent, shares_of, way_of, way_through

REST_MS = 60  # after which a path that rests is worth its figures
Floats = NDArray[np.float64]


class Travel(QObject):
    """Owner of the path; asks the live lane for its strip and the path lane for its course.

    Args:
        worker: The engine.
        tickets: The session's counter.
        hand: The cursor, which goes along the path.
        codes: The data on the map now.
        parent: The session.

    Signals:
        path_changed: Another path, or another place on it.
        path_calm: Likewise; told a few times a second while the hand drags.
        strip_changed: Its pictures.
        figures_changed: Its numbers.
    """

    path_changed = Signal()
    path_calm = Signal()
    strip_changed = Signal()
    figures_changed = Signal()

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        hand: Hand,
        codes: Callable[[], Codes | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._tickets, self._hand, self._codes = worker, tickets, hand, codes
        self.path_changed.connect(Calm(hand, self.path_calm.emit, self).ask)
        self.path: PathState | None = None
        self.way: Way | None = None
        self.strip: StripDecoded | None = None
        self.figures: PathFigures | None = None
        self.why_not = ""  # why the path could not have the kind that was chosen
        self._traced: Course | None = None
        self._asked = 0
        self._strip_s = 0.0
        self._rest = single_shot(self, self.trace, REST_MS)
        hand.was_reset.connect(self._reset)
        hand.replaned.connect(self._replaned)
        hand.refreshed.connect(self._refreshed)

    def _reset(self) -> None:
        self._rest.stop()
        self.path, self.way, self.strip, self._traced = None, None, None, None
        self._set_figures(None)
        self.strip_changed.emit()
        self.path_changed.emit()

    def _replaned(self) -> None:
        plane, path = self._hand.plane, self.path
        if plane is None or path is None:
            return
        if plane.latent_dim != len(path.stops[0].z):
            self.put(None)
            return
        self.put(replace(path, stops=tuple(self.stop_at(stop.z) for stop in path.stops)))

    def _refreshed(self) -> None:
        path = self.path
        if path is None or self._hand.dragging:
            return
        if self._hand.wishes.fades and 0.0 < path.position < 1.0:
            self.go_to(path.position)  # a frame on the way stays one
        self.ask_strip()
        if not self._hand.wishes.beside_training:
            self._rest.start()

    # The path

    def stop_at(self, z: ArrayLike) -> Stop:
        """The waypoint at latents (d,)."""
        latents = np.asarray(z, dtype=np.float64)
        plane = self._hand.plane
        x, y = (np.nan, np.nan) if plane is None else plane.project(latents)
        return Stop((float(x), float(y)), tuple(latents.tolist()))

    def stop_on_map(self, xy: Point) -> Stop:
        """The waypoint at a map point; off the plane it lies where the cursor does."""
        at = self._hand.snapped(xy)
        plane = self._hand.plane
        z = self._hand.lift(at)
        if plane is not None and plane.steps:
            z = plane.lift(at)
        return Stop(at, () if z is None else tuple(z.tolist()))

    def put(self, path: PathState | None, *, keep_strip: bool = False) -> None:
        """Take another path, and work out where it runs; None takes it away."""
        before, self.path = self.path, path
        if path is None:
            self._clear()
            return
        changed = before is None or _line_of(before) != _line_of(path)
        if changed or self.way is None or self.way.frames != path.frames:
            self._lay(path)
            self._ask_lanes(keep_strip=keep_strip)
        self._hand.travelling = self._hand.dragging or path.playing
        self.path_changed.emit()

    def _clear(self) -> None:
        self._rest.stop()
        self._hand.wishes.forget("strip", "path")
        self._hand.travelling = False
        self.way, self.strip, self._traced = None, None, None
        self._set_figures(None)
        self.path_changed.emit()
        self.strip_changed.emit()

    def _lay(self, path: PathState) -> None:
        plane = self._hand.plane
        if plane is None:
            return
        self.why_not = ""
        try:
            self.way = way_of(path, plane)
        except UsageError as error:  # antipodes: say so, and go straight
            self.why_not = str(error)
            self.way = way_of(replace(path, kind="straight"), plane)
        if self.way.guessed and self._traced is not None and path.kind not in FORMULAE:
            carried = bent(self._traced, _round(path))
            if carried is not None:
                self.way = way_through(path, plane, carried, None)

    def _ask_lanes(self, *, keep_strip: bool) -> None:
        way = self.way
        if self._hand.dragging:
            now_s = time.perf_counter()
            if now_s - self._strip_s >= self._hand.wishes.pause_s:
                self._strip_s = now_s
                self.ask_strip(self._hand.wishes.live_frames)
            if way is not None and way.guessed:
                self.trace()
            return
        if not keep_strip:
            self.ask_strip()
        self._rest.start(0 if way is not None and way.guessed else REST_MS)

    # Along the path

    def point_at(self, position: float) -> Point:
        """A place of the film on the map: 0 is its beginning, 1 its end."""
        path, way = self.path, self.way
        if path is None:
            return (0.0, 0.0)
        if position <= 0.0:
            return path.a
        if position >= 1.0:
            return path.a if path.closed else path.b
        return path.a if way is None else way.point_at(position)

    @property
    def point(self) -> Point:
        """Where the scrubber stands, on the map."""
        return self.point_at(0.0 if self.path is None else self.path.position)

    def frames_z(self, most: int | None = None) -> Floats | None:
        """(F, d) latents of the frames, at most so many, spread evenly; None without a path."""
        if self.way is None or self.path is None:
            return None
        z = self.way.z
        if most is None or most >= len(z):
            return z
        return z[np.rint(np.linspace(0, len(z) - 1, most)).astype(np.int64)]

    def go_to(self, position: float) -> None:
        """Put the scrubber and the cursor at a share of the film."""
        path, way, plane = self.path, self.way, self._hand.plane
        if path is None or way is None or plane is None:
            return
        position = float(np.clip(position, 0.0, 1.0))
        self.path = path = replace(path, position=position)
        self._hand.travelling = self._hand.dragging or path.playing
        point = self.point_at(position)
        fades = self._hand.wishes.fades and 0.0 < position < 1.0
        self._hand.follow(point, way.z_at(position), decode=not fades)
        if fades:
            self._hand.wishes.decode(way.z_at(position), way.z, path.frame)
        self.path_changed.emit()

    def stand_at(self, z: tuple[float, ...] | None) -> None:
        """Put the scrubber at the waypoint that lies at latents (d,), if one does."""
        path, way = self.path, self.way
        if path is None or way is None or path.playing:
            return
        found = [i for i, stop in enumerate(path.stops) if stop.z == z]
        if found:
            position = way.knots[found[-1]] / max(way.frames - 1, 1)
            self.path = replace(path, position=position)
            self.path_changed.emit()

    def set_frames(self, count: int) -> None:
        """Cut the path into another number of frames (2 to 1000)."""
        if self.path is not None:
            self.put(replace(self.path, frames=int(np.clip(count, 2, MOST_FRAMES))))

    # What is asked of the lanes, and their answers

    def ask_strip(self, most: int | None = None) -> None:
        """Decode the path's frames (at most `most` of them, spread evenly)."""
        z, path, way = self.frames_z(most), self.path, self.way
        if z is None or path is None or way is None:
            return
        knots: tuple[int, ...] = ()
        if len(way.knots) > 2:  # where a path of grids of codes changes from one to another
            scale = (len(z) - 1) / max(way.frames - 1, 1)
            knots = tuple(round(knot * scale) for knot in way.knots)
            knots = knots if len(set(knots)) == len(knots) else ()
        self._hand.wishes.strip(z, knots)

    def trace(self) -> None:
        """Ask the path lane for the course, and for the figures."""
        path, way, wishes = self.path, self.way, self._hand.wishes
        if path is None or way is None or way.places is not None or wishes.fades:
            return
        ticket = self._asked = next(self._tickets)
        self._worker.show(
            TracePath(
                ticket,
                path.z,
                "straight" if self.why_not else path.kind,
                path.spacing,
                path.frames,
                time.perf_counter(),
                path.closed,
                shares_of(path) if path.spacing == "hand" else (),
                path.density if path.kind == "geodesic" else 0.0,
                self._codes(),
                wishes.label,
            )
        )

    def take_strip(self, event: StripDecoded) -> None:
        """Show a strip, unless a newer one is shown."""
        if self.path is not None and self._hand.wishes.wants("strip", event.ticket):
            self.strip = event
            self.strip_changed.emit()

    def take_traced(self, event: PathTraced) -> None:
        """Take a course, unless the path has changed to another one since."""
        path, plane = self.path, self._hand.plane
        if path is None or plane is None or not self._hand.wishes.wants("path", event.ticket):
            return
        stops = _round(path)
        found: Course | None = Course(event.points, event.knots)
        if found is None or len(found.knots) != len(stops):
            return
        same = np.array_equal(found.points[found.knots], stops)
        exact = path.kind in FORMULAE and path.spacing != "metric"  # then the way is known already
        if not exact:
            self._traced = found
            carried = found if same else bent(found, stops)
            if carried is not None:
                self.way = way_through(path, plane, carried, event.z if same else None)
            self._shown_anew()
        if same and event.figures is not None:
            self._set_figures(event.figures)

    def _shown_anew(self) -> None:
        path = self.path
        self.ask_strip(self._hand.wishes.live_frames if self._hand.dragging else None)
        if path is not None and 0.0 < path.position < 1.0 and not self._hand.dragging:
            self.go_to(path.position)  # the frame shown is one of the better path
        else:
            self.path_changed.emit()

    def let_go(self, ticket: int, sentence: str) -> None:
        """The path lane could not work it out: the way that is known stands, and why is said."""
        if ticket == self._asked and sentence:
            self.why_not = sentence
            self.path_changed.emit()

    def _set_figures(self, figures: PathFigures | None) -> None:
        if figures is not self.figures:
            self.figures = figures
            self.figures_changed.emit()


def _round(path: PathState) -> Floats:
    z = path.z
    return np.concatenate([z, z[:1]]) if path.closed else z


def _line_of(path: PathState) -> tuple[object, ...]:
    """What decides where a path runs and where its frames lie."""
    return (
        path.stops,
        path.kind,
        path.spacing,
        path.closed,
        path.density,
        path.shares,
        path.frames,
    )
