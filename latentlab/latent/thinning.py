"""Which points may be shown as pictures: as many as fit, none over another, always the same ones.

A point's priority is a number of its own. Of two points that are too close the one of higher
priority is kept (dart throwing by marks: Matern, 1960, and its iteration). Everything is decided
on squares that are fixed on the map, and by what is near: panning changes nothing, hiding points
changes only what is around them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.picking import PointIndex, joined

ROUNDS = 3
REACHES = 2 * ROUNDS  # how far a decision looks around, in reaches
MOST_BORDER = 20_000  # points of the index's endless border cells that are looked at
MOST_POINTS = 200_000  # and of a view that is smaller than the index's cells

Rect = tuple[float, float, float, float]


def priorities(rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """A number for each row, below 2^32, the same always; no two rows have the same.

    Wellons' hash with the lowest known bias of those of 32 bits.
    """
    x = np.asarray(rows, np.uint32).copy()
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x ^= x >> np.uint32(shift)
        x *= np.uint32(factor)
    x ^= x >> np.uint32(16)
    return x.astype(np.int64)


class Champions:
    """The point of highest priority in each cell of an index, and in 2 x 2, 4 x 4, ... of them.

    Of millions of points in view it is enough to look at these. Making it costs one pass over all
    points: not for the window's thread.

    Args:
        index: The points, built.
        seen: (M,) whether a sorted point is shown.
        favoured: (M,) sorted points that come before all others; None is none.
    """

    def __init__(
        self,
        index: PointIndex,
        seen: NDArray[np.bool_],
        favoured: NDArray[np.bool_] | None = None,
    ) -> None:
        self._index, self._seen, self._favoured = index, seen, favoured
        self._levels = [self._best_of_cells()]

    def priority_of(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """Priorities of sorted points (n,)."""
        found = priorities(self._index.rows[positions])
        if self._favoured is not None:
            found += self._favoured[positions].astype(np.int64) << 32
        return found

    def _best_of_cells(self) -> NDArray[np.int64]:
        """(side, side) the position of each cell's best; -1 where none is shown."""
        index, side = self._index, self._index.side
        best = np.full((side, side), -1, np.int64)
        for row in range(side):
            starts = index.starts[row * side : (row + 1) * side + 1]
            positions = np.arange(starts[0], starts[-1])
            positions = positions[self._seen[starts[0] : starts[-1]]]
            if not len(positions):
                continue
            cells = np.searchsorted(starts, positions, side="right") - 1
            order = np.argsort(self.priority_of(positions))
            best[row, cells[order]] = positions[order]  # the last, which is the highest, stays
        return best

    def _level(self, number: int) -> NDArray[np.int64]:
        while len(self._levels) <= number:
            self._levels.append(self._merged(self._levels[-1]))
        return self._levels[number]

    def _merged(self, best: NDArray[np.int64]) -> NDArray[np.int64]:
        side = best.shape[0] + best.shape[0] % 2
        padded = np.full((side, side), -1, np.int64)
        padded[: best.shape[0], : best.shape[1]] = best
        fours = padded.reshape(side // 2, 2, side // 2, 2).swapaxes(1, 2).reshape(-1, 4)
        marks = np.where(fours < 0, -1, self.priority_of(np.maximum(fours, 0)))
        best = fours[np.arange(len(fours)), marks.argmax(axis=1)]
        return np.asarray(best.reshape(side // 2, side // 2))

    def within(self, rect: Rect, reach: float) -> NDArray[np.int64]:
        """Positions of the shown points in a rectangle that can matter where `reach` are apart."""
        index = self._index
        if not len(index.rows):
            return np.empty(0, np.int64)
        steps = index.step
        number = int(np.floor(np.log2(max(reach / 2.0, 1e-300) / max(steps))))
        if number < 0:
            found = self._all(rect, MOST_POINTS)
        else:
            number = min(number, int(np.log2(max(index.side, 1))))
            found = np.union1d(self._inner(rect, number), self._border(rect))
        x, y = index.x[found], index.y[found]
        inside = (x >= rect[0]) & (x <= rect[2]) & (y >= rect[1]) & (y <= rect[3])
        return found[inside]

    def _all(self, rect: Rect, most: int) -> NDArray[np.int64]:
        slices = self._index.slices(*rect)
        found = np.concatenate([np.arange(a, b) for a, b in slices] or [np.empty(0, np.int64)])
        seen = joined(self._seen, slices)
        return self._highest(found[seen], most)

    def _highest(self, positions: NDArray[np.int64], most: int) -> NDArray[np.int64]:
        if len(positions) <= most:
            return positions
        order = np.argpartition(self.priority_of(positions), len(positions) - most)
        return positions[order[-most:]]

    def _inner(self, rect: Rect, number: int) -> NDArray[np.int64]:
        index, best = self._index, self._level(number)
        i0, i1 = (index.column_of(np.array([rect[0], rect[2]])) >> number).tolist()
        j0, j1 = (index.row_of(np.array([rect[1], rect[3]])) >> number).tolist()
        some = best[j0 : j1 + 1, i0 : i1 + 1].ravel()
        return some[some >= 0]

    def _border(self, rect: Rect) -> NDArray[np.int64]:
        """Points of the outermost cells, which are endless: one of each would not be enough."""
        index, side = self._index, self._index.side
        (i0, i1) = index.column_of(np.array([rect[0], rect[2]])).tolist()
        (j0, j1) = index.row_of(np.array([rect[1], rect[3]])).tolist()
        cells = [np.arange(i0, i1 + 1) + j * side for j in {j0, j1} & {0, side - 1}]
        cells += [np.arange(j0, j1 + 1) * side + i for i in {i0, i1} & {0, side - 1}]
        if not cells:
            return np.empty(0, np.int64)
        several = np.unique(np.concatenate(cells))
        pairs = zip(index.starts[several].tolist(), index.starts[several + 1].tolist(), strict=True)
        spans = [(start, stop) for start, stop in pairs if stop > start]
        found = np.concatenate([np.arange(a, b) for a, b in spans] or [np.empty(0, np.int64)])
        return self._highest(found[self._seen[found]], MOST_BORDER)


def thin(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    priority: NDArray[np.int64],
    reach: float,
) -> NDArray[np.intp]:
    """Which points to keep so that no two are closer than `reach` on both axes.

    Points are decided in rounds: in each, those that are the best of their square of side `reach`
    and of those of the neighbouring squares that they are too close to. After three rounds little
    is left that would fit, and that is left out.

    Args:
        x: (n,) map points.
        y: (n,) map points.
        priority: (n,) all different.
        reach: Map units.

    Returns:
        Their places, those of the highest priority first.

    Example:
        >>> x, y = np.array([0.0, 0.4, 3.0]), np.zeros(3)
        >>> thin(x, y, np.array([1, 2, 0]), 1.0).tolist()
        [1, 2]
    """
    if not len(x):
        return np.empty(0, np.intp)
    order = np.argsort(priority)
    xs, ys = np.asarray(x, np.float64)[order], np.asarray(y, np.float64)[order]
    return order[_Throw(xs, ys, reach).chosen()]


class _Throw:
    """The rounds, over points sorted by priority, the highest last."""

    def __init__(self, x: NDArray[np.float64], y: NDArray[np.float64], reach: float) -> None:
        self._x, self._y, self._reach = x, y, reach
        column, row = np.floor(x / reach), np.floor(y / reach)
        column, row = column - column.min() + 1, row - row.min() + 1
        self._shape = (int(row.max()) + 2, int(column.max()) + 2)  # a rim of empty squares
        self._square = (row * self._shape[1] + column).astype(np.int64)
        self._steps = [dr * self._shape[1] + dc for dr in (-1, 0, 1) for dc in (-1, 0, 1)]

    def chosen(self) -> NDArray[np.intp]:
        taken = np.full(self._shape[0] * self._shape[1], -1, np.int64)
        left = np.arange(len(self._x))
        for _ in range(ROUNDS):
            winners = self._winners(left)
            taken[self._square[winners]] = winners
            left = self._free(left, taken)
            if not len(left):
                break
        return np.sort(taken[taken >= 0])[::-1].astype(np.intp)

    def _winners(self, left: NDArray[np.int64]) -> NDArray[np.int64]:
        best = np.full(self._shape[0] * self._shape[1], -1, np.int64)
        best[self._square[left]] = left  # the last, which is the highest, stays
        mine = best[best >= 0]
        beaten = np.zeros(len(mine), np.bool_)
        for step in self._steps:
            other = best[self._square[mine] + step]
            beaten |= (other > mine) & self._close(mine, other)
        return mine[~beaten]

    def _free(self, left: NDArray[np.int64], taken: NDArray[np.int64]) -> NDArray[np.int64]:
        shut = np.zeros(len(left), np.bool_)
        for step in self._steps:
            other = taken[self._square[left] + step]
            shut |= (other >= 0) & self._close(left, other)
        return left[~shut]

    def _close(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
        across = np.abs(self._x[one] - self._x[other]) < self._reach
        return np.asarray(across & (np.abs(self._y[one] - self._y[other]) < self._reach))
