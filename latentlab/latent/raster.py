"""How many points fall into each pixel, and of which kinds: exact, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.picking import PointIndex, joined

GoOn = Callable[[], bool]
DENSE = 2  # counts of pixel and kind for a point, up to which all of them are made
Sums = NDArray[np.float64]  # whole numbers: exact up to 2^53


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map cut into pixels; row 0 is the top (largest y).

    Pixel (r, c) holds the points with floor((x - x0) scale) = c and floor((y1 - y) scale) = r,
    reckoned in float64.

    Args:
        x0: The left edge, in map units.
        y1: The upper edge, in map units.
        scale: Pixels for one map unit.
        width: Columns.
        height: Rows.
    """

    x0: float
    y1: float
    scale: float
    width: int
    height: int

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 on the map, a pixel wider on each side: rounding then loses nothing."""
        one = 1.0 / self.scale
        return (
            self.x0 - one,
            self.y1 - (self.height + 1) * one,
            self.x0 + (self.width + 1) * one,
            self.y1 + one,
        )

    def places(
        self, x: NDArray[np.float32], y: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Which pixel points (n,) are in, counted row by row, and whether they are in one."""
        across = np.subtract(x, self.x0, dtype=np.float64)
        across *= self.scale
        down = np.subtract(self.y1, y, dtype=np.float64)
        down *= self.scale
        inside = (across >= 0) & (across < self.width) & (down >= 0) & (down < self.height)
        if not inside.all():
            across, down = np.where(inside, across, 0.0), np.where(inside, down, 0.0)
        place = down.astype(np.int64)
        place *= self.width
        place += across.astype(np.int64)
        return place, inside


class _Adder:
    """Sums over pixels: how many points, and what each kind's weights add up to."""

    def __init__(self, window: Window, weights: NDArray[np.float64]) -> None:
        self._window, self._known = window, len(weights)
        self._weights = np.ascontiguousarray(weights.T)  # (n, K)
        self.sums = np.zeros((len(self._weights) + 1, window.height * window.width))

    def add(self, x: NDArray[np.float32], y: NDArray[np.float32], kind: NDArray[np.uint8]) -> None:
        """Add points (n,)."""
        place, seen = self._window.places(x, y)
        seen &= kind < self._known
        if not seen.all():
            place, kind = place[seen], kind[seen]
        if not len(place):
            return
        # Points that were sorted lie in few pixel rows: only these are touched.
        first = int(place.min())
        place -= first
        span = int(place.max()) + 1
        some = slice(first, first + span)
        if span * self._known <= DENSE * len(place):
            # Crowded: a count for each kind, and the weights once for each pixel.
            place *= self._known
            place += kind
            counts = np.bincount(place, minlength=span * self._known).reshape(span, self._known)
            self.sums[0, some] += counts.sum(axis=1)
            self.sums[1:, some] += self._weights @ counts.T  # (n, K) @ (K, span)
            return
        self.sums[0, some] += np.bincount(place)
        for channel, weight in zip(self.sums[1:], self._weights, strict=True):
            channel[some] += np.bincount(place, weights=weight[kind])

    def result(self) -> Sums:
        """(1 + n, height, width)."""
        return self.sums.reshape(-1, self._window.height, self._window.width)


def sum_pixels(
    index: PointIndex,
    kinds: NDArray[np.uint8],
    weights: NDArray[np.float64],
    window: Window,
    go_on: GoOn = lambda: True,
) -> Sums | None:
    """Count the points in each pixel of a window, and add up the weights of their kinds.

    With the kinds' colours as weights this is the mean colour of a pixel; with the unit matrix,
    the count of each kind.

    Args:
        index: The points, built.
        kinds: (M,) the kind of each sorted point; those of K or more are left out.
        weights: (K, n) whole numbers for each kind.
        window: Which pixels.
        go_on: Asked often; None is returned where it says no.

    Returns:
        (1 + n, height, width): the count, then the sum of each weight.

    Example:
        >>> points = np.array([[0.5, 0.5], [0.6, 0.5], [1.5, 0.5]], np.float32)
        >>> window = Window(0.0, 1.0, 1.0, 2, 1)
        >>> index = PointIndex(points).build()
        >>> sum_pixels(index, np.zeros(3, np.uint8), np.zeros((1, 0)), window).tolist()
        [[[2.0, 1.0]]]
    """
    adder = _Adder(window, weights)
    for portion in index.blocks(index.slices(*window.rect)):
        if not go_on():
            return None
        adder.add(joined(index.x, portion), joined(index.y, portion), joined(kinds, portion))
    return adder.result()


def count_within(index: PointIndex, rect: tuple[float, float, float, float]) -> int:
    """How many points are inside a rectangle, and a few more: those of all cells it touches."""
    return sum(stop - start for start, stop in index.slices(*rect))
