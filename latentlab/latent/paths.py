"""Paths through latent space: straight, slerp and Catmull-Rom (MATH 7). numpy alone.

A path is an array (F, d) of float64 latents, one row a frame, from its first point to its last.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError

Floats = NDArray[np.float64]
PathKind = Literal["straight", "slerp", "spline"]
KINDS: tuple[PathKind, ...] = ("straight", "slerp", "spline")
MAX_FRAMES = 100_000
_ANTIPODE = 1e-6  # radians from pi within which the great circle is not determined


def straight(a: ArrayLike, b: ArrayLike, frames: int) -> Floats:
    """The line z(t) = (1 - t) a + t b at t = 0, 1/(F-1), ..., 1.

    Args:
        a: (d,) where it begins.
        b: (d,) where it ends.
        frames: F >= 2.

    Returns:
        (F, d) latents; the first is a, the last is b, exactly.

    Raises:
        UsageError: The ends have different dimensions, or `frames` is out of range.

    Example:
        >>> straight([0.0, 0.0], [1.0, 2.0], 3).tolist()
        [[0.0, 0.0], [0.5, 1.0], [1.0, 2.0]]
    """
    start, end = _ends(a, b)
    t = _times(frames)[:, None]  # (F, 1)
    return np.asarray((1.0 - t) * start + t * end)


def slerp(a: ArrayLike, b: ArrayLike, frames: int) -> Floats:
    """Spherical interpolation: the direction turns evenly, |z| = (1 - t)|a| + t|b|.

    Where an end is the origin it has no direction, and the path is the straight one.

    Args:
        a: (d,) where it begins.
        b: (d,) where it ends.
        frames: F >= 2.

    Returns:
        (F, d) latents.

    Raises:
        UsageError: The ends are antipodes (every great circle through them is as good), have
            different dimensions, or `frames` is out of range.

    Example:
        >>> slerp([2.0, 0.0, 0.0], [0.0, 2.0, 0.0], 3).round(3).tolist()
        [[2.0, 0.0, 0.0], [1.414, 1.414, 0.0], [0.0, 2.0, 0.0]]
    """
    start, end = _ends(a, b)
    norm_a, norm_b = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    if norm_a == 0.0 or norm_b == 0.0:
        return straight(start, end, frames)
    u, v = start / norm_a, end / norm_b
    # atan2 keeps its accuracy near 0 and pi, where arccos of a dot product loses it.
    angle = 2.0 * float(np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))
    if np.pi - angle < _ANTIPODE:
        raise UsageError(
            "The two ends lie exactly opposite each other, so that no great circle is determined.",
            where="slerp",
            do="Add a point between them, or choose a straight path.",
        )
    t = _times(frames)[:, None]  # (F, 1)
    norms = (1.0 - t) * norm_a + t * norm_b
    if angle < 1e-9:
        directions = (1.0 - t) * u + t * v
    else:
        directions = (np.sin((1.0 - t) * angle) * u + np.sin(t * angle) * v) / np.sin(angle)
    path = np.asarray(norms * directions)  # (F, d)
    path[0], path[-1] = start, end
    return path


def spline(points: ArrayLike, frames: int) -> Floats:
    """The centripetal Catmull-Rom curve through `points`.

    It is smooth, passes through every point, and makes no loops or cusps within a piece
    (Yuksel, Schaefer and Keyser, 2011). With two points it is the straight line.

    Args:
        points: (P, d) with P >= 2, in order.
        frames: F >= 2; where F >= P, every point is one of the frames.

    Returns:
        (F, d) latents.

    Raises:
        UsageError: Fewer than two points, or `frames` is out of range.

    Example:
        >>> curve = spline([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], 5)
        >>> curve[2].tolist()
        [1.0, 1.0]
    """
    knots = _points(points)
    piece, s = _pieces(len(knots), frames)
    return spline_at(knots, piece + s)


def spline_at(knots: Floats, u: Floats, *, closed: bool = False) -> Floats:
    """The Catmull-Rom curve through knots (P, d) at u (F,): 0 at the first, P - 1 at the last.

    A closed one has its first knot again as its last, and no kink there.
    """
    tangents, spacing = _tangents(knots, closed=closed)
    piece = np.clip(np.asarray(u).astype(np.int64), 0, len(knots) - 2)
    s = (u - piece)[:, None]  # (F, 1)
    p0, p1 = knots[piece], knots[piece + 1]
    scale = spacing[piece][:, None]
    m0, m1 = tangents[piece] * scale, tangents[piece + 1] * scale
    s2, s3 = s * s, s * s * s
    curve = (2 * s3 - 3 * s2 + 1) * p0 + (s3 - 2 * s2 + s) * m0
    return np.asarray(curve + (3 * s2 - 2 * s3) * p1 + (s3 - s2) * m1)  # (F, d)


def through(kind: PathKind, points: ArrayLike, frames: int) -> Floats:
    """A path of any kind through two points or more; each piece of straight and slerp is its own.

    Args:
        kind: "straight", "slerp" or "spline".
        points: (P, d) with P >= 2, in order.
        frames: F >= P, so that every point is a frame.

    Returns:
        (F, d) latents.

    Raises:
        UsageError: As for the path of that kind, or fewer frames than points.

    Example:
        >>> through("straight", [[0.0], [1.0], [0.0]], 5).ravel().tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    knots = _points(points)
    if frames < len(knots):
        raise UsageError(
            f"{frames} frames can't pass through {len(knots)} points.",
            where="frames",
            do=f"Ask for at least {len(knots)}.",
        )
    if kind == "spline":
        return spline(knots, frames)
    interpolate = slerp if kind == "slerp" else straight
    counts = _piece_frames(len(knots), frames)
    pieces = [interpolate(knots[i], knots[i + 1], count + 1)[:-1] for i, count in enumerate(counts)]
    return np.concatenate([*pieces, knots[-1:]])  # (F, d)


def _times(frames: int) -> Floats:
    if not 2 <= frames <= MAX_FRAMES:
        raise UsageError(
            f"A path needs 2 to {MAX_FRAMES:,} frames, not {frames:,}.",
            where="frames",
            do="Choose another number.",
        )
    return np.linspace(0.0, 1.0, frames)


def _ends(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    start, end = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if start.ndim != 1 or start.shape != end.shape:
        raise UsageError(
            f"The ends have {start.size} and {end.size} values, and must have the same number.",
            where="path",
            do="Give both as many values as the model has latents.",
        )
    return start, end


def _points(points: ArrayLike) -> Floats:
    knots = np.asarray(points, dtype=np.float64)
    if knots.ndim != 2 or len(knots) < 2:
        raise UsageError("A path needs two points or more.", where="path", do="Add a point.")
    return knots


def _piece_frames(points: int, frames: int) -> list[int]:
    """How many of the frames - 1 steps each piece between neighbouring points gets."""
    _times(frames)
    edges = np.rint(np.linspace(0, frames - 1, points)).astype(int)
    return [int(n) for n in np.diff(edges)]


def _pieces(points: int, frames: int) -> tuple[NDArray[np.int64], Floats]:
    """For each frame the piece it lies on and its place 0..1 within that piece."""
    if frames >= points:
        counts = _piece_frames(points, frames)
        at = np.concatenate([i + np.arange(n) / n for i, n in enumerate(counts)] + [[points - 1.0]])
    else:
        at = _times(frames) * (points - 1)
    piece = np.clip(at.astype(np.int64), 0, points - 2)
    return piece, at - piece


def _tangents(knots: Floats, *, closed: bool = False) -> tuple[Floats, Floats]:
    """Centripetal Catmull-Rom tangents (P, d) per unit of knot distance, and distances (P-1,)."""
    steps = np.diff(knots, axis=0)  # (P-1, d)
    spacing = np.sqrt(np.linalg.norm(steps, axis=1))
    safe = np.where(spacing > 0, spacing, 1.0)[:, None]
    slopes = steps / safe  # (P-1, d); zero where two points are the same
    tangents = np.empty_like(knots)
    if len(knots) == 2:
        tangents[:] = slopes[0]
        return tangents, spacing
    left, right = spacing[:-1, None], spacing[1:, None]
    both = np.where(left + right > 0, left + right, 1.0)
    # The slope at a point of the parabola through it and its neighbours.
    tangents[1:-1] = (slopes[:-1] * right + slopes[1:] * left) / both
    if closed:  # the first and the last knot are one, between the last piece and the first
        before, after = spacing[-1], spacing[0]
        whole = before + after if before + after > 0 else 1.0
        tangents[[0, -1]] = (slopes[-1] * after + slopes[0] * before) / whole
        return tangents, spacing
    # The ends take the parabola's own slope there.
    tangents[0] = 2.0 * slopes[0] - tangents[1]
    tangents[-1] = 2.0 * slopes[-1] - tangents[-2]
    return tangents, spacing
