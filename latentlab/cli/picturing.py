"""The command that draws figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from latentlab import api
from latentlab.cli import values
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.layers import OF_ROWS, render_layer, render_posteriors
from latentlab.cli.looking import LabelOption, ModelArgument, latent
from latentlab.errors import UsageError

FIGURE = "The figure"
PAGE = "The page"


def _option(*names: str, text: str, panel: str = FIGURE, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, metavar=metavar)


def render(
    common: Common,
    model: ModelArgument,
    kind: Annotated[
        str,
        _option(
            "--figure",
            text="manifold, palette, classes, traversal, reconstructions or comparison.",
            metavar="KIND",
        ),
    ] = "manifold",
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer",
            metavar="LAYER",
            help="A layer of the map instead: density, aggregate, decisions, magnification, "
            "entropy, log_px or far; with --rows also posterior (q(z|x) of these data) and "
            "true_posterior (p(z|x) beside it). .npz has its numbers.",
        ),
    ] = None,
    grid: Annotated[
        int | None,
        typer.Option(
            "--grid", min=1, max=200, help="Pictures a side, or cells; 20, of a palette 9."
        ),
    ] = None,
    spacing: Annotated[
        str | None, _option("--spacing", text="uniform, or quantiles of the prior.", metavar="HOW")
    ] = None,
    corner: Annotated[
        list[str] | None,
        _option("--corner", text="Of a palette: four times, row by row.", metavar="Z"),
    ] = None,
    curve: Annotated[
        str | None, _option("--curve", text="Of a palette: bilinear or spherical.", metavar="HOW")
    ] = None,
    at: Annotated[str | None, _option("--at", text="Where a traversal stays.", metavar="Z")] = None,
    start: Annotated[str | None, _option("--from", text="A of a comparison.", metavar="Z")] = None,
    end: Annotated[str | None, _option("--to", text="B of a comparison.", metavar="Z")] = None,
    steps: Annotated[int | None, _option("--steps", text="Pictures a row.")] = None,
    reach: Annotated[float | None, _option("--reach", text="A traversal's ends, +-.")] = None,
    share: Annotated[
        float | None, _option("--share", text="Of the way from class to class, 0 to 1.")
    ] = None,
    count: Annotated[int | None, _option("--count", text="Data to reconstruct.")] = None,
    columns: Annotated[int | None, _option("--columns", text="Data in a row.")] = None,
    rows: Annotated[
        str | None, _option("--rows", text="These data, by row: 3,17,20.", metavar="LIST")
    ] = None,
    data: Annotated[
        str | None,
        _option("--data", text="For classes, reconstructions, data:17.", metavar="DATA"),
    ] = None,
    title: Annotated[str | None, _option("--title", text="Above it.", panel=PAGE)] = None,
    width_in: Annotated[
        float | None, _option("--width", text="In inches; 7 if not given.", panel=PAGE)
    ] = None,
    dpi: Annotated[
        int | None, _option("--dpi", text="Dots an inch; 300 if not given.", panel=PAGE)
    ] = None,
    gap: Annotated[
        float | None, _option("--gap", text="Between pictures: a share of one.", panel=PAGE)
    ] = None,
    colours: Annotated[
        str | None,
        _option("--colours", text="gray, inverted, viridis, magma, cividis.", panel=PAGE),
    ] = None,
    names: Annotated[
        bool | None,
        typer.Option("--names/--no-names", help="Of rows and columns.", rich_help_panel=PAGE),
    ] = None,
    smooth: Annotated[
        bool | None,
        typer.Option("--smooth/--crisp", help="How pixels are enlarged.", rich_help_panel=PAGE),
    ] = None,
    ground: Annotated[
        str | None, _option("--ground", text="white or black.", panel=PAGE, metavar="COLOUR")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="A figure: .png, .webp, .svg or .pdf.")] = Path(
        "manifold.png"
    ),
    label: LabelOption = None,
) -> None:
    """Draw a figure: the manifold pixel for pixel, or any kind as a page that can be printed.

    The manifold as .png or .webp has no words around it, unless something of the page is asked for.
    """
    if layer is None:
        from latentlab.export.figure import check_ending

        check_ending(out)
        refuse_taken(out)
    page = _given(
        title=title,
        width_in=width_in,
        dpi=dpi,
        gap=gap,
        colours=colours,
        names=names,
        smooth=smooth,
        ground=ground,
    )
    of_kind = _given(
        spacing=spacing,
        curve=curve,
        steps=steps,
        reach=reach,
        share=share,
        count=count,
        columns=columns,
    )
    if layer in OF_ROWS:
        _refuse_stray(page | of_kind | _given(grid=grid, label=label), what="this layer")
        chosen = () if rows is None else values.whole_numbers(rows, "--rows")
        render_posteriors(common, model, layer, out=out, rows=chosen, data=data)
        return
    if layer is not None:
        _refuse_stray(page | of_kind | _given(rows=rows), what="this layer")
        render_layer(common, model, layer, out=out, side=grid, data=data, label=label)
        return
    opened = api.load_model(model, device=common.device)
    if kind == "manifold" and not page and spacing in (None, "uniform"):
        _refuse_stray(of_kind, "spacing")
        picture = api.render(opened, grid=grid or 20, out=out, label=label)
        across = picture.shape[1] // opened.spec.shape[2]  # as asked for, or those of all codes
        common.result({"out": out, "grid": across})
        return
    if grid is not None:
        of_kind["side" if kind == "palette" else "grid"] = grid
    of_kind |= _latents(opened, data, at=at, a=start, b=end)
    if corner:
        of_kind["corners"] = [latent(opened, z, "--corner", data) for z in corner]
    if rows is not None:
        of_kind["rows"] = values.whole_numbers(rows, "--rows")
    drawn = api.figure(opened, kind, data=data, out=out, label=label, **of_kind, **page)
    height, width = drawn.shape[:2]
    common.result({"out": out, "figure": kind, "width_px": width, "height_px": height})


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _latents(opened: api.Model, data: str | None, **texts: str | None) -> dict[str, Any]:
    options = {"at": "--at", "a": "--from", "b": "--to"}
    return {
        name: latent(opened, text, options[name], data).tolist()
        for name, text in texts.items()
        if text is not None
    }


def _refuse_stray(options: dict[str, Any], *known: str, what: str = "the manifold") -> None:
    for name in options:
        if name not in known:
            option = {"width_in": "width"}.get(name, name)
            raise UsageError(
                f"--{option} is not for {what}.",
                where=f"--{option}",
                do="Choose another --figure, or leave it out.",
            )
