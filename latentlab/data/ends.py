"""Where all but a share of some numbers lie, without what `numpy.quantile` loads at first use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ends(values: NDArray[np.floating], tail: float) -> NDArray[np.float64]:
    """The quantiles `tail` and 1 - `tail` of each column, as `numpy.quantile` has them.

    That one loads a part of numpy (masked arrays) when it is first asked, which the first picture
    of a map would wait for: 30 ms.

    Args:
        values: (N, D), finite, N at least 1.
        tail: From 0 to 0.5.

    Returns:
        (2, D): the lower, then the upper ones.

    Example:
        >>> ends(np.array([[0.0], [10.0], [20.0], [30.0], [40.0]]), 0.25).tolist()
        [[10.0], [30.0]]
    """
    columns = np.asarray(values, np.float64).T  # (D, N)
    at = np.array([tail, 1.0 - tail]) * (columns.shape[1] - 1)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, columns.shape[1] - 1)
    parted = np.partition(columns, np.concatenate([below, above]), axis=1)
    low, high = parted[:, below], parted[:, above]  # (D, 2)
    return np.asarray((low + (high - low) * (at - below)).T)
