"""Films of paths, with a caption and a small map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from latentlab.errors import UsageError
from latentlab.parts.films import FilmLook
from latentlab.specs import Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import Data, ModelLike, codes_of, data_for, load_model
from latentlab.verbs.picturing import chart_of, made
from latentlab.verbs.travelling import Interpolation

if TYPE_CHECKING:
    from latentlab.export.smallmap import MapPoints
    from latentlab.models.model import Model


def film(
    model: ModelLike,
    walk: Interpolation | ArrayLike,
    out: Path | str,
    *,
    data: Data | None = None,
    label: int | str | None = None,
    device: Device = "auto",
    **look: Any,
) -> Path:
    """Write a film of a path.

    Args:
        model: The decoder.
        walk: What `interpolate` returned, or the latents (F, d) of the frames.
        out: .gif, .webp, .mp4, .png (a strip), .frames (a folder of PNG files) or .npz.
        data: The data on the small map; None takes those kept in the model's file.
        label: Class or its name to decode all of it as, for models that are told of classes.
        device: Where it computes.
        **look: `frames_per_s`, `side_px`, `smooth`, `easing` ("linear", "ease", "ease-in",
            "ease-out"), `back`, `caption` ("{frame} of {frames}: {z}"), `map` ("inset", "beside").

    Returns:
        The path.

    Raises:
        UsageError: The ending or an option is unknown, or the latents do not fit the model.
        LatentlabError: The film can't be written.

    Example:
        >>> import tempfile
        >>> from latentlab import interpolate, train
        >>> model = train("digits", steps=2)
        >>> walk = interpolate(model, [0.0, 0.0], [1.0, 1.0], frames=4)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     film(model, walk, f"{folder}/a.gif", side_px=64, caption="{frame}").name
        'a.gif'
    """
    from latentlab.data.dataset import to_picture
    from latentlab.engine.filming import film_of
    from latentlab.engine.films import Export
    from latentlab.export.film import check_ending, write_film

    target, wanted = Path(out), made(FilmLook, look)
    check_ending(target)
    model = load_model(model, device=device)
    known = walk if isinstance(walk, Interpolation) else None
    z = np.asarray(walk.z if isinstance(walk, Interpolation) else walk, dtype=np.float64)
    if z.ndim != 2 or z.shape[1] != model.code_dim:
        raise UsageError(
            f"The model has {model.code_dim} latents, the path has the shape {z.shape}.",
            where="walk",
            do="Give (F, d) latents, or what interpolate returned.",
        )
    frames = to_picture(known.pictures) if known is not None else None
    request = Export(0, target, z, class_of(model, label), wanted, frames)
    pictures, shown = film_of(model, request)
    places = chart_of(model).project(shown) if wanted.map != "none" else None
    points = _points(model, data) if wanted.map != "none" else None
    write_film(target, pictures, z=shown, look=wanted, places=places, points=points)
    return target


def _points(model: Model, data: Data | None) -> MapPoints | None:
    from latentlab.export.smallmap import MapPoints
    from latentlab.views.palette import class_colors, unlabelled_color

    chart, stored = chart_of(model), model.stored_map
    if data is not None:
        codes = codes_of(model, data_for(model, data))
        z, labels = codes.z, codes.labels
    elif stored is not None:
        z, labels = stored.codes, stored.labels
    else:
        return None
    count = int(labels.max(initial=-1)) + 1
    names = (unlabelled_color("dark"), *class_colors(count, "dark"))
    colours = np.array([list(bytes.fromhex(name[1:])) for name in names], dtype=np.uint8)
    return MapPoints(chart.place(z), labels + 1, colours)
