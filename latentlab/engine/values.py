"""The values that requests and events carry: what is open, where its data lie on the map."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.charts import Chart
from latentlab.latent.gaps import Gaps
from latentlab.latent.layouts import LayoutKind
from latentlab.latent.picking import PointIndex
from latentlab.specs import DataSpec, ModelSpec, TrainSpec
from latentlab.training.records import Terms

Picture = NDArray[np.uint8]  # (H, W) grey or (H, W, 3) colour
ChartKind = Literal["axes", "principal", "discriminant", "points", "tsne", "umap"]
MOST_LAID_OUT = 5_000
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map, x0 < x1, y0 < y1


PRIOR_RECT: Rect = (-3.0, -3.0, 3.0, 3.0)  # three standard deviations of a standard normal


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the window says of the open model."""

    name: str
    spec: ModelSpec
    train: TrainSpec | None = None
    path: Path | None = None
    run: Path | None = None
    data_name: str = ""
    data: DataSpec | None = None
    checksums: dict[str, str] = field(default_factory=dict)
    label_names: tuple[str, ...] = ()
    epochs: float = 0.0
    held_out: Terms | None = None
    parameter_count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The embedded data set, as the map shows it: every row, no subsample.

    Args:
        z: (N, d) float32 posterior means.
        xy: (N, 2) float32, `plane.place(z)`; NaN where a datum has no place.
        labels: (N,) int64, -1 where unlabelled.
        split: (N,) int8, TRAIN or TEST.
        index: Nearest-point look-up over `xy`.
        spread: Distance in z within which 95 % of the data have their nearest neighbour: farther
            than a few of these from all data, a decode is a guess.
        gaps: Where every datum is far, for a model whose prior fills nothing.
        tokens: (N, T) int16, where a datum is a grid of codes; z is then the mean of its vectors.
    """

    z: NDArray[np.float32]
    xy: NDArray[np.float32]
    labels: NDArray[np.int64]
    split: NDArray[np.int8]
    plane: Chart
    index: PointIndex
    spread: float
    tokens: NDArray[np.int16] | None = None
    gaps: Gaps | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The decoder's picture of a part of the plane: image[r, c] is the decode of a grid point.

    Row 0 is the top (largest y). Points are cell centres of `rect` cut into rows x columns.
    """

    rect: Rect
    images: NDArray[np.uint8]  # (R, C, H, W) or (R, C, H, W, 3)


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """Which chart the map shows.

    Args:
        kind: Two latent axes, two principal components, the two leading discriminants of the
            classes, the plane through three points, or a layout.
        first: The latent across, from 0, of "axes".
        second: The latent up.
        points: The three latents (d,) of "points".
        most: Of a layout: at most so many data are laid out together; the others lie among
            their nearest of those.
    """

    kind: ChartKind = "axes"
    first: int = 0
    second: int = 1
    points: tuple[tuple[float, ...], ...] = ()
    most: int = MOST_LAID_OUT

    @property
    def layout(self) -> LayoutKind | None:
        """Which layout it is; None of a plane."""
        return self.kind if self.kind in ("tsne", "umap") else None

    def while_learning(self) -> ChartSpec:
        """The chart of codes that move: a layout would be of codes that are no more."""
        return ChartSpec("principal") if self.layout or self.kind == "points" else self
