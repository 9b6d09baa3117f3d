"""What changes a path: dragging, adding, splitting, taking away, drawing, typing, touring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import Codes
from latentlab.errors import LatentlabError, UsageError
from latentlab.latent.courses import MOST_STOPS, CourseKind
from latentlab.latent.sketching import simplified, tour, typed_points
from latentlab.latent.spacing import Spacing
from latentlab.session.drawing import Drawing
from latentlab.session.habits import Habits
from latentlab.session.hand import Hand
from latentlab.session.path import PathState, Point, Stop
from latentlab.session.travel import Travel
from latentlab.session.way import check_kind, shares_of

Say = Callable[[str, str], object]
CELLS = "On a map of cells a path fades straight from code to code."
GRIDS = "A path between grids of codes is a cross-fade: it has no other kinds."


class Waypoints(Drawing):
    """The commands that edit the path; each can be undone.

    Args:
        travel: The path.
        hand: The cursor, which goes with the waypoint that is moved.
        codes: The data on the map now.
        mark: Called before a change that can be undone.
        say: Called with what could not be done, and what to do.
        habits: What a new path is like.
        parent: The session.

    Signals:
        mode_changed: Whether clicks on the map add waypoints.
        morph_changed: Whether the next datum clicked is where a path ends.
    """

    mode_changed = Signal()
    morph_changed = Signal()

    def __init__(
        self,
        travel: Travel,
        hand: Hand,
        codes: Callable[[], Codes | None],
        mark: Callable[[], None],
        say: Say,
        habits: Habits,
        parent: QObject,
    ) -> None:
        super().__init__(travel, hand, mark, habits, parent)
        self._codes, self._say = codes, say
        self.adding = False  # whether clicks on the map add waypoints
        self.morph_from: int | None = None  # the datum that a path is about to begin at
        hand.was_reset.connect(lambda: self.set_morph(None))

    @property
    def last(self) -> int:
        """The waypoint that was moved or added last; without one, the end."""
        stops = () if self._path is None else self._path.stops
        if self._touched in stops:
            return len(stops) - 1 - stops[::-1].index(self._touched)
        return len(stops) - 1

    # Handles

    def move(self, index: int, xy: Point) -> None:
        """Move a waypoint; `end_drag` when it is let go."""
        path = self._path
        if path is None or not 0 <= index < len(path.stops):
            return
        if not self._hand.dragging:
            self._mark()
            self._hand.dragging = self._hand.wishes.holds = True
        moved = self._touched = self._moved(path.stops[index], xy)
        stops = (*path.stops[:index], moved, *path.stops[index + 1 :])
        share = shares_of(path)[index] if len(stops) > 2 else float(index)
        self._hand.follow(moved.at, np.asarray(moved.z))
        self._travel.put(
            replace(path.with_stops(stops), position=share, playing=False, backward=False)
        )

    def _moved(self, stop: Stop, xy: Point) -> Stop:
        """The waypoint at another place of the map; what it has off the plane stays its own."""
        plane = self._hand.plane
        at = self._hand.snapped(xy)
        if plane is None or plane.steps:
            return self._travel.stop_on_map(xy)
        off = np.asarray(stop.z) - plane.lift(stop.at)
        return Stop(at, tuple((plane.lift(at) + off).tolist()))

    # Waypoints

    def add(self, xy: Point) -> None:
        """A waypoint at the end; the first two make a path."""
        stop = self._touched = self._travel.stop_on_map(xy)
        path = self._path
        if path is not None:
            self._set_stops((*path.stops, stop), position=1.0)
        elif self._start is not None:
            self._set_stops((self._start, stop), position=1.0)
        else:
            cursor = self._hand.cursor
            begin = None if cursor is None else self._travel.stop_on_map(cursor)
            if begin is None or begin.at == stop.at:
                return
            self._set_stops((begin, stop), position=1.0)
        self._hand.follow(stop.at, np.asarray(stop.z))

    def add_z(self, z: ArrayLike) -> None:
        """A waypoint at latents (d,) at the end; without a path, from the cursor to there."""
        path = self._path
        stop = self._touched = self._travel.stop_at(z)
        if path is not None:
            self._set_stops((*path.stops, stop), position=1.0)
        elif self._hand.cursor is not None and self._hand.z is not None:
            self._set_stops((self._travel.stop_at(self._hand.z), stop), position=1.0)
        if np.isfinite(stop.at).all():
            self._hand.follow(stop.at, np.asarray(stop.z))

    def split(self, piece: int, xy: Point) -> int | None:
        """A waypoint on a piece of the path, between its ends; returns which one it is."""
        path = self._path
        if path is None or not 0 <= piece < len(path.stops) - (not path.closed):
            return None
        stop = self._touched = self._travel.stop_on_map(xy)
        stops = (*path.stops[: piece + 1], stop, *path.stops[piece + 1 :])
        return piece + 1 if self._set_stops(stops) else None

    def split_here(self) -> None:
        """A waypoint where the scrubber stands."""
        path, way = self._path, self._travel.way
        if path is None or way is None or not 0.0 < path.position < 1.0:
            self._say("The scrubber stands at an end.", "Move it to where to split.")
            return
        piece = max(i for i, knot in enumerate(way.knots[:-1]) if knot <= path.frame)
        stop = self._touched = self._travel.stop_at(way.z_at(path.position))
        stops = (*path.stops[: piece + 1], stop, *path.stops[piece + 1 :])
        self._set_stops(stops)

    def take_away(self, index: int) -> None:
        """One waypoint less; of two, the path is gone."""
        path = self._path
        if path is None or not 0 <= index < len(path.stops):
            return
        if len(path.stops) <= 2:
            self.clear()
            return
        self._set_stops((*path.stops[:index], *path.stops[index + 1 :]))

    def reverse(self) -> None:
        """The other way round."""
        path = self._path
        if path is not None:
            self._mark()
            shares = tuple(1.0 - share for share in path.shares[::-1])
            stops = path.stops[::-1]
            if path.closed:  # the first stays first
                stops = (stops[-1], *stops[:-1])
            self._travel.put(
                replace(path, stops=stops, shares=shares, position=1.0 - path.position)
            )

    def clear(self) -> None:
        """Take the path away; the cursor stays."""
        if self._path is not None:
            self._mark()
            self._travel.put(None)

    def _set_stops(self, stops: tuple[Stop, ...], position: float | None = None) -> bool:
        if len(stops) > MOST_STOPS:
            self._say(f"A path has at most {MOST_STOPS} waypoints.", "Take some away.")
            return False
        self._mark()
        path = self._path
        if path is None:
            path = self._habits.new(stops)
        else:
            position = path.position if position is None else position
            path = replace(path.with_stops(stops), position=position, playing=False, backward=False)
        self._travel.put(path)
        return True

    # Whole paths

    def through(self, z: ArrayLike, *, closed: bool | None = None) -> None:
        """A path through latents (P, d), in their order; it begins at its beginning."""
        path, points = self._path, np.asarray(z, dtype=np.float64)
        if len(points) < 2:
            self._say("A path needs two points or more.", "Choose another one.")
            return
        stops = tuple(self._travel.stop_at(row) for row in points)
        plane = self._hand.plane
        if plane is not None and plane.steps:
            stops = tuple(self._travel.stop_on_map(stop.at) for stop in stops)
        made = self._habits.new(stops) if path is None else replace(path, stops=stops, shares=())
        if closed is not None:
            made = replace(made, closed=closed)
        if len(stops) > MOST_STOPS:
            self._say(f"A path has at most {MOST_STOPS} waypoints.", "Choose fewer.")
            return
        self._mark()
        self._travel.put(replace(made, position=0.0, playing=False, backward=False))
        self._travel.go_to(0.0)

    def draw(self, drawn: ArrayLike, tolerance: float) -> None:
        """A path along a line (n, 2) drawn on the map, with the fewest waypoints that keep it."""
        line = simplified(drawn, tolerance)
        if len(line) < 2 or self._hand.plane is None:
            return
        while len(line) > MOST_STOPS // 4:  # a scribble
            tolerance *= 1.5
            line = simplified(line, tolerance)
        self.through([self._travel.stop_on_map((float(x), float(y))).z for x, y in line])

    def tour_rows(self, rows: NDArray[np.integer]) -> None:
        """A path through data, from the first always to the nearest one left."""
        codes = self._codes()
        if codes is None or len(rows) < 2:
            self._say("A path through data needs two or more.", "Select some on the map first.")
            return
        z = codes.z[np.asarray(rows)].astype(np.float64)
        try:
            order = tour(z)
        except UsageError as error:
            self._say(error.what, error.do)
            return
        self.through(z[order])

    def typed(self, text: str) -> str:
        """A path through points that were typed: map points, or latents; returns why not."""
        plane = self._hand.plane
        if plane is None:
            return "There is no map yet."
        try:
            points = typed_points(text, tuple(sorted({2, plane.latent_dim})))
        except LatentlabError as error:
            return str(error)
        if len(points) < 2:
            return "A path needs two points or more: type one a line."
        if points.shape[1] != plane.latent_dim or plane.steps:
            stops = [self._travel.stop_on_map((float(x), float(y))) for x, y in points[:, :2]]
            points = np.array([stop.z for stop in stops])
        self.through(points)
        return ""

    # Morph between data

    def set_morph(self, row: int | None) -> None:
        """The next datum clicked is where a path from this one ends; None forgets it."""
        if row != self.morph_from:
            self.morph_from = row
            self.morph_changed.emit()

    def morph_to(self, row: int) -> None:
        """The path from the remembered datum to this one."""
        codes, begin = self._codes(), self.morph_from
        self.set_morph(None)
        if codes is None or begin is None or begin == row:
            return
        if max(begin, row) < len(codes.z):
            self.through(codes.z[[begin, row]].astype(np.float64), closed=False)

    # How it goes

    def set_adding(self, on: bool) -> None:
        """Whether clicks on the map add waypoints."""
        if on != self.adding:
            self.adding = on
            self._start = None
            self.mode_changed.emit()

    def set_kind(self, kind: CourseKind, density: float | None = None) -> None:
        """How the path goes from one waypoint to the next."""
        path, plane = self._path, self._hand.plane
        if path is None or plane is None:
            return
        density = path.density if density is None else max(0.0, density)
        wanted = replace(path, kind=kind, density=density)
        if kind != "straight" and (plane.steps or self._hand.wishes.fades):
            self._say(CELLS if plane.steps else GRIDS, "")
        elif kind == "graph" and self._codes() is None:
            self._say("There are no data on the map.", "Open some: their neighbours are the graph.")
        elif why := check_kind(wanted, plane):
            self._say(why, "Choose another kind of path.")
        else:
            self._change(wanted)
            return
        self._travel.path_changed.emit()  # what shows the choice shows the old one again

    def set_spacing(self, spacing: Spacing) -> None:
        """By what the frames are spaced."""
        path, plane = self._path, self._hand.plane
        if path is None or plane is None:
            return
        if spacing == "metric" and (plane.steps or self._hand.wishes.fades):
            self._say("This model's pictures have no metric.", "")
            self._travel.path_changed.emit()
            return
        shares = shares_of(path) if spacing == "hand" else ()
        self._change(replace(path, spacing=spacing, shares=shares))

    def set_share(self, index: int, share: float) -> None:
        """By hand: at which share of the film a waypoint is shown; `end_drag` when let go."""
        path = self._path
        if path is None:
            return
        shares = list(shares_of(path))
        if not 0 < index < len(shares) - 1:
            return
        shares[index] = float(np.clip(share, shares[index - 1], shares[index + 1]))
        if not self._hand.dragging:
            self._mark()
            self._hand.dragging = True
        self._travel.put(replace(path, spacing="hand", shares=tuple(shares)))

    def set_closed(self, on: bool) -> None:
        """Whether the path goes back to its first waypoint."""
        path = self._path
        if path is not None and on != path.closed:
            self._change(replace(path, closed=on, shares=()))

    def _change(self, path: PathState) -> None:
        if path != self._path:
            self._mark()
            self._travel.put(path)
