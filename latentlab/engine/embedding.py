"""From posterior means to what the map shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.values import ChartSpec, Codes
from latentlab.errors import UsageError
from latentlab.latent.cells import grid_chart
from latentlab.latent.charts import (
    Chart,
    Plane,
    axes_plane,
    discriminant_plane,
    points_plane,
    principal_plane,
)
from latentlab.latent.gaps import find_gaps
from latentlab.latent.picking import PointIndex
from latentlab.models.units import in_units_of
from latentlab.specs import Categorical, Deterministic, ModelSpec

if TYPE_CHECKING:
    from latentlab.models.model import Model

ROWS_AT_ONCE = 4096
GAP = 2.0  # spreads from all data beyond which a plain autoencoder learned nothing


def chart_for(
    chart: ChartSpec,
    z: NDArray[np.float32],
    spec: ModelSpec,
    labels: NDArray[np.int64] | None = None,
    former: Chart | None = None,
) -> Chart:
    """The chart of codes (N, d): a grid of cells for categories, else the plane that is asked for.

    A layout is laid out elsewhere, and where classes are too few there are no discriminants:
    principal components take their place. Those keep to the `former` chart of codes that move.

    Raises:
        UsageError: The axes do not exist.
    """
    if isinstance(spec.posterior, Categorical):
        return grid_chart(z, spec.latent_dim, spec.posterior.categories)
    chart = chart.while_learning() if chart.layout else chart
    try:
        return plane_for(chart, z, labels, former)
    except UsageError:
        if chart.kind != "discriminant":
            raise
        return plane_for(ChartSpec("principal"), z, None, former)


def plane_for(
    chart: ChartSpec,
    z: NDArray[np.float32],
    labels: NDArray[np.int64] | None = None,
    former: Chart | None = None,
) -> Plane:
    """The plane of a chart for codes (N, d) with labels (N,), which discriminants need.

    Raises:
        UsageError: The axes do not exist, the points lie on a line, or classes are too few.
    """
    if chart.kind == "principal":
        kept = former if isinstance(former, Plane) else None
        return principal_plane(z[np.isfinite(z).all(axis=1)], kept)
    if chart.kind == "discriminant":
        return discriminant_plane(z, np.full(len(z), -1) if labels is None else labels)
    if chart.kind == "points":
        return points_plane(chart.points)
    return axes_plane(z.shape[1], chart.first, chart.second)


def make_codes(
    z: NDArray[np.float32],
    labels: NDArray[np.int64],
    split: NDArray[np.int8],
    plane: Chart,
    spread: float | None = None,
    tokens: NDArray[np.int16] | None = None,
    *,
    gaps: bool = False,
) -> Codes:
    """Codes on a plane, with their look-up; `spread` is measured where it is not given.

    With `gaps`, those of a plane that is all of latent space are found.
    """
    from latentlab.analysis.neighbours import codes_spread

    xy = plane.place(z).astype(np.float32)
    if spread is None:
        spread = codes_spread(z) if len(z) > 1 else float("inf")
    found = find_gaps(xy, GAP * spread) if gaps and z.shape[1] == 2 else None
    return Codes(z, xy, labels, split, plane, PointIndex(xy), spread, tokens, found)


def has_gaps(spec: ModelSpec) -> bool:
    """Whether nothing made the codes fill the space between them: a plain autoencoder."""
    return isinstance(spec.posterior, Deterministic)


def rechart(codes: Codes, chart: ChartSpec) -> Codes:
    """The same codes on another plane; a grid of cells stays as it is.

    Raises:
        UsageError: There is no such plane.
    """
    if codes.plane.steps:
        return codes
    return on_chart(codes, plane_for(chart, codes.z, codes.labels))


def on_chart(codes: Codes, chart: Chart) -> Codes:
    """The same codes on another chart."""
    return make_codes(
        codes.z,
        codes.labels,
        codes.split,
        chart,
        codes.spread,
        codes.tokens,
        gaps=codes.gaps is not None,
    )


def fitting(chart: ChartSpec, code_dim: int, *, grids: bool = False) -> ChartSpec:
    """The chart for codes of d values: the first two latents where those asked for do not exist.

    The pooled codes of grids have no axes of their own: their principal components are shown.
    """
    if grids:
        return ChartSpec("principal")
    axes = chart.kind == "axes" and max(chart.first, chart.second) >= max(code_dim, 2)
    points = chart.kind == "points" and any(len(point) != code_dim for point in chart.points)
    few = chart.kind in ("discriminant", "points") and code_dim < 2
    return ChartSpec() if axes or points or few else chart


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Codes (N, d) of a data set, and its grids (N, T) where a datum is one."""

    z: NDArray[np.float32]
    tokens: NDArray[np.int16] | None = None


def encode_all(
    model: Model, dataset: Dataset, go_on: Callable[[float], bool]
) -> NDArray[np.float32] | None:
    """The codes of `embed_all` alone."""
    found = embed_all(model, dataset, go_on)
    return None if found is None else found.z


def embed_all(model: Model, dataset: Dataset, go_on: Callable[[float], bool]) -> Embedding | None:
    """Posterior means of every row, (N, d); None where `go_on(fraction)` said no.

    Raises:
        UsageError: The data do not fit the model, or it has no latents.
    """
    if model.spec.shape != dataset.shape:
        raise UsageError(
            f"{dataset.name} has data of shape {dataset.shape}, the model takes"
            f" {model.spec.shape}.",
            do="Train a model on these data.",
        )
    dataset = in_units_of(model.header, dataset)
    z, grids = np.empty((len(dataset), model.code_dim), np.float32), []
    known = labels_for(model, dataset)
    for rows in _parts(len(dataset)):
        if not go_on(rows.start / len(dataset)):
            return None
        if model.quantised:
            grids.append(model.tokens(dataset.inputs(rows)))
            z[rows] = model.pooled(grids[-1])
        else:
            labels = known[rows] if known is not None else None
            z[rows] = model.encode(dataset.inputs(rows), labels=labels)
    return Embedding(z, np.concatenate(grids) if grids else None)


def labels_for(model: Model, dataset: Dataset) -> NDArray[np.int64] | None:
    """The classes (N,) that the encoder is told of data, -1 where unknown; None tells it nothing.

    A model that was shown few of the labels is told none: it knows what its classifier says.
    """
    train = model.header.train
    return dataset.labels if train is None or train.labelled is None else None


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, ROWS_AT_ONCE):
        yield slice(start, min(start + ROWS_AT_ONCE, count))
