"""Sums over pixels for points in no order: a first picture, while they are being sorted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.raster import GoOn, Sums, Window

PART = 1 << 14  # points whose pixels are found at once: what the processor's cache holds
PORTION = 1 << 18  # points that are added up at once: 255 times so many are less than `BASE`
MOST_WEIGHT = 255
BASE = float(1 << 26)  # two sums below it go into one float64, exactly


def sum_unsorted(
    xy: NDArray[np.float32],
    kinds_of: Callable[[slice], NDArray[np.uint8]],
    weights: NDArray[np.float64],
    window: Window,
    go_on: GoOn = lambda: True,
) -> Sums | None:
    """The sums of `sum_pixels` without an index, for a first picture: its pixels should be few.

    About 16 ms for a million points: two sums go into one float64, so that there are half as many
    passes over the points.

    Args:
        xy: (N, 2) points; those that are not finite are in no pixel.
        kinds_of: The kinds of a range of rows; points of kind K or more are left out.
        weights: (K, n) whole numbers from 0 to 255 for each kind.
        window: Which pixels.
        go_on: Asked often; None is returned where it says no.

    Returns:
        (1 + n, height, width): the count, then the sum of each weight.

    Example:
        >>> points = np.array([[0.5, 0.5], [0.6, 0.5], [1.5, 0.5]], np.float32)
        >>> window = Window(0.0, 1.0, 1.0, 2, 1)
        >>> kinds = np.array([0, 1, 1], np.uint8)
        >>> sum_unsorted(points, kinds.__getitem__, np.array([[3.0], [4.0]]), window).tolist()
        [[[2.0, 1.0]], [[7.0, 4.0]]]
    """
    adder = _PairAdder(weights, window.width * window.height)
    places, kinds = np.empty(PORTION, np.int64), np.empty(PORTION, np.uint8)
    filled = 0
    for start in range(0, len(xy), PART):
        if not go_on():
            return None
        rows = slice(start, min(start + PART, len(xy)))
        if filled + rows.stop - rows.start > PORTION:
            adder.add(places[:filled], kinds[:filled])
            filled = 0
        place, seen = window.places(xy[rows, 0], xy[rows, 1])
        kind = kinds_of(rows)
        seen &= kind < len(weights)
        if not seen.all():
            place, kind = place[seen], kind[seen]
        some = slice(filled, filled + len(place))
        places[some], kinds[some] = place, kind
        filled = some.stop
    adder.add(places[:filled], kinds[:filled])
    return adder.sums[: 1 + weights.shape[1]].reshape(-1, window.height, window.width)


class _PairAdder:
    """Adds up two weights at a time: a + `BASE` b, taken apart after each portion.

    Args:
        weights: (K, n) of each kind; a count comes before them.
        pixels: How many there are.
    """

    def __init__(self, weights: NDArray[np.float64], pixels: int) -> None:
        known, count = weights.shape
        if weights.size and not 0 <= weights.min() <= weights.max() <= MOST_WEIGHT:
            raise ValueError("weights must be from 0 to 255")
        every = np.zeros((count + 1 + (count + 1) % 2, known))  # an even number of them
        every[0], every[1 : count + 1] = 1.0, weights.T
        self._pairs = every[0::2] + BASE * every[1::2]
        self.sums = np.zeros((len(every), pixels))

    def add(self, place: NDArray[np.int64], kind: NDArray[np.uint8]) -> None:
        """Add at most `PORTION` points (n,)."""
        low, high = self.sums[0::2], self.sums[1::2]
        for k, pair in enumerate(self._pairs):
            both = np.bincount(place, weights=pair[kind], minlength=self.sums.shape[1])
            upper = np.floor(both * (1.0 / BASE))
            high[k] += upper
            low[k] += both - BASE * upper
