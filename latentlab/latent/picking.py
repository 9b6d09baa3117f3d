"""Where the points of a map lie: sorted by the cells of a grid, for look-ups of any kind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from latentlab.data.ends import ends

MOST_CELLS = 1024  # on a side
POINTS_A_CELL = 4  # on average, until there are no more cells to be had
LOOKED_AT = 65_536  # points that the grid's extent is measured on
BLOCK = 1 << 16  # points handled at a time: what the processor's cache holds
AT_ONCE = 100_000  # so many points are sorted at the first look-up, by whoever asks
TAIL = 0.005  # quantiles, not extremes: one outlier at 100 sigma must not widen every cell

Mask = Callable[[NDArray[np.int32]], NDArray[np.bool_]]
Slice = tuple[int, int]
Number = TypeVar("Number", bound=np.generic)


class PointIndex:
    """Points sorted into the cells of a grid, row by row from below, built once.

    Making one costs nothing; `build` costs about 0.13 s a million points and may run in any
    thread. The memory of a built one is 12 bytes a point and 4 a cell. Points beyond the grid are
    in the cells of its border, which reach to infinity.

    Args:
        xy: (N, 2) float32 map points; rows that are not finite are never found.

    Example:
        >>> index = PointIndex(np.array([[0, 0], [1, 1], [5, 5]], np.float32))
        >>> index.nearest((0.9, 0.8), radius=1.0)
        1
    """

    def __init__(self, xy: NDArray[np.float32]) -> None:
        self.xy = xy
        self._lock = threading.Lock()
        self._ready = False
        self.rows = np.empty(0, np.int32)  # (M,) the row of each sorted point
        self.x = np.empty(0, np.float32)  # (M,) sorted
        self.y = np.empty(0, np.float32)
        self.starts = np.zeros(2, np.int32)  # (side^2 + 1,) where each cell begins
        self.side = 1
        self._low, self._step = np.zeros(2), np.ones(2)

    def __len__(self) -> int:
        return len(self.rows if self._ready else self.xy)

    @property
    def ready(self) -> bool:
        """Whether it is built."""
        return self._ready

    @property
    def findable(self) -> bool:
        """Whether `nearest` finds anything now: a large index is built elsewhere first."""
        return self._ready or len(self.xy) <= AT_ONCE

    def build(self) -> PointIndex:
        """Sort, unless it is done; a second thread waits for the first."""
        with self._lock:
            if not self._ready:
                self._measure()
                self._sort()
                self._ready = True
        return self

    def _measure(self) -> None:
        few = self.xy[:: max(1, len(self.xy) // LOOKED_AT)]
        few = few[np.isfinite(few[:, 0]) & np.isfinite(few[:, 1])]
        if not len(few):
            return
        self._low, high = ends(few, TAIL)
        self.side = int(np.clip(np.sqrt(len(self.xy) / POINTS_A_CELL), 1, MOST_CELLS))
        self._step = np.maximum(high - self._low, 1e-12) / self.side

    def _sort(self) -> None:
        # Cell and row in one number: a plain sort of these is three times as fast as an argsort.
        keys = np.empty(len(self.xy), np.uint64)
        count = 0
        for start in range(0, len(self.xy), BLOCK):
            xy = self.xy[start : start + BLOCK]
            finite = np.flatnonzero(np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1]))
            cells = self.row_of(xy[finite, 1]) * self.side + self.column_of(xy[finite, 0])
            keys[count : count + len(finite)] = (cells << 32) + (finite + start)
            count += len(finite)
        keys = keys[:count]
        keys.sort()
        edges = np.arange(self.side * self.side + 1, dtype=np.uint64) << np.uint64(32)
        self.starts = np.searchsorted(keys, edges).astype(np.int32)
        rows, x = np.empty(count, np.int32), np.empty(count, np.float32)
        y = np.empty(count, np.float32)
        for start in range(0, count, BLOCK):
            part = keys[start : start + BLOCK].astype(np.uint32).astype(np.int64)
            stop = start + len(part)
            rows[start:stop] = part
            x[start:stop], y[start:stop] = self.xy[part].T
        self.rows, self.x, self.y = rows, x, y

    def column_of(self, x: NDArray[np.floating]) -> NDArray[np.int64]:
        """The grid's column of each x; it never falls as x grows."""
        return self._cell(x, 0)

    def row_of(self, y: NDArray[np.floating]) -> NDArray[np.int64]:
        """The grid's row of each y; it never falls as y grows."""
        return self._cell(y, 1)

    def _cell(self, values: NDArray[np.floating], axis: int) -> NDArray[np.int64]:
        cells = (np.asarray(values, np.float64) - self._low[axis]) / self._step[axis]
        return np.asarray(np.clip(cells, 0, self.side - 1), np.int64)

    @property
    def step(self) -> tuple[float, float]:
        """Width and height of a cell, in map units."""
        return float(self._step[0]), float(self._step[1])

    @property
    def corner(self) -> tuple[float, float]:
        """The lower left corner of the grid."""
        return float(self._low[0]), float(self._low[1])

    def lines(self) -> NDArray[np.float64]:
        """(side + 1,) y of the lines between the grid's rows, from below."""
        return np.asarray(self._low[1] + self._step[1] * np.arange(self.side + 1))

    # Parts of the map

    def slices(self, x0: float, y0: float, x1: float, y1: float) -> list[Slice]:
        """Ranges of sorted points that hold all those inside a rectangle, and few others."""
        (i0, i1), (j0, j1) = self.column_of(np.array([x0, x1])), self.row_of(np.array([y0, y1]))
        rows = np.arange(j0, j1 + 1) * self.side
        first, last = self.starts[rows + i0], self.starts[rows + i1 + 1]
        if i0 == 0 and i1 == self.side - 1:
            first, last = first[:1], last[-1:]  # whole rows follow each other
        some = last > first
        return list(zip(first[some].tolist(), last[some].tolist(), strict=True))

    def blocks(self, slices: list[Slice], size: int = BLOCK) -> Iterator[list[Slice]]:
        """The same ranges in portions of at most `size` points."""
        portion, room = list[Slice](), size
        for start, stop in slices:
            while start < stop:
                taken = min(stop - start, room)
                portion.append((start, start + taken))
                start, room = start + taken, room - taken
                if not room:
                    yield portion
                    portion, room = [], size
        if portion:
            yield portion

    # One point

    def nearest(
        self, at: tuple[float, float], radius: float, visible: Mask | None = None
    ) -> int | None:
        """The row nearest to `at` within `radius` map units, or None; of equals, any.

        It looks at a small square first and doubles it while nothing is there, so that the cost
        does not grow with the number of points within `radius`.

        Args:
            at: Map position.
            radius: Largest distance, in map units.
            visible: Says of rows (n,) which may be found; None is all. Nothing is found while a
                large index is being built elsewhere.
        """
        if not self.findable:
            return None
        self.build()
        reach = min(radius, float(self._step.min()) / 2)
        while True:
            found = self._nearest_within(at, reach, visible)
            if found is not None or reach >= radius:
                return found
            reach = min(2.0 * reach, radius)

    def _nearest_within(
        self, at: tuple[float, float], radius: float, visible: Mask | None
    ) -> int | None:
        x, y = at
        slices = self.slices(x - radius, y - radius, x + radius, y + radius)
        if not slices:
            return None
        dx = joined(self.x, slices).astype(np.float64) - x
        dy = joined(self.y, slices).astype(np.float64) - y
        squared = dx * dx + dy * dy
        near = np.flatnonzero(squared <= radius * radius)
        if not len(near):
            return None
        rows = joined(self.rows, slices)[near]
        if visible is not None:
            seen = visible(rows)
            near, rows = near[seen], rows[seen]
        return int(rows[squared[near].argmin()]) if len(near) else None


def nearest_of_all(
    xy: NDArray[np.float32],
    at: tuple[float, float],
    radius: float,
    visible: Mask | None = None,
) -> int | None:
    """What `PointIndex.nearest` finds, by looking at every point: for while there is no index.

    Example:
        >>> nearest_of_all(np.array([[0, 0], [1, 1]], np.float32), (0.9, 0.8), 1.0)
        1
    """
    best, found = radius * radius, None
    x0 = np.float32(at[0])
    # A band of x first, in float32 and a little too wide for its rounding: a tenth of the time.
    reach = np.float32(radius * (1 + 2.0**-20) + abs(at[0]) * 2.0**-22)
    for start in range(0, len(xy), BLOCK):
        part = xy[start : start + BLOCK]
        near = np.flatnonzero(np.abs(part[:, 0] - x0) <= reach).astype(np.int32)
        apart = part[near].astype(np.float64) - at
        squared = np.einsum("nd,nd->n", apart, apart)
        kept = squared <= best
        near, squared = near[kept], squared[kept]
        if visible is not None and len(near):
            seen = visible(near + np.int32(start))
            near, squared = near[seen], squared[seen]
        if len(near):
            first = int(squared.argmin())
            best, found = float(squared[first]), start + int(near[first])
    return found


def joined(values: NDArray[Number], slices: list[Slice]) -> NDArray[Number]:
    """Ranges of an array one after the other; of one range a view."""
    if len(slices) == 1:
        return values[slices[0][0] : slices[0][1]]
    return np.concatenate([values[start:stop] for start, stop in slices] or [values[:0]])
