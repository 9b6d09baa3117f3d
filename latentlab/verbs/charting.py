"""The map as numbers: where each datum lies on a plane or in a layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.values import MOST_LAID_OUT
from latentlab.errors import UsageError
from latentlab.latent.charts import (
    Plane,
    axes_plane,
    discriminant_plane,
    points_plane,
    principal_plane,
)
from latentlab.specs import Device
from latentlab.verbs.looking import embed
from latentlab.verbs.opening import Data, Floats, ModelLike, Report, data_for, load_model

CHARTS = ("pca", "axes:z1,z2", "lda", "tsne", "umap")
_AXES = re.compile(r"axes:\s*(z?)(\d{1,4})\s*,\s*(z?)(\d{1,4})")
DO = f"Choose {', '.join(CHARTS[:-1])} or {CHARTS[-1]}."


@dataclass(frozen=True, slots=True, eq=False)
class Charted:
    """Data on a chart.

    Args:
        xy: (N, 2) float32, where each datum lies; NaN where it has no place.
        z: (N, d) float32, its code.
        names: What the two axes are called; empty where they mean nothing, in a layout.
        laid_out: How many data a layout was fitted to; the others lie among their nearest of
            those. None of a plane.
    """

    xy: Floats
    z: Floats
    names: tuple[str, str]
    laid_out: int | None = None


def chart(
    model: ModelLike,
    data: Data | Floats,
    kind: str = "pca",
    *,
    points: ArrayLike | None = None,
    most: int = MOST_LAID_OUT,
    seed: int = 0,
    device: Device = "auto",
    report: Report | None = None,
) -> Charted:
    """Where each datum lies on a chart of latent space: a plane, or a layout.

    Args:
        model: The encoder.
        data: Data, or pictures (N, C, H, W) float32 in [0, 1].
        kind: "pca" (two principal components), "axes:z1,z3" (two latents; "axes:0,2" counts from
            0), "lda" (the two leading discriminants of the classes), "points" (the plane through
            three `points`), "tsne" or "umap" (layouts, fitted in a process of their own).
        points: (3, d) latents.
        most: A layout is fitted to at most so many data, drawn by `seed`; the others are put
            among their nearest of those. `laid_out` of the result says how many.
        seed: The same seed gives the same layout.
        device: Where it computes.
        report: Called with what is being done and the fraction of it.

    Raises:
        UsageError: There is no such chart, classes are too few, or UMAP is not installed.
        RefusedError: The data do not fit the model.

    Example:
        >>> from latentlab import train
        >>> found = chart(train("digits", steps=2, latent_dim=3), "digits", "pca")
        >>> found.xy.shape, found.names
        ((1797, 2), ('PC1', 'PC2'))
    """
    check_chart(kind)
    model = load_model(model, device=device)
    if not isinstance(data, np.ndarray):
        data = data_for(model, data, report=report)
    z = embed(model, data, report=report)
    if kind in ("tsne", "umap"):
        from latentlab.analysis.layouts import Fitting

        fitting = Fitting("tsne" if kind == "tsne" else "umap", z, most, seed)
        xy = fitting.run(report) if report is not None else fitting.run()
        return Charted(xy, z, ("", ""), fitting.fitted)
    plane = _plane(kind, z, data, points)
    return Charted(plane.place(z).astype(np.float32), z, plane.names)


def check_chart(kind: str) -> None:
    """Refuse a chart that there is not, before the work.

    Raises:
        UsageError: There is none of that name.

    Example:
        >>> check_chart("axes:z1,z3")
    """
    if kind not in ("pca", "lda", "points", "tsne", "umap") and not _AXES.fullmatch(kind):
        raise UsageError(f'There is no chart "{kind}".', where="chart", do=DO)


def _plane(
    kind: str, z: Floats, data: Dataset | NDArray[np.floating], points: ArrayLike | None
) -> Plane:
    found = _AXES.fullmatch(kind)
    if found is not None:
        first, second = (_latent(found[1], found[2]), _latent(found[3], found[4]))
        return axes_plane(z.shape[1], first, second)
    if kind == "pca":
        return principal_plane(z[np.isfinite(z).all(axis=1)])
    if kind == "lda":
        labels = data.labels if isinstance(data, Dataset) else np.full(len(z), -1)
        return discriminant_plane(z, labels)
    corners: Sequence[float] | NDArray[np.float64] = np.asarray(
        [] if points is None else points, np.float64
    )
    if np.shape(corners) != (3, z.shape[1]):
        raise UsageError(
            f"A plane through points needs three of {z.shape[1]} numbers.",
            where="points",
            do="Give three latents.",
        )
    return points_plane(corners)


def _latent(sign: str, number: str) -> int:
    """`z3` is the third, `2` counts from 0."""
    return int(number) - 1 if sign else int(number)
