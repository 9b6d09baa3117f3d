"""From posterior means to what the map shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.values import ChartSpec, Codes
from latentlab.errors import UsageError
from latentlab.latent.charts import Plane, axes_plane, principal_plane
from latentlab.latent.picking import PointIndex

if TYPE_CHECKING:
    from latentlab.models.model import Model

ROWS_AT_ONCE = 4096


def plane_for(chart: ChartSpec, z: NDArray[np.float32]) -> Plane:
    """The plane of a chart for codes (N, d).

    Raises:
        UsageError: The axes do not exist.
    """
    if chart.kind == "principal":
        return principal_plane(z[np.isfinite(z).all(axis=1)])
    return axes_plane(z.shape[1], chart.first, chart.second)


def make_codes(
    z: NDArray[np.float32],
    labels: NDArray[np.int64],
    split: NDArray[np.int8],
    plane: Plane,
    spread: float | None = None,
) -> Codes:
    """Codes on a plane, with their look-up; `spread` is measured where it is not given."""
    from latentlab.analysis.neighbours import codes_spread

    xy = plane.project(z).astype(np.float32)
    if spread is None:
        spread = codes_spread(z) if len(z) > 1 else float("inf")
    return Codes(z, xy, labels, split, plane, PointIndex(xy), spread)


def rechart(codes: Codes, chart: ChartSpec) -> Codes:
    """The same codes on another plane."""
    plane = plane_for(chart, codes.z)
    return make_codes(codes.z, codes.labels, codes.split, plane, codes.spread)


def encode_all(
    model: Model, dataset: Dataset, go_on: Callable[[float], bool]
) -> NDArray[np.float32] | None:
    """Posterior means of every row, (N, d); None where `go_on(fraction)` said no.

    Raises:
        UsageError: The data do not fit the model.
    """
    if model.spec.shape != dataset.shape:
        raise UsageError(
            f"{dataset.name} has data of shape {dataset.shape}, the model takes"
            f" {model.spec.shape}.",
            do="Train a model on these data.",
        )
    z = np.empty((len(dataset), model.spec.latent_dim), np.float32)
    for rows in _parts(len(dataset)):
        if not go_on(rows.start / len(dataset)):
            return None
        z[rows] = model.encode(dataset.inputs(rows))
    return z


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, ROWS_AT_ONCE):
        yield slice(start, min(start + ROWS_AT_ONCE, count))
