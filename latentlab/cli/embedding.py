"""The command that writes codes as a table, with what else is known of each datum."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import (
    DataArgument,
    ImageSizeOption,
    ModelArgument,
    XKeyOption,
    opened,
)
from latentlab.cli.progress import Progress
from latentlab.data.attributes import Attribute
from latentlab.data.measures import CLUSTERS, NEIGHBOURS
from latentlab.engine.values import MOST_LAID_OUT
from latentlab.verbs.measuring import check_figures, check_where


def embed(
    common: Common,
    model: ModelArgument,
    data: DataArgument,
    out: Annotated[Path, typer.Option("--out", help="A table: .npz, .csv or .parquet.")],
    image_size: ImageSizeOption = None,
    x_key: XKeyOption = None,
    with_: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="LIST",
            help="Beside z: recon, kl, bound, logp, distance, cluster (with commas).",
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="TEXT", help='Only these: "class is 3 or 5 and recon > 120".'
        ),
    ] = None,
    clusters: Annotated[
        int, typer.Option("--clusters", min=1, max=1000, help="Of k-means in z.")
    ] = CLUSTERS,
    neighbours: Annotated[
        int, typer.Option("--neighbours", min=1, help="To so many the distance is.")
    ] = NEIGHBOURS,
    samples: Annotated[
        int | None,
        typer.Option("--samples", min=1, help="K of importance sampling; 64 where not said."),
    ] = None,
    chart: Annotated[
        str | None,
        typer.Option(
            "--chart",
            metavar="CHART",
            help="Beside z, places on a map: pca, axes:z1,z2, lda, tsne or umap.",
        ),
    ] = None,
    laid_out: Annotated[
        int,
        typer.Option("--laid-out", min=4, help="A layout is fitted to at most so many data."),
    ] = MOST_LAID_OUT,
) -> None:
    """Write the code z of every datum, or of those that an expression chooses."""
    from latentlab.data.where import parse
    from latentlab.export import tables

    tables.check_ending(out)
    names = [] if with_ is None else [name.strip() for name in with_.split(",") if name.strip()]
    check_figures(names)
    parse(where or "")
    if chart is not None:
        from latentlab.verbs.charting import check_chart

        check_chart(chart)
    refuse_taken(out)
    told: dict[str, Any] = {}
    with Progress(common) as progress:
        loaded = api.load_model(model, device=common.device)
        dataset = opened(model, data, image_size, x_key, progress)
        check_where(dataset, where or "", model=loaded)
        if chart is None:
            z = api.embed(loaded, dataset, report=progress.report)
            more: dict[str, NDArray[Any]] = {}
        else:
            z, more, told = _charted(common, loaded, dataset, chart, laid_out, progress)
        measured: dict[str, Attribute] = {}
        if names:
            measured = api.measure(
                loaded,
                dataset,
                names,
                z=z,
                clusters=clusters,
                neighbours=neighbours,
                samples=samples,
                seed=common.seed or 0,
                report=progress.report,
            )
            told["with"] = {name: found.how for name, found in measured.items()}
        rows = None
        if where:
            rows = api.where(
                dataset, where, model=loaded, z=z, measured=measured, report=progress.report
            )
            told["rows"] = len(z)
        more |= {name: _column(found) for name, found in measured.items()}
        tables.write_codes(out, z, dataset, more=more, rows=rows)
    count = len(z) if rows is None else len(rows)
    common.result({"out": out, "count": count, "latent_dim": z.shape[1], **told})


def _charted(
    common: Common,
    model: api.Model,
    dataset: api.Dataset,
    chart: str,
    laid_out: int,
    progress: Progress,
) -> tuple[NDArray[np.float32], dict[str, NDArray[Any]], dict[str, Any]]:
    """Codes, places on the map, and what is said of them."""
    found = api.chart(
        model,
        dataset,
        chart,
        most=laid_out,
        seed=common.seed or 0,
        device=common.device,
        report=progress.report,
    )
    if found.laid_out is not None and found.laid_out < len(found.z):
        progress.line(
            f"{found.laid_out:,} of {len(found.z):,} data are laid out, the others lie among"
            " their nearest of those."
        )
    places = {"map_x": found.xy[:, 0], "map_y": found.xy[:, 1]}
    told = {"chart": chart, "axes": found.names, "laid_out": found.laid_out}
    return found.z, places, told


def _column(found: Attribute) -> NDArray[Any]:
    """The numbers as they are; clusters from 1, none as 0."""
    return found.values if found.numbers is not None else found.values + 1
