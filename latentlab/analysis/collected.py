"""The figures of all data, put together from those of chunks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.estimators import Floats
from latentlab.analysis.figures import Curve
from latentlab.analysis.scoring import Scores
from latentlab.models.divergence import Kind


class Collected:
    """Chunks of figures as they come."""

    def __init__(self) -> None:
        self.count = 0
        self._chunks: list[Scores] = []
        self._sizes: list[int] = []

    def add(self, scores: Scores, count: int) -> None:
        """Those of `count` more data."""
        self._chunks.append(scores)
        self._sizes.append(count)
        self.count += count

    @property
    def kl_kind(self) -> Kind | None:
        """How the KL was found; None where the model has none."""
        return self._chunks[0].kl_kind

    def each(self, name: str) -> NDArray[Any] | None:
        """(N, ...) of every datum; None where it does not apply."""
        if name not in self._chunks[0].each:
            return None
        return np.concatenate([chunk.each[name] for chunk in self._chunks])

    def mean(self, name: str) -> tuple[float | None, float | None]:
        """The mean over data, and its standard error; None where it does not apply."""
        values = self.each(name)
        return (None, None) if values is None else mean_and_error(values)

    def bound(self) -> Floats | None:
        """(N,) reconstruction - kl; None where there is no bound."""
        first, second = self.each("reconstruction"), self.each("kl")
        if first is None or second is None or self.kl_kind == "none":
            return None
        return np.asarray(first - second)

    def over_data(self, name: str) -> Floats | None:
        """What chunks give as means over data, as the mean over all."""
        if name not in self._chunks[0].means:
            return None
        sizes = zip(self._chunks, self._sizes, strict=True)
        return np.asarray(sum(chunk.means[name] * size for chunk, size in sizes) / self.count)

    def curve(self) -> Curve | None:
        """log p(x) over the number of samples."""
        nats, samples = self.over_data("curve"), self._chunks[0].curve_k
        if nats is None or samples is None:
            return None
        return Curve(samples=samples.tolist(), nats=nats.tolist())


def mean_and_error(values: NDArray[Any]) -> tuple[float | None, float | None]:
    """Mean and standard error of the mean; None where they are not finite.

    Example:
        >>> mean_and_error(np.array([1.0, 3.0]))
        (2.0, 1.0)
    """
    mean = float(values.mean())
    if not math.isfinite(mean):
        return None, None
    error = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
    return mean, error
