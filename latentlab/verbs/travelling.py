"""Travelling through latent space: paths with their lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError
from latentlab.latent import paths
from latentlab.specs import Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import ModelLike, load_model

if TYPE_CHECKING:
    from torch import Tensor

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
