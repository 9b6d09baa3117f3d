"""Where a path runs: its line on the map, and its frames' latents. numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.latent.charts import Chart, Plane
from latentlab.latent.courses import FORMULAE, Course, CourseKind, chords, course, polyline
from latentlab.latent.spacing import even_shares, frames_by_hand, frames_in_z, knot_frames
from latentlab.session.path import PathState, Point

Floats = NDArray[np.float64]
LINE_POINTS = 400  # of a drawn line, at most


@dataclass(frozen=True, eq=False)
class Way:
    """A path worked out.

    Args:
        frames: F, how many pictures its film has.
        lay: Works out z (F, d) of the frames, when they are first looked at.
        plane: The map.
        line: (n, 2) the line on the map; waypoints among them.
        knots: The frame at, or nearest to, each waypoint; of a closed path the last is its end.
        guessed: Whether a better one is being worked out.
        places: (F, 2) the frames on a map of single places; such a path has no length.
    """

    frames: int
    lay: Callable[[], Floats]
    plane: Chart
    line: Floats
    knots: tuple[int, ...]
    guessed: bool = False
    places: Floats | None = None

    @cached_property
    def z(self) -> Floats:
        """(F, d) latents of the frames."""
        return self.lay()

    @cached_property
    def at(self) -> Floats:
        """(F, 2) the frames on the map."""
        return _placed(self.plane, self.z) if self.places is None else self.places

    @property
    def is_chord(self) -> bool:
        """Whether it is one straight piece with its frames even on it."""
        return isinstance(self.plane, Plane) and len(self.line) == len(self.knots) == 2

    def z_at(self, position: float) -> Floats:
        """(d,) at a share of the film; between two frames straight."""
        return _mix(self.z, position)

    def point_at(self, position: float) -> Point:
        """On the map, at a share of the film."""
        x, y = _mix(self.at, position)
        return float(x), float(y)


def formula_of(path: PathState) -> CourseKind:
    """The kind that a path has until a model has worked out its own."""
    return path.kind if path.kind in FORMULAE else "straight"


def way_of(path: PathState, plane: Chart) -> Way:
    """The way of a path that is known at once.

    A geodesic and a shortest path begin as straight lines, and frames even in the metric even in z:
    then it is a guess.

    Raises:
        UsageError: The kind does not go through these waypoints (slerp between antipodes).
    """
    if plane.steps:
        return _on_cells(path, plane)
    known = path.kind in FORMULAE and path.spacing != "metric"
    kind = formula_of(path)
    if kind == "straight" and len(path.stops) == 2 and isinstance(plane, Plane) and not path.closed:
        return _chord(path, plane, not known)
    if kind == "straight":
        found = chords(path.z, closed=path.closed)
    else:
        found = course(kind, path.z, closed=path.closed)
    return _laid(path, plane, found, not known)


def way_through(path: PathState, plane: Chart, found: Course, z: Floats | None) -> Way:
    """The way along a course that was worked out; `z` are its frames where those were too."""
    if z is None or len(z) != path.frames:
        return _laid(path, plane, found, guessed=True)
    rows = _nearest_rows(found, z)
    return Way(len(z), lambda: z, plane, _line(plane, found), knot_frames(found, rows))


def bent(found: Course, stops: Floats) -> Course | None:
    """A course carried along with its waypoints (P, d) while a better one is worked out.

    Each piece is moved by what its ends are moved, in proportion; None where their number differs.
    """
    if len(stops) != len(found.knots) or stops.shape[1] != found.points.shape[1]:
        return None
    moved = stops - found.points[found.knots]  # (P, d)
    pieces = []
    for i in range(found.pieces):
        part = found.points[found.knots[i] : found.knots[i + 1] + 1]
        share = np.linspace(0.0, 1.0, len(part))[:, None]
        pieces.append(part + (1.0 - share) * moved[i] + share * moved[i + 1])
    return polyline(pieces)


def shares_of(path: PathState) -> tuple[float, ...]:
    """At which share of the film each waypoint is shown, where a person may say it."""
    if len(path.shares) == len(path.stops) + path.closed:
        return path.shares
    return even_shares(chords(path.z, closed=path.closed))


def _chord(path: PathState, plane: Plane, guessed: bool) -> Way:
    """From A straight to B: a drag asks for one at each move, and seldom for its frames."""

    def lay() -> Floats:
        (a, b), share = path.z, np.linspace(0.0, 1.0, path.frames)[:, None]  # (F, 1)
        return np.asarray((1.0 - share) * a + share * b)

    line = np.array([path.a, path.b])
    return Way(path.frames, lay, plane, line, (0, path.frames - 1), guessed)


def _laid(path: PathState, plane: Chart, found: Course, guessed: bool) -> Way:
    if path.spacing == "hand":
        rows = frames_by_hand(found, shares_of(path), path.frames)
    else:
        rows = frames_in_z(found, path.frames)
    knots = knot_frames(found, rows)
    return Way(path.frames, lambda: found.at(rows), plane, _line(plane, found), knots, guessed)


def _on_cells(path: PathState, plane: Chart) -> Way:
    """From cell to cell the codes cross-fade; the line on the map is straight."""
    places = [stop.at for stop in path.stops] + ([path.a] if path.closed else [])
    pieces = len(places) - 1
    ends = np.rint(np.linspace(0, path.frames - 1, pieces + 1)).astype(int)
    z, at = [], []
    for i in range(pieces):
        share = np.linspace(0.0, 1.0, ends[i + 1] - ends[i] + 1)
        first = 0 if i == 0 else 1
        z.append(plane.between(places[i], places[i + 1], share)[first:])
        a, b = np.asarray(places[i]), np.asarray(places[i + 1])
        at.append(((1.0 - share[:, None]) * a + share[:, None] * b)[first:])
    knots = tuple(int(end) for end in ends)
    laid, shown = np.concatenate(z), np.concatenate(at)
    return Way(path.frames, lambda: laid, plane, np.asarray(places), knots, places=shown)


def _line(plane: Chart, found: Course) -> Floats:
    every = max(1, len(found.points) // LINE_POINTS)
    if found.even:
        return _placed(plane, found.points[found.knots])
    rows = np.union1d(np.arange(0, len(found.points), every), found.knots)
    return _placed(plane, found.points[rows])


def _placed(plane: Chart, z: Floats) -> Floats:
    at = plane.project(z)
    return np.asarray(at, dtype=np.float64)


def _nearest_rows(found: Course, z: Floats) -> Floats:
    """Rows of a course's points nearest to frames (F, d), in order."""
    along = found.along()
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(z, axis=0), axis=1))])
    total = steps[-1] if steps[-1] > 0 else 1.0
    rows = np.arange(len(along), dtype=np.float64)
    return np.asarray(np.interp(steps / total * along[-1], along, rows))


def _mix(rows: Floats, position: float) -> Floats:
    at = float(np.clip(position, 0.0, 1.0)) * (len(rows) - 1)
    low = min(int(at), len(rows) - 2)
    share = at - low
    if share == 0.0:
        return np.asarray(rows[low])
    if share == 1.0:
        return np.asarray(rows[low + 1])
    return np.asarray((1.0 - share) * rows[low] + share * rows[low + 1])


def check_kind(path: PathState, plane: Chart) -> str:
    """Why a path can't have its kind; nothing where it can."""
    if path.kind == "slerp" and plane.latent_dim <= 2:
        return "A spherical path needs more than two latents."
    try:
        way_of(path, plane)
    except UsageError as error:
        return str(error)
    return ""
