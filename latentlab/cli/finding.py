"""The commands that find outliers and near-identical data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from latentlab import api
from latentlab.cli import values
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import DataArgument, ImageSizeOption, XKeyOption, opened
from latentlab.cli.progress import Progress
from latentlab.errors import UsageError
from latentlab.verbs.finding import BYS, NEIGHBOURS, THRESHOLD

if TYPE_CHECKING:
    from latentlab.data.dataset import Dataset

OUT_HELP = "A table (.csv, .npz, .parquet) or a sheet of the pictures (.png, .webp)."
LISTED = 20  # groups that are told in words


def outliers(
    common: Common,
    data: DataArgument,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="A model file or a run folder.")
    ],
    by: Annotated[
        str,
        typer.Option("--by", help="; ".join(f"{name}: {what}" for name, what in BYS.items())),
    ] = "bound",
    count: Annotated[int, typer.Option("--count", min=1, help="How many.")] = 50,
    neighbours: Annotated[
        int, typer.Option("--neighbours", min=1, help="Nearest codes, for distance.")
    ] = NEIGHBOURS,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Draws of z for each.")] = 8,
    out: Annotated[Path | None, typer.Option("--out", help=OUT_HELP)] = None,
    image_size: ImageSizeOption = None,
    x_key: XKeyOption = None,
) -> None:
    """The data that stand apart most: by the bound, or by distance in z."""
    if by not in BYS:
        raise UsageError(
            f'There is no measure "{by}".', where="--by", do=f"Choose {', '.join(BYS)}."
        )
    _check_out(out)
    with Progress(common) as progress:
        loaded = api.load_model(model, device=common.device)
        dataset = opened(model, data, image_size, x_key, progress)
        found = api.outliers(
            loaded,
            dataset,
            by=by,  # type: ignore[arg-type]
            count=count,
            neighbours=neighbours,
            samples=samples,
            device=common.device,
            seed=common.seed or 0,
            report=progress.report,
        )
    names = [dataset.label_name(int(row)) for row in found.rows]
    _write(
        out,
        dataset,
        found.rows,
        {
            "rank": np.arange(1, len(found.rows) + 1),
            "row": found.rows,
            "label": dataset.labels[found.rows],
            "label_name": np.asarray(names, dtype=object),
            by: found.values,
        },
    )
    common.result(
        {
            "by": by,
            "unit": found.unit,
            "count": len(found.rows),
            "total": found.total,
            "rows": found.rows,
            "values": found.values,
            "out": out,
        }
    )


def duplicates(
    common: Common,
    data: DataArgument,
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold", help="Largest root mean square difference of values in 0 to 1."
        ),
    ] = THRESHOLD,
    out: Annotated[Path | None, typer.Option("--out", help=OUT_HELP)] = None,
    image_size: ImageSizeOption = None,
    x_key: XKeyOption = None,
) -> None:
    """Data that are the same or nearly, in groups; no pair up to the threshold is missed."""
    _check_out(out)
    with Progress(common) as progress:
        size = values.size(image_size) if image_size is not None else None
        dataset = api.open_dataset(data, image_size=size, x_key=x_key, report=progress.report)
        found = api.duplicates(dataset, threshold=threshold, report=progress.report)
    rows = np.concatenate(found.groups) if found.groups else np.empty(0, np.int64)
    sizes = [len(group) for group in found.groups]
    _write(
        out,
        dataset,
        rows,
        {
            "group": np.repeat(np.arange(1, len(sizes) + 1), sizes),
            "row": rows,
            "label": dataset.labels[rows],
        },
    )
    result: dict[str, Any] = {
        "threshold": threshold,
        "complete_to": found.pairs.limit,
        "identical": found.pairs.identical,
        "pairs": len(found.pairs.first),
        "count": len(rows),
        "groups": found.groups if common.json else _in_words(found.groups),
        "out": out,
    }
    common.result(result)


def _in_words(groups: list[NDArray[np.int64]]) -> str:
    """The first groups, for a person."""
    told = "; ".join(", ".join(map(str, group.tolist())) for group in groups[:LISTED])
    left = len(groups) - LISTED
    return f"{told}; and {left:,} more" if left > 0 else told


def _check_out(out: Path | None) -> None:
    if out is None:
        return
    from latentlab.export import pictures, tables

    if out.suffix.lower() not in pictures.ENDINGS:
        tables.check_ending(out)
    refuse_taken(out)


def _write(
    out: Path | None,
    dataset: Dataset,
    rows: NDArray[np.int64],
    columns: dict[str, NDArray[Any]],
) -> None:
    from latentlab.data.dataset import to_picture
    from latentlab.export import pictures, selected, tables

    if out is None:
        return
    if out.suffix.lower() in pictures.ENDINGS:
        parts = [(rows, to_picture(dataset.inputs(rows)))] if len(rows) else []
        selected.write_selected(out, parts, count=len(rows), labels=dataset.labels)
    else:
        tables.write_columns(out, columns)
