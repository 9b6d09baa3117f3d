"""What is said of the map's layers: numbers at each place, shapes of posteriors, values here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.data.sieve import Sieve
from latentlab.engine.shapes import PriorLine
from latentlab.engine.values import Rect
from latentlab.latent.charts import Chart
from latentlab.latent.field import Field as Field
from latentlab.latent.field import FieldKind as FieldKind


@dataclass(frozen=True, slots=True, eq=False)
class MapField:
    """Make a layer for a part of the map; answered by `FieldMapped`, more than once.

    Args:
        plane: The map's chart, through the cursor's z where it lies off the plane.
        rect: The part.
        label: The class to decode as, for a model that knows classes.
        dataset: The open data, for layers that are of q(z|x).
        gently: Coarse is enough: a training waits.
        sieve: Which data count, where that is not all of them.
    """

    ticket: int
    kind: FieldKind
    plane: Chart
    rect: Rect
    label: int | None = None
    dataset: Dataset | None = None
    gently: bool = False
    sieve: Sieve | None = None


@dataclass(frozen=True, slots=True)
class FieldMapped:
    """Answer to `MapField`; sent again as it becomes finer (`done` at the end)."""

    ticket: int
    field: Field
    done: bool
    fraction: float
    cost_s: float


@dataclass(frozen=True, slots=True, eq=False)
class MapPosteriors:
    """Find q(z|x) of rows on a plane, and of one of them p(z|x); answered by `PosteriorsMapped`.

    Args:
        rows: Rows of `dataset`.
        true_row: The one whose true posterior and gap are wanted too.
    """

    ticket: int
    plane: Chart
    dataset: Dataset
    rows: tuple[int, ...]
    true_row: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorShape:
    """q(z|x), or p(z|x), of one datum on the map.

    Args:
        row: The datum.
        true: Whether it is p(z|x).
        lines: Around the smallest regions of 39 and 86 % (one latent: 68 and 95 %).
        middle: Its mean.
    """

    row: int
    true: bool
    lines: tuple[PriorLine, ...]
    middle: tuple[float, float]


@dataclass(frozen=True, slots=True)
class BoundGap:
    """log p(x) - ELBO(x) of one datum; `at_least` where log p(x) was estimated from below."""

    row: int
    bound_nats: float
    log_px_nats: float
    gap_nats: float
    at_least: bool


@dataclass(frozen=True, slots=True)
class PosteriorsMapped:
    """Answer to `MapPosteriors`; sent again with `gap` where a true posterior was asked for."""

    ticket: int
    shapes: tuple[PosteriorShape, ...]
    gap: BoundGap | None
    done: bool
    cost_s: float


@dataclass(frozen=True, slots=True, eq=False)
class ReadHere:
    """Say what layers are at one latent (d,), exactly; answered by `HereRead`."""

    ticket: int
    plane: Chart
    z: NDArray[np.float64]
    kinds: tuple[FieldKind, ...]
    label: int | None = None


@dataclass(frozen=True, slots=True)
class HereRead:
    """Answer to `ReadHere`: for each layer its value and how it was found."""

    ticket: int
    values: dict[FieldKind, tuple[float, str]]


FieldRequest = MapField | MapPosteriors | ReadHere
FieldEvent = FieldMapped | PosteriorsMapped | HereRead
