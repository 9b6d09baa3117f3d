"""Travelling through latent space: paths with their lengths, and the manifold at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.engine.lattices import PRIOR_RECT, decode_lattice
from latentlab.errors import RefusedError, UsageError
from latentlab.latent import paths
from latentlab.specs import Categorical, Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import ModelLike, Rect, load_model

if TYPE_CHECKING:
    from torch import Tensor

    from latentlab.latent.charts import Chart
    from latentlab.models.model import Model

FINE = 257  # points of the 256 sub-steps that lengths are measured on


@dataclass(frozen=True, slots=True, eq=False)
class Interpolation:
    """A path and its film.

    Args:
        z: (F, d) float64 latents.
        pictures: (F, C, H, W) float32 in [0, 1].
        euclidean_length: Of the path, in latent units.
        metric_length: Of the path in the decoder's pull-back metric: how far the picture moves.
        straight_metric_length: The same for straight pieces through the same points.
    """

    z: NDArray[np.float64]
    pictures: NDArray[np.float32]
    euclidean_length: float
    metric_length: float
    straight_metric_length: float


def interpolate(
    model: ModelLike,
    start: ArrayLike,
    end: ArrayLike,
    *,
    via: Sequence[ArrayLike] = (),
    path: str = "straight",
    frames: int = 60,
    out: Path | str | None = None,
    frames_per_s: float = 20.0,
    label: int | str | None = None,
    device: Device = "auto",
) -> Interpolation:
    """Walk from one latent point to another, and decode on the way.

    Where a datum is a grid of codes, the path goes from grid to grid, each code switching at a time
    of its own (the kind of path says nothing there); its length is how far the picture moves.

    Args:
        model: The decoder.
        start: (d,) where it begins.
        end: (d,) where it ends.
        via: Points (d,) between them, in order.
        path: "straight", "slerp" (the direction turns, |z| goes evenly) or "spline"
            (Catmull-Rom through all points).
        frames: F, at least 2 and as many as there are points.
        out: A film to write: .gif, .webp, .mp4, .png (a strip) or .npz.
        frames_per_s: Playing speed of the film.
        label: Class or its name to decode all of it as, for models that are told of classes.
        device: Where it computes.

    Returns:
        The frames with their latents and lengths.

    Raises:
        UsageError: The path or the ending is unknown, the points do not fit the model, or slerp
            between antipodes.
        LatentlabError: The film can't be written.

    Example:
        >>> from latentlab import train
        >>> walk = interpolate(train("digits", steps=2), [0.0, 0.0], [3.0, 4.0], frames=5)
        >>> walk.pictures.shape, walk.euclidean_length
        ((5, 1, 8, 8), 5.0)
    """
    kind = _kind(path)
    if out is not None:
        from latentlab.export.film import check_ending

        check_ending(Path(out))
    model = load_model(model, device=device)
    chosen = class_of(model, label)
    if model.quantised:
        walk = _fade(model, [start, *via, end], frames)
    else:
        walk = _walk(model, kind, [start, *via, end], frames, chosen)
    if out is not None:
        _write(Path(out), walk, frames_per_s)
    return walk


def _walk(
    model: Model,
    kind: paths.PathKind,
    stops: Sequence[ArrayLike],
    frames: int,
    label: int | None,
) -> Interpolation:
    if not model.code_dim:
        from latentlab.models.density import no_latents

        no_latents()
    points = _points(stops, model.code_dim)
    z = paths.through(kind, points, frames)
    from latentlab.latent.metric import euclidean_length, metric_length

    fine = paths.through(kind, points, max(FINE, len(points)))
    decode, where = _decoder(model, label), model.device
    return Interpolation(
        z=z,
        pictures=model.decode(z, label),
        euclidean_length=euclidean_length(fine),
        metric_length=metric_length(decode, fine, device=where),
        straight_metric_length=metric_length(decode, points, device=where),
    )


def _decoder(model: Model, label: int | None) -> Callable[[Tensor], Tensor]:
    """The decoder's mean as a function of z (B, d) alone."""
    if label is None:
        return model.vae.decode
    from torch import full, int64

    return lambda z: model.vae.decode(z, full((len(z),), label, dtype=int64, device=z.device))


def _fade(model: Model, stops: Sequence[ArrayLike], frames: int) -> Interpolation:
    if frames < len(stops):
        raise UsageError(f"{frames} frames are too few.", do="Ask for one at every point.")
    from latentlab.latent.metric import euclidean_length
    from latentlab.verbs.fading import fade, moved

    z, pictures = fade(model, stops, frames)
    far, (_, fine) = euclidean_length(z), fade(model, stops, max(FINE, len(stops)))
    return Interpolation(z, pictures, far, moved(fine), moved(fine))


def render(
    model: ModelLike,
    *,
    grid: int = 20,
    rect: Rect | None = None,
    out: Path | str | None = None,
    label: int | str | None = None,
    device: Device = "auto",
) -> NDArray[np.uint8]:
    """The manifold: what the decoder makes of a grid over the map.

    Args:
        model: The decoder.
        grid: Pictures a side; categorical latents have one for each code instead.
        rect: (x0, y0, x1, y1), the part of the map; None takes the one kept in the model's file,
            or three standard deviations of the prior.
        out: A figure to write: .png or .webp pixel for pixel, .svg or .pdf with axes.
        label: Class or its name to decode all of it as, for models that are told of classes.
        device: Where it computes.

    Returns:
        One picture (grid * H, grid * W), or with 3 colours, uint8; the top row has the largest y.

    Raises:
        UsageError: `grid` is out of range, or the ending is unknown.
        RefusedError: A model of very many codes, or of grids of codes, has no map in its file.
        LatentlabError: The figure can't be written.

    Example:
        >>> from latentlab import train
        >>> render(train("digits", steps=2), grid=3).shape
        (24, 24)
    """
    from latentlab.export import figure

    if not 1 <= grid <= 200:
        raise UsageError(f"A grid of {grid} is out of range.", where="grid", do="Choose 1 to 200.")
    if out is not None:
        figure.check_ending(Path(out))
    model = load_model(model, device=device)
    chart = _chart(model)
    lattice = decode_lattice(model, chart, _rect(model, rect), grid, class_of(model, label))
    if out is not None:
        figure.write_manifold(Path(out), lattice.images, lattice.rect, chart.names)
    return figure.tile(lattice.images)


def _chart(model: Model) -> Chart:
    """The map that is kept in the model's file, else the first two latents; of categories cells."""
    from latentlab.latent.cells import MOST_CELLS, grid_chart
    from latentlab.latent.charts import Plane, axes_plane

    stored, posterior = model.stored_map, model.spec.posterior
    if isinstance(posterior, Categorical):
        every = posterior.categories**model.spec.latent_dim
        if stored is None and every > MOST_CELLS:
            raise RefusedError(
                f"There are {every:,} codes, too many to draw without data that have them.",
                do="Take a model file with its map (train --save).",
            )
        codes = stored.codes if stored is not None else np.zeros((0, model.code_dim))
        return grid_chart(codes, model.spec.latent_dim, posterior.categories)
    if stored is not None:
        return Plane(stored.origin, stored.axes, stored.axis_names)
    return axes_plane(max(1, model.code_dim))


def _rect(model: Model, rect: Rect | None) -> Rect:
    if rect is not None:
        return rect
    kept = model.stored_lattice
    return kept.rect if kept is not None and model.stored_map is not None else PRIOR_RECT


def _kind(path: str) -> paths.PathKind:
    for kind in paths.KINDS:
        if kind == path:
            return kind
    raise UsageError(
        f'There is no path "{path}" yet.', where="path", do=f"Choose {', '.join(paths.KINDS)}."
    )


def _points(points: Sequence[ArrayLike], latent_dim: int) -> NDArray[np.float64]:
    rows = [np.asarray(point, dtype=np.float64).ravel() for point in points]
    for row in rows:
        if len(row) != latent_dim:
            raise UsageError(
                f"The model has {latent_dim} latents, {len(row)} were given.",
                do="Give as many numbers as the model has latents.",
            )
    return np.stack(rows)  # (P, d)


def _write(path: Path, walk: Interpolation, frames_per_s: float) -> None:
    from latentlab.data.dataset import to_picture
    from latentlab.export.film import write_film

    write_film(path, to_picture(walk.pictures), frames_per_s=frames_per_s, z=walk.z)
