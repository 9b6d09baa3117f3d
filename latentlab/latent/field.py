"""A number at each place of the map: what layers show, with its unit and its range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map

FieldKind = Literal[
    "density", "aggregate", "magnification", "entropy", "log_px", "decisions", "far"
]
FIELD_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One number for each cell of a part of the map.

    Args:
        kind: Which layer.
        rect: x0, y0, x1, y1 of the part that it covers.
        values: (R, C) float32, row 0 on top (largest y); NaN where there is none. One row says that
            nothing changes across the map (one latent).
        unit: What 1 is, in words.
        scale: Whether equal steps of colour are equal differences or equal ratios.
        note: What it was made from, where that is not everything.
        classes: (R, C) int16 class of each cell, where `values` are the classes' probabilities.
        places: Class, x and y of a place deep inside each class's region.

    Example:
        >>> field = Field("density", (0.0, 0.0, 2.0, 1.0), np.array([[1.0, 3.0]]), "data")
        >>> field.span, field.at(1.0, 0.5)
        ((1.0, 3.0), 2.0)
    """

    kind: FieldKind
    rect: Rect
    values: NDArray[np.float32]
    unit: str
    scale: Scale = "linear"
    note: str = ""
    classes: NDArray[np.int16] | None = None
    places: tuple[tuple[int, float, float], ...] = ()

    @property
    def span(self) -> tuple[float, float] | None:
        """The smallest and the largest value; None where there is none."""
        finite = self.values[np.isfinite(self.values)]
        if self.scale == "log":
            finite = finite[finite > 0]
        return (float(finite.min()), float(finite.max())) if finite.size else None

    def at(self, x: float, y: float) -> float | None:
        """The value at a map point, between cells bilinearly; None beside the part or without one.

        A part with classes gives its cell's own value.
        """
        x0, y0, x1, y1 = self.rect
        rows, columns = self.values.shape
        if not (x0 <= x <= x1 and (y0 <= y <= y1 or rows == 1)):
            return None
        column, row = (x - x0) / (x1 - x0) * columns - 0.5, (y1 - y) / (y1 - y0) * rows - 0.5
        if self.classes is not None:
            value = float(self.values[self._cell(row, rows), self._cell(column, columns)])
        else:
            value = float(_between(self.values, row, column))
        return value if np.isfinite(value) else None

    def class_at(self, x: float, y: float) -> int | None:
        """The class of the cell at a map point; None where there is none."""
        if self.classes is None or self.at(x, y) is None:
            return None
        x0, y0, x1, y1 = self.rect
        rows, columns = self.values.shape
        row = self._cell((y1 - y) / (y1 - y0) * rows - 0.5, rows)
        return int(self.classes[row, self._cell((x - x0) / (x1 - x0) * columns - 0.5, columns)])

    @staticmethod
    def _cell(at: float, count: int) -> int:
        return int(np.clip(np.rint(at), 0, count - 1))

    def shares(self, low: float, high: float) -> NDArray[np.float32]:
        """(R, C) where each value lies between two others, 0 to 1 on its scale; NaN stays."""
        values = self.values
        if self.scale == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.log(values)
            low, high = float(np.log(low)), float(np.log(high))
        shares = np.clip((values - low) / max(high - low, 1e-12), 0.0, 1.0)
        return np.asarray(shares, dtype=np.float32)

    def resized(self, rows: int, columns: int) -> Field:
        """The same with more cells of the same numbers."""
        r = np.arange(rows) * self.values.shape[0] // rows
        c = np.arange(columns) * self.values.shape[1] // columns
        classes = None if self.classes is None else self.classes[np.ix_(r, c)]
        return replace(self, values=self.values[np.ix_(r, c)], classes=classes)


def _between(values: NDArray[np.float32], row: float, column: float) -> np.float32:
    rows, columns = values.shape
    row, column = min(max(row, 0.0), rows - 1.0), min(max(column, 0.0), columns - 1.0)
    r, c = int(row), int(column)
    r1, c1, s, t = min(r + 1, rows - 1), min(c + 1, columns - 1), column - c, row - r
    top = (1 - s) * values[r, c] + s * values[r, c1]
    bottom = (1 - s) * values[r1, c] + s * values[r1, c1]
    return np.float32((1 - t) * top + t * bottom)


def shape_of(rect: Rect, side: int, latent_dim: int = 2) -> tuple[int, int]:
    """Rows and columns of square cells, `side` of them along the longer side; one latent: one row.

    Example:
        >>> shape_of((0.0, 0.0, 2.0, 1.0), 100), shape_of((0.0, 0.0, 2.0, 1.0), 100, latent_dim=1)
        ((50, 100), (1, 100))
    """
    x0, y0, x1, y1 = rect
    if latent_dim == 1:
        return 1, side
    cell = max(x1 - x0, y1 - y0) / side
    return max(1, round((y1 - y0) / cell)), max(1, round((x1 - x0) / cell))


def centres(rect: Rect, rows: int, columns: int) -> Floats:
    """Middles of the cells of `rect`, (R, C, 2), row 0 on top.

    Example:
        >>> centres((0.0, 0.0, 2.0, 1.0), 1, 2)[0].tolist()
        [[0.5, 0.5], [1.5, 0.5]]
    """
    x0, y0, x1, y1 = rect
    x = x0 + (np.arange(columns) + 0.5) * ((x1 - x0) / columns)
    y = y1 - (np.arange(rows) + 0.5) * ((y1 - y0) / rows)
    return np.stack(np.meshgrid(x, y), axis=-1)  # (R, C, 2)


def corners(rect: Rect, rows: int, columns: int) -> Floats:
    """Corners of the cells of `rect`, (R + 1, C + 1, 2), row 0 on top.

    Example:
        >>> corners((0.0, 0.0, 2.0, 1.0), 1, 2)[0].tolist()
        [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]
    """
    x0, y0, x1, y1 = rect
    x, y = np.linspace(x0, x1, columns + 1), np.linspace(y1, y0, rows + 1)
    return np.stack(np.meshgrid(x, y), axis=-1)
