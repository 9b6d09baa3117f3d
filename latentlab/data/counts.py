"""Tables of counts: when columns are counts, and how they are kept."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import RefusedError

TableKind = Literal["numbers", "counts"]

HIGHEST = 65_535
BLOCK = 2**22  # values looked at in one go


def like_counts(x: NDArray[Any]) -> bool:
    """Whether (N, D) columns are counts beyond doubt, so that nobody need be asked.

    Integers by type, none negative, more than two different ones, and 0 in at least half of the
    columns: years, ages and grades are integers too, and rarely reach it.

    Example:
        >>> like_counts(np.array([[0, 3], [2, 0]])), like_counts(np.array([[34, 180], [51, 171]]))
        (True, False)
    """
    if x.dtype.kind not in "ui" or int(x.min()) < 0 or not 2 <= int(x.max()) <= HIGHEST:
        return False
    if 2 * np.count_nonzero(x.min(0) == 0) < x.shape[1]:
        return False
    different: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    rows = max(1, BLOCK // x.shape[1])
    for start in range(0, len(x), rows):
        different = np.union1d(different, x[start : start + rows])
        if len(different) > 2:
            return True
    return False


def check_counts(x: NDArray[Any], *, where: str) -> int:
    """Return the highest count of (N, D).

    Raises:
        RefusedError: A value is negative, a fraction or above 65,535; the first one is named.
    """
    rows = max(1, BLOCK // x.shape[1])
    for start in range(0, len(x), rows):
        block = x[start : start + rows]
        wrong = (block < 0) | (block > HIGHEST) | (block != np.floor(block))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise RefusedError(
                f"{block[row, column]:g} in row {start + row + 1}, column {column + 1} is no "
                f"count: counts are whole numbers 0 .. {HIGHEST:,}.",
                where=where,
                do="Read the table as numbers.",
            )
    return int(x.max())


def least_integers(highest: int) -> np.dtype[Any]:
    """The smallest type for whole numbers 0 .. highest; float32 above 65,535.

    Example:
        >>> least_integers(255).name, least_integers(256).name
        ('uint8', 'uint16')
    """
    if highest > HIGHEST:
        return np.dtype(np.float32)
    return np.dtype(np.uint8 if highest <= 255 else np.uint16)
