"""Courses: whole curves through waypoints, of which the frames of a film are taken. numpy alone.

A course is fine enough to be measured; `spacing` says where on it the frames lie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError
from latentlab.latent.paths import slerp, spline_at

Floats = NDArray[np.float64]
CourseKind = Literal["straight", "slerp", "spline", "geodesic", "graph"]
FORMULAE: tuple[CourseKind, ...] = ("straight", "slerp", "spline")  # known at once, without a model
COURSES: tuple[CourseKind, ...] = (*FORMULAE, "geodesic", "graph")
SUB_STEPS = 256  # of a whole course, at least
PIECE_STEPS = 32  # of a piece between two waypoints, at least
MOST_STOPS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A curve through waypoints.

    Args:
        points: (M, d) latents along it, close to one another.
        knots: (P,) rows of `points` that are waypoints; of a closed course the last is the first
            waypoint again.
        exact: Rows with fractions (F,) -> latents (F, d), where the curve has a formula; without
            one it is straight between points.
        even: Whether rows go evenly in z on each piece, as they do on a straight one.
    """

    points: Floats
    knots: NDArray[np.int64]
    exact: Callable[[Floats], Floats] | None = None
    even: bool = False

    @property
    def pieces(self) -> int:
        """Pieces between neighbouring waypoints."""
        return len(self.knots) - 1

    def at(self, rows: ArrayLike) -> Floats:
        """Latents (F, d) at rows with fractions (F,)."""
        wanted = np.clip(np.asarray(rows, dtype=np.float64), 0.0, len(self.points) - 1.0)
        if self.exact is not None:
            return self.exact(wanted)
        low = np.minimum(wanted.astype(np.int64), len(self.points) - 2)
        share = (wanted - low)[:, None]  # (F, 1)
        return np.asarray((1.0 - share) * self.points[low] + share * self.points[low + 1])

    def along(self) -> Floats:
        """(M,) the Euclidean length from the beginning to each point."""
        steps = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])


def course(kind: CourseKind, stops: ArrayLike, *, closed: bool = False) -> Course:
    """The course of a kind that has a formula.

    Args:
        kind: "straight", "slerp" (the direction turns, |z| goes evenly) or "spline" (Catmull-Rom).
        stops: (P, d) waypoints with P >= 2, in order.
        closed: Whether it goes back to the first waypoint.

    Raises:
        UsageError: Fewer than two waypoints or very many, slerp between antipodes, or a kind that
            depends on a model or on data.

    Example:
        >>> round_trip = course("straight", [[0.0, 0.0], [3.0, 4.0]], closed=True)
        >>> float(round_trip.along()[-1]), round_trip.pieces
        (10.0, 2)
    """
    if kind not in FORMULAE:
        raise UsageError(f'A path of the kind "{kind}" needs a model.', where="path")
    knots = _checked(stops, closed=closed)
    each = steps_each(len(knots) - 1)
    places = np.arange(len(knots)) * each
    evaluate = {"straight": _straight, "slerp": _slerp, "spline": _spline}[kind](knots, closed)
    rows = np.arange(places[-1] + 1, dtype=np.float64)

    def exact(wanted: Floats) -> Floats:
        return evaluate(wanted / each)

    points = exact(rows)
    points[places] = knots
    return Course(points, places, exact, even=kind == "straight")


def chords(stops: ArrayLike, *, closed: bool = False) -> Course:
    """The straight course with its waypoints alone: enough for frames, too coarse to be measured.

    Raises:
        UsageError: As `course`.

    Example:
        >>> chords([[0.0, 0.0], [3.0, 4.0]]).at([0.5]).tolist()
        [[1.5, 2.0]]
    """
    knots = _checked(stops, closed=closed)
    return Course(knots, np.arange(len(knots)), even=True)


def polyline(pieces: list[Floats]) -> Course:
    """The course along polylines (m, d), each beginning where the one before ends.

    Example:
        >>> polyline([np.zeros((3, 2)), np.zeros((2, 2))]).knots.tolist()
        [0, 2, 3]
    """
    joined = np.concatenate([pieces[0][:1], *(piece[1:] for piece in pieces)])
    ends = np.cumsum([len(piece) - 1 for piece in pieces])
    return Course(joined, np.concatenate([[0], ends]).astype(np.int64))


def steps_each(pieces: int) -> int:
    """Sub-steps of each of so many pieces."""
    return max(PIECE_STEPS, -(-SUB_STEPS // pieces))


def round_trip(stops: ArrayLike, *, closed: bool) -> Floats:
    """The waypoints (P, d), the first of them once more at the end where the path is closed."""
    return _checked(stops, closed=closed)


def _checked(stops: ArrayLike, *, closed: bool) -> Floats:
    knots = np.asarray(stops, dtype=np.float64)
    if knots.ndim != 2 or len(knots) < 2:
        raise UsageError("A path needs two points or more.", where="path", do="Add a point.")
    if len(knots) > MOST_STOPS:
        raise UsageError(
            f"A path through {len(knots):,} points is too long.",
            where="path",
            do=f"Take at most {MOST_STOPS}.",
        )
    if not np.isfinite(knots).all():
        raise UsageError("A point of the path is not a number.", where="path", do="Mend it.")
    return np.concatenate([knots, knots[:1]]) if closed else knots


def _locate(u: Floats, pieces: int) -> tuple[NDArray[np.int64], Floats]:
    piece = np.minimum(u.astype(np.int64), pieces - 1)
    return piece, (u - piece)[:, None]


def _straight(knots: Floats, _closed: bool) -> Callable[[Floats], Floats]:
    def evaluate(u: Floats) -> Floats:
        piece, s = _locate(u, len(knots) - 1)
        return np.asarray((1.0 - s) * knots[piece] + s * knots[piece + 1])

    return evaluate


def _slerp(knots: Floats, _closed: bool) -> Callable[[Floats], Floats]:
    for i in range(len(knots) - 1):
        slerp(knots[i], knots[i + 1], 2)  # refuses antipodes
    norms = np.linalg.norm(knots, axis=1)  # (P,)
    units = knots / np.where(norms > 0, norms, 1.0)[:, None]
    apart = np.linalg.norm(units[1:] - units[:-1], axis=1)
    angles = 2.0 * np.arctan2(apart, np.linalg.norm(units[1:] + units[:-1], axis=1))
    turns = (angles > 1e-9) & (norms[1:] > 0) & (norms[:-1] > 0)  # else it is straight

    def evaluate(u: Floats) -> Floats:
        piece, s = _locate(u, len(knots) - 1)
        angle = np.where(turns, angles, 1.0)[piece][:, None]
        first, second = np.sin((1.0 - s) * angle), np.sin(s * angle)
        way = (first * units[piece] + second * units[piece + 1]) / np.sin(angle)
        length = (1.0 - s) * norms[piece][:, None] + s * norms[piece + 1][:, None]
        line = (1.0 - s) * knots[piece] + s * knots[piece + 1]
        return np.where(turns[piece][:, None], length * way, line)

    return evaluate


def _spline(knots: Floats, closed: bool) -> Callable[[Floats], Floats]:
    def evaluate(u: Floats) -> Floats:
        return spline_at(knots, u, closed=closed)

    return evaluate
