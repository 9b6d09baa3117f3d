"""The one `Dataset`, whatever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.rules import Facts
from latentlab.specs import DataSpec

Kind = Literal["image", "vector", "counts"]
Rows = NDArray[np.int64] | slice

TRAIN, TEST = 0, 1
UNLABELLED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Immutable rows to look at.

    Args:
        name: What a person calls it ("Fashion-MNIST").
        x: (N, C, H, W) uint8 or float32 for pictures, (N, D) float32 or uint8/uint16 for tables.
            Integers hold 0 .. levels - 1; float pictures lie in [0, 1].
        kind: "image", "vector" (real columns) or "counts".
        levels: Number of integer levels (256, digits 17, dSprites 2); None for real values.
        labels: (N,) int64, -1 where unlabelled.
        label_names: Name of label k at position k.
        split: (N,) int8, TRAIN or TEST.
        value_range: (low, high) that `inputs` maps to [0, 1].
        columns: Further typed arrays of length N by name (file paths are "path").
        factors: (N, F) float64 generative factors by `factor_names`, or None.
        source: How it was opened, so that it can be opened again.
        checksums: File name -> sha256 hex of what was read.
        notes: What was done to it, to be said to the person ("brought to 64x64").
        skipped: (file or row, reason) of what was left out.
    """

    name: str
    x: NDArray[Any]
    kind: Kind
    levels: int | None
    labels: NDArray[np.int64]
    label_names: tuple[str, ...]
    split: NDArray[np.int8]
    source: DataSpec
    value_range: tuple[float, float] = (0.0, 1.0)
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    factors: NDArray[np.float64] | None = None
    factor_names: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for array in (self.x, self.labels, self.split, *self.columns.values()):
            if len(array) != len(self.x):
                raise ValueError(f"a column has {len(array)} rows, x has {len(self.x)}")
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.x)

    @property
    def facts(self) -> Facts:
        """What decides which models go with it."""
        return Facts(self.shape, self.kind == "image", self.levels, self.class_count)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one datum; a table row of D columns is (1, 1, D)."""
        if self.x.ndim == 4:
            _, channels, height, width = self.x.shape
            return channels, height, width
        return 1, 1, self.x.shape[1]

    @property
    def class_count(self) -> int:
        """Number of classes; 0 without labels."""
        return len(self.label_names)

    def rows(self, split: Literal["train", "test", "all"]) -> NDArray[np.int64]:
        """Row numbers of a split, ascending."""
        if split == "all":
            return np.arange(len(self))
        return np.flatnonzero(self.split == (TRAIN if split == "train" else TEST))

    def inputs(self, rows: Rows) -> NDArray[np.float32]:
        """The rows as (B, C, H, W) float32 in [0, 1], as models take them."""
        low, high = self.value_range
        chosen = self.x[rows].reshape(-1, *self.shape)  # (B, C, H, W)
        if (low, high) == (0.0, 1.0) and chosen.dtype == np.float32:
            return chosen
        span = np.float32(high - low) or np.float32(1.0)
        return np.asarray((chosen.astype(np.float32) - np.float32(low)) / span, dtype=np.float32)

    def with_levels(self, levels: int | None) -> Dataset:
        """The same counts as a model of another number of levels reads them: x may pass 1.

        Counts alone have a unit of their own; other data are returned as they are.
        """
        if self.kind != "counts" or levels in (None, self.levels):
            return self
        return replace(self, levels=levels, value_range=(0.0, levels - 1.0))

    def picture(self, row: int) -> NDArray[np.uint8]:
        """One row as a picture to show: (H, W) grey or (H, W, 3) colour, uint8."""
        return to_picture(self.inputs(np.asarray([row]))[0])

    def label_name(self, row: int) -> str:
        """The row's class in words; empty where unlabelled."""
        label = int(self.labels[row])
        return self.label_names[label] if 0 <= label < len(self.label_names) else ""


def to_picture(x: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(..., C, H, W) floats in [0, 1] -> (..., H, W) or (..., H, W, 3) uint8.

    Three channels are colour; any other number is shown as the mean over channels.
    """
    levels = np.rint(np.clip(np.nan_to_num(x), 0.0, 1.0) * 255.0).astype(np.uint8)
    if levels.shape[-3] == 1:
        return np.ascontiguousarray(levels[..., 0, :, :])
    if levels.shape[-3] == 3:
        return np.ascontiguousarray(np.moveaxis(levels, -3, -1))  # (..., H, W, 3)
    return np.ascontiguousarray(np.rint(levels.mean(axis=-3)).astype(np.uint8))
