"""The latent space at a glance: the manifold, and figures of other kinds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentlab.engine.lattices import PRIOR_RECT, decode_lattice
from latentlab.errors import RefusedError, UsageError
from latentlab.parts.base import Spec
from latentlab.parts.figures import (
    ClassTable,
    Comparison,
    FigureLook,
    FigureSpec,
    Manifold,
    Palette,
    Reconstructions,
    Traversal,
)
from latentlab.specs import Categorical, Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import Data, ModelLike, Rect, codes_of, data_for, load_model

if TYPE_CHECKING:
    from latentlab.engine.figures import Scene
    from latentlab.latent.charts import Chart
    from latentlab.models.model import Model

KINDS: dict[str, type[FigureSpec]] = {
    "manifold": Manifold,
    "palette": Palette,
    "classes": ClassTable,
    "traversal": Traversal,
    "reconstructions": Reconstructions,
    "comparison": Comparison,
}
S = TypeVar("S", bound=Spec)


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
    chart = chart_of(model)
    lattice = decode_lattice(model, chart, _rect(model, rect), grid, class_of(model, label))
    if out is not None:
        figure.write_manifold(Path(out), lattice.images, lattice.rect, chart.names)
    return figure.tile(lattice.images)


def figure(
    model: ModelLike,
    kind: str | FigureSpec = "manifold",
    *,
    data: Data | None = None,
    out: Path | str | None = None,
    label: int | str | None = None,
    device: Device = "auto",
    **options: Any,
) -> NDArray[np.uint8]:
    """A figure of the latent space, as it is printed.

    The kinds and their options: "manifold" (`grid`, `spacing="quantiles"` for equal shares of the
    prior's mass, `rect`), "palette" (four `corners`, `side`, `curve="spherical"`), "classes"
    (`share`, or `steps` for a row a pair), "traversal" (`at`, `steps`, `reach`, `latents`),
    "reconstructions" (`count`, `columns`, `rows`) and "comparison" (`a`, `b`, `steps`). The page:
    `title`, `width_in` (inches), `dpi`, `gap` (a share of a picture's side), `colours` ("gray",
    "inverted", "viridis", "magma", "cividis"), `names`, `smooth`, `ground` ("white", "black").

    Args:
        model: The decoder.
        kind: What is drawn: a name, or a spec with its options.
        data: For classes, reconstructions and the order of a traversal; None takes the codes that
            are kept in the model's file.
        out: A file to write: .png, .webp, .svg or .pdf.
        label: Class or its name to decode all of it as, for models that are told of classes.
        device: Where it computes.
        **options: As above.

    Returns:
        The page as dots (H, W, 3) uint8: what a .png of it holds.

    Raises:
        UsageError: An option is unknown or out of range, or does not fit the model.
        RefusedError: Labels, data or a prior are missing that the figure needs.
        LatentlabError: The file can't be written.

    Example:
        >>> from latentlab import train
        >>> page = figure(train("digits", steps=2), "traversal", steps=5, width_in=3, dpi=100)
        >>> page.shape[1:]
        (300, 3)
    """
    from latentlab.engine.boards import board_of
    from latentlab.export.figure import check_ending
    from latentlab.export.page import picture, write_page

    wanted, look = wanted_figure(kind, options)
    if out is not None:
        check_ending(Path(out))
    model = load_model(model, device=device)
    board = board_of(model, wanted, _scene(model, wanted, data, label))
    page = picture(board, look)
    if out is not None:
        write_page(Path(out), board, look)
    return page


def wanted_figure(kind: str | FigureSpec, options: dict[str, Any]) -> tuple[FigureSpec, FigureLook]:
    """What is drawn, and how its page looks, from options by name.

    Raises:
        UsageError: The kind or an option is unknown, or out of range.

    Example:
        >>> wanted_figure("palette", {"side": 5, "dpi": 100})[0].side
        5
    """
    on_page = {k: v for k, v in options.items() if k in FigureLook.__struct_fields__}
    of_kind = {k: v for k, v in options.items() if k not in on_page}
    if isinstance(kind, str):
        if kind not in KINDS:
            raise UsageError(
                f'There is no figure "{kind}".', where="figure", do=f"Choose {', '.join(KINDS)}."
            )
        wanted = made(KINDS[kind], of_kind)
    else:
        wanted = made(type(kind), {**msgspec.structs.asdict(kind), **of_kind})
    return wanted, made(FigureLook, on_page)


def made(kind: type[S], options: dict[str, Any]) -> S:
    """A spec from its options by name, checked.

    Raises:
        UsageError: An option is unknown or out of range.
    """
    for name in options:
        if name not in kind.__struct_fields__:
            raise UsageError(
                f'There is no option "{name}" here.',
                where=str(kind.__struct_config__.tag),
                do=f"Choose among {', '.join(kind.__struct_fields__)}.",
            )
    try:
        return msgspec.convert(msgspec.to_builtins(options, enc_hook=np.ndarray.tolist), kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`").partition("[")[0]
        choices = get_args(get_type_hints(kind)[name]) if "enum" in what else ()
        raise UsageError(
            f"{what}.",
            where=name or str(kind.__struct_config__.tag),
            do=f"Choose {', '.join(map(str, choices))}." if choices else "",
        ) from error


def _scene(model: Model, wanted: FigureSpec, data: Data | None, label: int | str | None) -> Scene:
    from latentlab.engine.figures import Scene

    stored, number = model.stored_map, class_of(model, label)
    codes, labels, names = None, None, model.header.label_names
    dataset = None if data is None else data_for(model, data)
    if dataset is not None and not isinstance(wanted, Reconstructions) and model.code_dim:
        found = codes_of(model, dataset)
        codes, labels, names = found.z, found.labels, dataset.label_names
    elif stored is not None:
        codes, labels = stored.codes, stored.labels
    chart = chart_of(model) if isinstance(wanted, Manifold | Palette) and model.code_dim else None
    return Scene(
        chart,
        rect=_rect(model, None),
        codes=codes,
        labels=labels,
        names=names,
        dataset=dataset,
        label=number,
    )


def chart_of(model: Model) -> Chart:
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
