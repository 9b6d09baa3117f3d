"""Waypoints from what a person draws, selects or types."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError

Floats = NDArray[np.float64]
MOST_TOURED = 200
MOST_TYPED = 500
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def simplified(points: ArrayLike, tolerance: float) -> Floats:
    """The fewest of a drawn line's points that keep it within `tolerance`.

    The method of Ramer (1972) and of Douglas and Peucker (1973).

    Args:
        points: (n, 2) a line as it was drawn.
        tolerance: The farthest that a point left out may lie from what is left.

    Returns:
        (m, 2), the first and the last point among them.

    Example:
        >>> simplified([[0.0, 0.0], [1.0, 0.01], [2.0, 0.0], [2.0, 2.0]], 0.1).tolist()
        [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]]
    """
    line = np.asarray(points, dtype=np.float64)
    if len(line) < 3:
        return line
    kept = np.zeros(len(line), dtype=np.bool_)
    kept[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        away = _from_chord(line[first + 1 : last], line[first], line[last])
        farthest = int(away.argmax())
        if away[farthest] > tolerance:
            middle = first + 1 + farthest
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return np.asarray(line[kept])


def _from_chord(points: Floats, a: Floats, b: Floats) -> Floats:
    chord = b - a
    length2 = float(chord @ chord)
    if length2 == 0.0:
        return np.asarray(np.linalg.norm(points - a, axis=1))
    t = np.clip((points - a) @ chord / length2, 0.0, 1.0)[:, None]
    return np.asarray(np.linalg.norm(points - (a + t * chord), axis=1))


def tour(z: ArrayLike) -> NDArray[np.int64]:
    """An order in which to visit points (n, d): from the first, always the nearest one left.

    Crossings that this leaves are taken out while two turns can be exchanged for shorter ones.

    Raises:
        UsageError: There are more than 200 points.

    Example:
        >>> tour([[0.0], [3.0], [1.0], [2.0]]).tolist()
        [0, 2, 3, 1]
    """
    points = np.asarray(z, dtype=np.float64)
    if len(points) > MOST_TOURED:
        raise UsageError(
            f"A path through {len(points):,} points would be too long to look at.",
            do=f"Select at most {MOST_TOURED}.",
        )
    if len(points) < 3:
        return np.arange(len(points))
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)  # (n, n)
    left = np.ones(len(points), dtype=np.bool_)
    order = [0]
    left[0] = False
    while left.any():
        order.append(int(np.where(left, apart[order[-1]], np.inf).argmin()))
        left[order[-1]] = False
    return _uncrossed(np.asarray(order), apart)


def _uncrossed(order: NDArray[np.int64], apart: Floats) -> NDArray[np.int64]:
    """2-opt with the first point held: a stretch is turned round where that is shorter."""
    count = len(order)
    for _ in range(count):
        better = False
        for i in range(count - 2):
            before, head = order[i], order[i + 1]
            tails = order[i + 2 :]
            after = np.append(order[i + 3 :], -1)
            ends = after >= 0
            old = apart[before, head] + np.where(ends, apart[tails, after], 0.0)
            new = apart[before, tails] + np.where(ends, apart[head, after], 0.0)
            gain = old - new
            best = int(gain.argmax())
            if gain[best] > 1e-12:
                order[i + 1 : i + 3 + best] = order[i + 1 : i + 3 + best][::-1].copy()
                better = True
        if not better:
            break
    return order


def _is_number(word: str) -> bool:
    return bool(_NUMBER.match(word)) and math.isfinite(float(word))


def typed_points(text: str, sizes: tuple[int, ...]) -> Floats:
    """Points that a person typed or pasted: one a line (or parted by ;), numbers by , or spaces.

    Args:
        text: What was typed.
        sizes: How many numbers a point may have; all have the same.

    Returns:
        (n, k) with k one of `sizes`.

    Raises:
        UsageError: Something is no number, or a point has another length; it says which line.

    Example:
        >>> typed_points("0, 1\\n2 3", (2,)).tolist()
        [[0.0, 1.0], [2.0, 3.0]]
    """
    rows: list[list[float]] = []
    for number, line in enumerate(re.split(r"[\n;]", text), 1):
        words = [word for word in re.split(r"[\s,()\[\]]+", line) if word]
        if not words:
            continue
        wrong = next((word for word in words if not _is_number(word)), None)
        if wrong is not None:
            raise UsageError(f'"{wrong[:40]}" is no number.', where=f"Line {number}")
        row = [float(word) for word in words]
        expected = (len(rows[0]),) if rows else sizes
        if len(row) not in expected:
            wanted = " or ".join(str(size) for size in expected)
            raise UsageError(
                f"A point has {wanted} numbers, this one {len(row)}.", where=f"Line {number}"
            )
        rows.append(row)
        if len(rows) > MOST_TYPED:
            raise UsageError("There are too many points.", do=f"Give at most {MOST_TYPED}.")
    if not rows:
        raise UsageError("No point was given.", do="Type one a line: 0.4, -1.2")
    return np.asarray(rows)
