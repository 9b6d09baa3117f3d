"""The latent space at a glance: the manifold as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.lattices import PRIOR_RECT, decode_lattice
from latentlab.errors import RefusedError, UsageError
from latentlab.specs import Categorical, Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import ModelLike, Rect, load_model

if TYPE_CHECKING:
    from latentlab.latent.charts import Chart
    from latentlab.models.model import Model


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
