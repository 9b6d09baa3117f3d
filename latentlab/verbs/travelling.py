"""Travelling through latent space: paths with their lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import RefusedError, UsageError
from latentlab.latent.courses import COURSES, CourseKind
from latentlab.latent.spacing import Spacing
from latentlab.latent.standing import standing_words
from latentlab.specs import Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import Data, ModelLike, load_model

if TYPE_CHECKING:
    from latentlab.engine.travels import PathTraced
    from latentlab.engine.values import Codes
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
        metric: What the metric is; empty where there is none (grids of codes).
        largest_jump: The largest step of the picture between two frames.
        evenness: The film's longest step in the metric over its shortest.
        nearest_distance: The frames' mean distance to the nearest datum in z, where data are known.
        farthest_distance: The largest of these distances.
        data_used: How many of the data decided the path, where not all of them did.
    """

    z: NDArray[np.float64]
    pictures: NDArray[np.float32]
    euclidean_length: float
    metric_length: float
    straight_metric_length: float
    metric: str = ""
    largest_jump: float | None = None
    evenness: float | None = None
    nearest_distance: float | None = None
    farthest_distance: float | None = None
    data_used: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """How a path goes: its kind, its frames' spacing, and the data that it may need."""

    kind: CourseKind = "straight"
    spacing: Spacing = "z"
    closed: bool = False
    density: float = 0.0
    data: Data | None = None


def interpolate(
    model: ModelLike,
    start: ArrayLike,
    end: ArrayLike,
    *,
    via: Sequence[ArrayLike] = (),
    path: str = "straight",
    spacing: str = "z",
    loop: bool = False,
    density: float = 0.0,
    data: Data | None = None,
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
        path: "straight", "slerp" (the direction turns, |z| goes evenly), "spline" (Catmull-Rom
            through all points), "geodesic" (the shortest in the decoder's pull-back metric) or
            "graph" (from datum to neighbouring datum).
        spacing: "z" (frames lie evenly in z, every point is one) or "metric" (each frame changes
            the picture as much).
        loop: Whether it goes back to where it began.
        density: Weight of a term that keeps a geodesic near data; the metric's name tells it.
        data: For the graph, for `density` and for distances; None takes the file's map, if any.
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
        RefusedError: The path needs data, and none are known.
        LatentlabError: The film can't be written.

    Example:
        >>> from latentlab import train
        >>> walk = interpolate(train("digits", steps=2), [0.0, 0.0], [3.0, 4.0], frames=5)
        >>> walk.pictures.shape, walk.euclidean_length
        ((5, 1, 8, 8), 5.0)
    """
    route = route_of(path, spacing, closed=loop, density=density, data=data)
    if out is not None:
        from latentlab.export.film import check_ending

        check_ending(Path(out))
    model = load_model(model, device=device)
    chosen = class_of(model, label)
    if model.quantised:
        walk = _fade(model, [start, *via, end, *([start] if loop else [])], frames)
    else:
        walk = _walk(model, route, [start, *via, end], frames, chosen)
    if out is not None:
        _write(Path(out), walk, frames_per_s)
    return walk


def _walk(
    model: Model, route: Route, stops: Sequence[ArrayLike], frames: int, label: int | None
) -> Interpolation:
    if not model.code_dim:
        from latentlab.models.density import no_latents

        no_latents()
    points = _points(stops, model.code_dim)
    if frames < len(points):
        raise UsageError(
            f"{frames} frames can't pass through {len(points)} points.",
            where="frames",
            do=f"Ask for at least {len(points)}.",
        )
    codes = _codes(model, route)
    found = traced(model, route, points, frames, label, codes)
    figures = found.figures
    if figures is None or figures.metric is None or figures.straight is None:
        raise AssertionError("the settled answer has figures")
    return Interpolation(
        z=found.z,
        pictures=model.decode(found.z, label),
        euclidean_length=figures.euclidean,
        metric_length=figures.metric,
        straight_metric_length=figures.straight,
        metric=figures.metric_name,
        largest_jump=figures.jump,
        evenness=figures.evenness,
        nearest_distance=figures.nearest,
        farthest_distance=figures.farthest,
        data_used=standing_words(route.kind, route.density, 0 if codes is None else len(codes.z)),
    )


def traced(
    model: Model,
    route: Route,
    points: NDArray[np.float64],
    frames: int,
    label: int | None,
    codes: Codes | None,
) -> PathTraced:
    """The settled course of a route through points (P, d), by the same code as the window's."""
    from latentlab.engine.grids import decoder_for
    from latentlab.engine.nearest import Nearest
    from latentlab.engine.travelling import Tracer
    from latentlab.engine.travels import TracePath

    density = route.density if route.kind == "geodesic" else 0.0
    request = TracePath(
        0,
        points,
        route.kind,
        route.spacing,
        frames,
        0.0,
        closed=route.closed,
        density=density,
        codes=codes,
        label=label,
    )
    decoder = decoder_for(model.vae, model.device)
    if decoder is None:
        raise AssertionError("a model with latents decodes")
    nearest = None if codes is None else Nearest(codes)
    *_, last = Tracer().trace(request, decoder, nearest, lambda: True)
    return last


def _codes(model: Model, route: Route) -> Codes | None:
    """The data that distances, density and neighbours are of: those given, else the file's map."""
    from latentlab.engine.embedding import make_codes
    from latentlab.latent.charts import axes_plane
    from latentlab.verbs.looking import embed

    stored = model.stored_map
    if route.data is not None:
        z = embed(model, route.data)
    elif stored is not None:
        z = stored.codes
    elif route.kind == "graph" or (route.kind == "geodesic" and route.density > 0.0):
        raise RefusedError(
            "This path needs data, and the model's file holds no map of any.",
            where=f"path {route.kind}",
            do="Say with data (--data) which.",
        )
    else:
        return None
    count = len(z)
    labels, split = np.full(count, -1, np.int64), np.zeros(count, np.int8)
    return make_codes(np.asarray(z, np.float32), labels, split, axes_plane(model.code_dim))


def _fade(model: Model, stops: Sequence[ArrayLike], frames: int) -> Interpolation:
    if frames < len(stops):
        raise UsageError(f"{frames} frames are too few.", do="Ask for one at every point.")
    from latentlab.latent.metric import euclidean_length
    from latentlab.verbs.fading import fade, moved

    z, pictures = fade(model, stops, frames)
    far, (_, fine) = euclidean_length(z), fade(model, stops, max(FINE, len(stops)))
    return Interpolation(z, pictures, far, moved(fine), moved(fine))


def route_of(path: str, spacing: str, *, closed: bool, density: float, data: Data | None) -> Route:
    """The route that words mean.

    Raises:
        UsageError: There is no such kind or spacing, or the density's weight is negative.
    """
    kind = next((kind for kind in COURSES if kind == path), None)
    if kind is None:
        raise UsageError(
            f'There is no path "{path}".', where="path", do=f"Choose {', '.join(COURSES)}."
        )
    by = next((by for by in ("z", "metric") if by == spacing), None)
    if by is None:
        raise UsageError(
            f'Frames are not spaced by "{spacing}".', where="spacing", do="Choose z or metric."
        )
    if not 0.0 <= density < float("inf"):
        raise UsageError("The density's weight is 0 or more.", where="density")
    return Route(kind, "z" if by == "z" else "metric", closed, density, data)


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
