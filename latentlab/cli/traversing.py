"""The command that goes along each latent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentlab import api
from latentlab.cli import values
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import LabelOption, ModelArgument, latent
from latentlab.cli.progress import Progress
from latentlab.errors import UsageError


def traverse(
    common: Common,
    model: ModelArgument,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="Z", help="Where all others stay: 0,0,1 or data:17; else 0."),
    ] = None,
    frames: Annotated[int, typer.Option("--frames", min=2, max=101, help="How many a row.")] = 11,
    reach: Annotated[
        float, typer.Option("--reach", min=0.01, max=1000.0, help="From minus to plus this.")
    ] = 3.0,
    latents: Annotated[
        str | None,
        typer.Option("--latents", metavar="LIST", help="Which, from 1: 3,1,7; else all, by KL."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="A figure: .png, .webp, .svg, .pdf; or .npz.")
    ] = Path("traversal.png"),
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Tell each latent's KL on these data."),
    ] = None,
    label: LabelOption = None,
) -> None:
    """Draw what each latent alone changes: a strip for each, the one that carries most on top."""
    from latentlab.verbs.traversing import check_ending

    check_ending(out)
    refuse_taken(out)
    chosen = (
        None if latents is None else [k - 1 for k in values.whole_numbers(latents, "--latents")]
    )
    if chosen is not None and min(chosen) < 0:
        raise UsageError("Latents are counted from 1.", where="--latents", do="Write 3,1,7.")
    with Progress(common) as progress:
        opened = api.load_model(model, device=common.device)
        found = api.traverse(
            opened,
            None if at is None else latent(opened, at, "--at", data),
            frames=frames,
            reach=reach,
            latents=chosen,
            data=data,
            out=out,
            label=label,
            report=progress.report,
        )
    common.result(
        {
            "out": out,
            "frames": len(found.values),
            "latents": found.latents + 1,
            "sorted_by": found.sorted_by,
            "kl_nats": found.kl,
            "dead": None if found.dead is None else int(found.dead.sum()),
        }
    )
