"""From labels as they stand in a file to numbers 0 .. K-1 with names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import TEST, TRAIN, UNLABELLED
from latentlab.errors import RefusedError

MAX_CLASSES = 1000

Labels = tuple[NDArray[np.int64], tuple[str, ...]]


def read_labels(y: NDArray[Any], count: int, names: Sequence[str], *, where: str) -> Labels | None:
    """Turn labels into (N,) int64 in 0 .. K-1, -1 where unlabelled, and K names.

    Args:
        y: (N,), (N, 1) or one-hot (N, K); numbers or text. Negative, NaN and "" are unlabelled.
        count: N, the number of rows that x has.
        names: Published names of labels 0 .. K-1; may be empty.
        where: The file, for the sentence of a refusal.

    Returns:
        None where the values are no classes (fractions, or more than `MAX_CLASSES` of them).

    Raises:
        RefusedError: There is not one label for each row.

    Example:
        >>> read_labels(np.array([3, 7, 3, -1]), 4, (), where="y")
        (array([ 0,  1,  0, -1]), ('3', '7'))
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and _is_one_hot(y):
        y = y.argmax(axis=1)
    if y.ndim != 1 or len(y) != count:
        raise RefusedError(
            f"There are {count} rows of data, and labels of shape {tuple(y.shape)}.",
            where=where,
            do="Give one label for each row.",
        )
    if y.dtype.kind in "US":
        return _from_text(y.astype(str))
    whole = _whole_numbers(y)
    return None if whole is None else _from_numbers(whole, names)


def _is_one_hot(y: NDArray[Any]) -> bool:
    return (
        y.dtype.kind in "buif"
        and 2 <= y.shape[1] <= MAX_CLASSES
        and bool(np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1))
    )


def _whole_numbers(y: NDArray[Any]) -> NDArray[np.int64] | None:
    """(N,) int64 with -1 for NaN; None where a value is a fraction or huge."""
    if y.dtype.kind == "f":
        known = np.isfinite(y)
        if not np.all(np.abs(y[known]) < 2**53) or np.any(y[known] != np.floor(y[known])):
            return None
        y = np.where(known, y, UNLABELLED)
    elif y.dtype.kind == "u" and len(y) and y.max() > 2**62:
        return None
    return y.astype(np.int64)


def _from_numbers(y: NDArray[np.int64], names: Sequence[str]) -> Labels | None:
    if names and len(y) and y.max() < len(names):
        return np.maximum(y, UNLABELLED), tuple(names)
    known = y >= 0
    values, codes = np.unique(y[known], return_inverse=True)
    if len(values) > MAX_CLASSES:
        return None
    labels = np.full(len(y), UNLABELLED, dtype=np.int64)
    labels[known] = codes
    return labels, tuple(str(value) for value in values)


def _from_text(y: NDArray[np.str_]) -> Labels | None:
    known = y != ""
    values, codes = np.unique(y[known], return_inverse=True)
    if len(values) > MAX_CLASSES:
        return None
    labels = np.full(len(y), UNLABELLED, dtype=np.int64)
    labels[known] = codes
    return labels, tuple(str(value) for value in values)


def draw_split(count: int, seed: int) -> NDArray[np.int8]:
    """(N,) TRAIN or TEST: one row in ten is held out, drawn by `seed`.

    Example:
        >>> int(draw_split(50, seed=0).sum())
        5
    """
    split = np.full(count, TRAIN, dtype=np.int8)
    if count > 1:
        held_out = np.random.default_rng(seed).permutation(count)[: max(1, count // 10)]
        split[held_out] = TEST
    return split
