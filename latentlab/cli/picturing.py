"""The commands that draw figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import LabelOption, ModelArgument


def render(
    common: Common,
    model: ModelArgument,
    grid: Annotated[int, typer.Option("--grid", min=1, max=200, help="Pictures a side.")] = 20,
    out: Annotated[Path, typer.Option("--out", help="A figure: .png, .webp, .svg or .pdf.")] = Path(
        "manifold.png"
    ),
    label: LabelOption = None,
) -> None:
    """Draw the manifold: what the decoder makes of a grid over the map."""
    from latentlab.export.figure import check_ending

    check_ending(out)
    refuse_taken(out)
    opened = api.load_model(model, device=common.device)
    picture = api.render(opened, grid=grid, out=out, label=label)
    columns = picture.shape[1] // opened.spec.shape[2]  # as asked for, or those of all codes
    common.result({"out": out, "grid": columns})
