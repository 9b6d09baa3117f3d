"""Do samples look like the data, and do they show all of it? Density and coverage.

A ball around each datum reaches to its k-th nearest fellow. Density is how many balls a sample
falls into, over k: 1 where samples are spread as the data, more where they crowd in its midst.
Coverage is the share of data whose ball holds a sample (Naeem et al., 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]

NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Coverage:
    """Density and coverage of samples against data.

    Args:
        density: About 1 for samples of the data's own distribution.
        coverage: Share of data, 0 to 1; about 1 - 2^-k for samples of the data's distribution.
        count: Samples, and data.
    """

    density: float
    coverage: float
    count: int


def density_and_coverage(data: Points, samples: Points, k: int = NEIGHBOURS) -> Coverage:
    """Of samples (M, F) against data (N, F), N > k.

    Example:
        >>> line = np.arange(100.0)[:, None]
        >>> found = density_and_coverage(line, line[:50] + 0.1)
        >>> 0.5 <= found.coverage <= 0.55
        True
    """
    from sklearn.neighbors import NearestNeighbors

    x, y = data.astype(np.float64), samples.astype(np.float64)
    k = min(k, len(x) - 1)
    reach = NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]  # (N,)
    inside = _distances(x, y) <= reach[:, None]  # (N, M)
    return Coverage(float(inside.sum() / (k * len(y))), float(inside.any(1).mean()), len(y))


def _distances(x: Points, y: Points) -> NDArray[np.float64]:
    from sklearn.metrics import pairwise_distances

    return np.asarray(pairwise_distances(x, y))
