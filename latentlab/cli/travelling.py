"""The commands that travel through latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import DataOption, LabelOption, ModelArgument, latent
from latentlab.errors import UsageError
from latentlab.latent.paths import KINDS


def interpolate(
    common: Common,
    model: ModelArgument,
    start: Annotated[
        str, typer.Option("--from", metavar="Z", help="0.42,-1.17, or data:17; --from=-0.4,1.")
    ],
    end: Annotated[str, typer.Option("--to", metavar="Z", help="Where it ends.")],
    via: Annotated[
        list[str] | None,
        typer.Option("--via", metavar="Z", help="A point between; as often as wanted."),
    ] = None,
    path: Annotated[
        str, typer.Option("--path", metavar="KIND", help="straight, slerp or spline.")
    ] = "straight",
    frames: Annotated[int, typer.Option("--frames", min=2, max=10_000, help="How many.")] = 60,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A film by its ending: .gif, .webp, .mp4, .png strip, .npz."),
    ] = None,
    frames_per_s: Annotated[
        float, typer.Option("--frames-per-s", min=0.1, max=100.0, help="Playing speed.")
    ] = 20.0,
    data: DataOption = None,
    label: LabelOption = None,
) -> None:
    """Walk from one latent point to another, and decode on the way."""
    if path not in KINDS:
        raise UsageError(
            f'The path "{path}" is not available yet.',
            where="--path",
            do=f"Choose {', '.join(KINDS)}.",
        )
    if out is not None:
        from latentlab.export.film import check_ending

        check_ending(out)
        refuse_taken(out)
    opened = api.load_model(model, device=common.device)
    walk = api.interpolate(
        opened,
        latent(opened, start, "--from", data),
        latent(opened, end, "--to", data),
        via=[latent(opened, point, "--via", data) for point in via or []],
        path=path,
        frames=frames,
        out=out,
        frames_per_s=frames_per_s,
        label=label,
    )
    common.result(
        {
            "out": out,
            "frames": len(walk.z),
            "euclidean_length": walk.euclidean_length,
            "metric_length": walk.metric_length,
            "straight_metric_length": walk.straight_metric_length,
        }
    )
