"""Where on a course the frames of a film lie: evenly in z, evenly in a metric, or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.latent.courses import Course
from latentlab.latent.paths import MAX_FRAMES

Floats = NDArray[np.float64]
Spacing = Literal["z", "metric", "hand"]
SPACINGS: tuple[Spacing, ...] = ("z", "metric", "hand")


def frames_in_z(course: Course, frames: int) -> Floats:
    """Rows (F,) of a course at which frames lie evenly in z; every waypoint is a frame.

    Pieces get frames in proportion to their lengths, so steps differ by rounding alone. Where there
    are fewer frames than waypoints, they lie evenly over the whole.

    Raises:
        UsageError: `frames` is out of range.

    Example:
        >>> from latentlab.latent.courses import course
        >>> line = course("straight", [[0.0], [1.0], [4.0]])
        >>> line.at(frames_in_z(line, 5)).ravel().round(6).tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    return _through_knots(course, _count(frames))


def frames_in_metric(along: Floats, frames: int) -> Floats:
    """Rows (F,) of a course at which frames lie evenly by a length of one's own.

    All steps are equal, so a waypoint lies on the course but need not be a frame.

    Args:
        along: (M,) the length from the beginning to each of its points, never falling.
        frames: F >= 2.

    Raises:
        UsageError: `frames` is out of range.
    """
    return _invert(along, np.linspace(0.0, float(along[-1]), _count(frames)))


def frames_by_hand(course: Course, shares: Sequence[float], frames: int) -> Floats:
    """Rows (F,) of a course where a person says at which share of the film each waypoint is shown.

    Between waypoints frames lie evenly in z.

    Args:
        course: The course, with P waypoints.
        shares: P shares of the film, ascending from 0 to 1.
        frames: F >= 2.

    Raises:
        UsageError: The shares do not ascend from 0 to 1, or are not as many as the waypoints.

    Example:
        >>> from latentlab.latent.courses import course
        >>> line = course("straight", [[0.0], [1.0], [2.0]])
        >>> line.at(frames_by_hand(line, [0.0, 0.75, 1.0], 5)).round(6).ravel().tolist()
        [0.0, 0.333333, 0.666667, 1.0, 2.0]
    """
    given = np.asarray(shares, dtype=np.float64)
    ends = len(given) == len(course.knots) and given[0] == 0.0 and given[-1] == 1.0
    if not ends or not (np.diff(given) >= 0).all():
        raise UsageError(
            "The shares of the film must go up from 0 to 1, one for each waypoint.",
            where="shares",
            do=f"Give {len(course.knots)}.",
        )
    at = np.linspace(0.0, 1.0, _count(frames))
    along = course.along()
    rows = np.empty(frames)
    for piece in range(course.pieces):
        low, high = given[piece], given[piece + 1]
        inside = (at >= low) & (at <= high)
        share = (at[inside] - low) / (high - low) if high > low else np.ones(int(inside.sum()))
        first, last = course.knots[piece], course.knots[piece + 1]
        rows[inside] = _between(along, first, last, share)
    return rows


def even_shares(course: Course) -> tuple[float, ...]:
    """Where in a film evenly in z the waypoints lie: what a person begins with by hand."""
    along = course.along()
    total = float(along[-1])
    if total <= 0.0:
        return tuple(float(share) for share in np.linspace(0.0, 1.0, len(course.knots)))
    shares = along[course.knots] / total
    shares[0], shares[-1] = 0.0, 1.0
    return tuple(float(share) for share in shares)


def knot_frames(course: Course, rows: Floats) -> tuple[int, ...]:
    """The frame nearest to each waypoint.

    Example:
        >>> from latentlab.latent.courses import course
        >>> line = course("straight", [[0.0], [1.0], [4.0]])
        >>> knot_frames(line, frames_in_z(line, 5))
        (0, 1, 4)
    """
    return tuple(int(np.abs(rows - knot).argmin()) for knot in course.knots)


def _count(frames: int) -> int:
    if not 2 <= frames <= MAX_FRAMES:
        raise UsageError(
            f"A path needs 2 to {MAX_FRAMES:,} frames, not {frames:,}.",
            where="frames",
            do="Choose another number.",
        )
    return frames


def _through_knots(course: Course, frames: int) -> Floats:
    if course.even and frames >= len(course.knots):
        return _through_even(course, frames)
    along = course.along()
    lengths = np.diff(along[course.knots])  # (P - 1,)
    if frames <= len(lengths):
        return _invert(along, np.linspace(0.0, float(along[-1]), frames))
    counts = _allot(lengths, frames - 1)
    parts = [np.zeros(1)]
    for piece, count in enumerate(counts):
        share = np.arange(1, count + 1) / count
        parts.append(_between(along, course.knots[piece], course.knots[piece + 1], share))
    return np.concatenate(parts)


def _through_even(course: Course, frames: int) -> Floats:
    """Likewise from the waypoints alone: nothing is measured, a drag lays a path at each move."""
    lengths = np.linalg.norm(np.diff(course.points[course.knots], axis=0), axis=1)  # (P - 1,)
    ends = np.concatenate([[0], np.cumsum(_allot(lengths, frames - 1))])
    return np.interp(np.arange(frames), ends, course.knots)


def _allot(lengths: Floats, steps: int) -> NDArray[np.int64]:
    """Whole steps for each piece in proportion to its length, at least one each."""
    total = float(lengths.sum())
    wanted = lengths / total * steps if total > 0 else np.full(len(lengths), steps / len(lengths))
    counts = np.maximum(1, np.floor(wanted)).astype(np.int64)
    while counts.sum() > steps:  # pieces shorter than a step took theirs from the others
        counts[np.argmax(np.where(counts > 1, counts - wanted, -np.inf))] -= 1
    while counts.sum() < steps:
        counts[np.argmax(wanted - counts)] += 1
    return counts


def _between(along: Floats, first: int, last: int, share: Floats) -> Floats:
    """Rows at shares of the length between two rows; the last is exact."""
    part = along[first : last + 1]
    if part[-1] <= part[0]:
        return np.asarray(first + share * (last - first))
    rows = first + _invert(part, part[0] + share * (part[-1] - part[0]))
    return np.where(share >= 1.0, float(last), rows)


def _invert(along: Floats, wanted: Floats) -> Floats:
    if along[-1] <= along[0]:
        return np.linspace(0.0, len(along) - 1.0, len(wanted))
    rows = np.interp(wanted, along, np.arange(len(along), dtype=np.float64))
    rows[wanted <= along[0]] = 0.0
    return np.asarray(rows)
