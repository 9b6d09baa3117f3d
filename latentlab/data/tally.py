"""How often each class occurs, quickly: for labels by the million in the window's thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 16  # what the processor's cache holds
MOST = 1 << 16  # classes that are counted in a table


def tally(labels: NDArray[np.integer]) -> dict[int, int]:
    """The count of each label (N,) that occurs, by ascending label.

    Example:
        >>> tally(np.array([3, -1, 3]))
        {-1: 1, 3: 2}
    """
    if not len(labels):
        return {}
    low, high = int(labels.min()), int(labels.max())
    if high - low >= MOST:
        values, counts = np.unique(labels, return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))
    table = np.zeros(high - low + 1, np.int64)
    for start in range(0, len(labels), BLOCK):
        part = labels[start : start + BLOCK].astype(np.int64) - low
        table += np.bincount(part, minlength=len(table))
    return {low + int(k): int(table[k]) for k in np.flatnonzero(table)}
