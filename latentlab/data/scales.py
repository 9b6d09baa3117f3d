"""From numbers to places on a colour scale, 0 to 1: linear, logarithmic or by rank."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ScaleKind = Literal["linear", "log", "quantile"]

QUANTILES = 257  # of a column, evenly spaced
BINS = 64  # of the histogram beside a scale
CLIPPED = 0.01  # of the values lie beyond either end of a scale that nobody moved


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What a column of numbers looks like, over the rows that are shown.

    Args:
        count: Rows with a number.
        missing: Rows without one (infinite ones too).
        quantiles: (257,) ascending values at evenly spaced ranks; empty without any number.
    """

    count: int
    missing: int
    quantiles: NDArray[np.float64]

    @property
    def low(self) -> float:
        """The smallest value."""
        return float(self.quantiles[0]) if len(self.quantiles) else 0.0

    @property
    def high(self) -> float:
        """The largest value."""
        return float(self.quantiles[-1]) if len(self.quantiles) else 1.0


def summarise(values: NDArray[Any]) -> Summary:
    """The summary of (N,) values; of millions it takes a while.

    Example:
        >>> found = summarise(np.array([3.0, np.nan, 1.0]))
        >>> found.count, found.missing, found.low, found.high
        (2, 1, 1.0, 3.0)
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Summary(0, len(values), np.empty(0))
    places = np.rint(np.linspace(0, len(finite) - 1, QUANTILES)).astype(np.int64)
    wanted = np.unique(places)
    parted = np.partition(finite, wanted)
    return Summary(len(finite), len(values) - len(finite), parted[places].astype(np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Where values lie between two ends; what lies beyond an end has the end's colour.

    Args:
        kind: By value, by its logarithm, or by its rank among all.
        low: The lower end, in the values' unit.
        high: The upper end, above it.
        quantiles: (Q,) ascending values at evenly spaced ranks, for "quantile".

    Example:
        >>> Scale("log", 1.0, 100.0).places(np.array([0.1, 10.0, 1e6, np.nan])).tolist()
        [0.0, 0.5, 1.0, nan]
    """

    kind: ScaleKind = "linear"
    low: float = 0.0
    high: float = 1.0
    quantiles: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def places(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """(N,) places from 0 to 1; NaN where there is no number."""
        low, high = self.bent(np.array([self.low, self.high]))
        span = max(float(high - low), 1e-300)
        found = self.bent(values)
        found -= low
        found /= span
        return np.clip(found, 0.0, 1.0).astype(np.float32)

    def bent(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Values as the scale is even in: themselves, their logarithms, or their ranks.

        Infinite values are as far out as may be; what has no logarithm is at the lower end.
        """
        found = np.array(values, np.float64)
        found[np.isinf(found)] = np.nan
        if self.kind == "log":
            with np.errstate(invalid="ignore", divide="ignore"):
                found = np.log(
                    np.where(found > 0, found, np.where(np.isnan(found), np.nan, 1e-300))
                )
        elif self.kind == "quantile" and len(self.quantiles):
            missing = np.isnan(found)
            found = _ranks(found, self.quantiles)
            found[missing] = np.nan
        return found

    def value_at(self, place: float) -> float:
        """The value at a place from 0 to 1."""
        low, high = self.bent(np.array([self.low, self.high]))
        return self.straightened(float(low + place * (high - low)))

    def straightened(self, bent: float) -> float:
        """The value whose bent one this is."""
        if self.kind == "log":
            return float(np.exp(bent))
        if self.kind == "quantile" and len(self.quantiles):
            ranks = np.linspace(0.0, 1.0, len(self.quantiles))
            return float(np.interp(bent, ranks, self.quantiles))
        return bent


def _ranks(values: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0 to 1; of values that many share, the middle one."""
    distinct, first, counts = np.unique(quantiles, return_index=True, return_counts=True)
    middle = (first + (counts - 1) / 2) / max(len(quantiles) - 1, 1)
    return np.asarray(np.interp(values, distinct, middle))


def scale_for(kind: ScaleKind, summary: Summary) -> Scale:
    """The scale that a column begins with: all but the outermost 1 % at either end."""
    quantiles = summary.quantiles
    if not len(quantiles):
        return Scale(kind)
    edge = round(CLIPPED * (len(quantiles) - 1))
    low, high = float(quantiles[edge]), float(quantiles[-1 - edge])
    if not high > low:
        low, high = summary.low, summary.high
    if not high > low:  # one value alone
        low, high = low - 0.5, low + 0.5
    if kind == "log" and low <= 0 < high:
        low = float(quantiles[quantiles > 0][0])
        low = low if low < high else high / 10
    return Scale(kind, low, high, quantiles)


def why_no_log(summary: Summary) -> str:
    """Why a logarithmic scale makes no sense; nothing where it does."""
    return "" if summary.count and summary.low > 0 else "Some values are not above zero."


def histogram(
    values: NDArray[Any], scale: Scale, low: float, high: float, bins: int = BINS
) -> NDArray[np.int64]:
    """(bins,) how many values lie in each part of the range, even on the scale."""
    ends = scale.bent(np.array([low, high]))
    bent = scale.bent(values)
    bent = bent[np.isfinite(bent)]
    if not len(bent) or not ends[1] > ends[0]:
        return np.zeros(bins, np.int64)
    counts, _ = np.histogram(bent, bins, (float(ends[0]), float(ends[1])))
    return np.asarray(counts, np.int64)
