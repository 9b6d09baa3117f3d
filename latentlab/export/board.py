"""Pictures in rows and columns, with what each row and column is called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """What a figure shows, before it has a size.

    Args:
        images: (R, C, H, W) or (R, C, H, W, 3) uint8; row 0 is the top.
        rows: Names at the left, one for each row, or none.
        columns: Names above, one for each column, or none.
        x: (C,) where the columns lie on the map, where that has numbers.
        y: (R,) where the rows lie.
        axes: What the map's axes are called.
        present: (R, C) which places hold a picture; None is all.
        note: What a person should know of it, below.
    """

    images: NDArray[np.uint8]
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    x: Floats | None = None
    y: Floats | None = None
    axes: tuple[str, str] = ("", "")
    present: NDArray[np.bool_] | None = None
    note: str = ""

    @property
    def grey(self) -> bool:
        """Whether its pictures have no colours of their own."""
        return self.images.ndim == 4


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What b has more (orange) or less (blue) than a: (..., H, W) -> (..., H, W, 3).

    White is the same. Colour pictures give the mean over their channels.

    Example:
        >>> dark, light = np.zeros((1, 1), np.uint8), np.full((1, 1), 255, np.uint8)
        >>> difference(dark, dark).tolist(), difference(dark, light).tolist()
        ([[[255, 255, 255]]], [[[213, 94, 0]]])
    """
    colour = a.ndim >= 3 and a.shape[-1] == 3
    moved = b.astype(np.float64) - a.astype(np.float64)
    if colour:
        moved = moved.mean(axis=-1)
    share = np.abs(moved)[..., None] / 255.0  # (..., H, W, 1)
    ends = np.where(moved[..., None] >= 0, (213.0, 94.0, 0.0), (0.0, 114.0, 178.0))
    return np.asarray(np.rint(255.0 + share * (ends - 255.0)), dtype=np.uint8)


def in_colour(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(..., H, W) grey -> (..., H, W, 3)."""
    return np.repeat(images[..., None], 3, axis=-1)
