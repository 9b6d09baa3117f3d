"""What a reader hands over: arrays as they stood in the file, before they become a `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Raw:
    """Arrays as read, with what is known of them.

    Args:
        name: What a person calls the data.
        source: Where it can be opened again: an absolute path, or a built-in name.
        x: (N, ...) the data.
        y: (N,), (N, 1) or one-hot (N, K) labels, numbers or text; None without labels.
        label_names: Names by label number, where they are published.
        split: (N,) TRAIN or TEST where it is published.
        pixels: True: x is pictures; False: a table; None: to be seen from the values.
        columns: Further arrays of length N.
        column_names: Names of x's columns, for a refusal.
        factors: (N, F) generative factors.
        first_row: What a person calls row 0 (2 below a header).
    """

    name: str
    source: str
    x: NDArray[Any]
    y: NDArray[Any] | None = None
    label_names: tuple[str, ...] = ()
    split: NDArray[np.int8] | None = None
    pixels: bool | None = None
    levels: int | None = None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    column_names: tuple[str, ...] = ()
    factors: NDArray[np.float64] | None = None
    factor_names: tuple[str, ...] = ()
    checksums: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    first_row: int = 1


def counted(count: int, one: str, many: str) -> str:
    """A number of things, in words that go with it.

    Example:
        >>> counted(1, "cell", "cells"), counted(2_000, "cell", "cells")
        ('1 cell', '2,000 cells')
    """
    return f"{count:,} {one if count == 1 else many}"


def left_out(count: int) -> str:
    """What is said of pictures that could not be read.

    Example:
        >>> left_out(1)
        '1 picture could not be read and was left out.'
    """
    said = counted(count, "picture", "pictures")
    return f"{said} could not be read and {'was' if count == 1 else 'were'} left out."
