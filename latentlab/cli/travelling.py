"""The commands that travel through latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import DataOption, LabelOption, ModelArgument, latent
from latentlab.errors import UsageError
from latentlab.latent.courses import COURSES
from latentlab.parts.films import FilmLook
from latentlab.verbs.picturing import made


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
        str,
        typer.Option("--path", metavar="KIND", help="straight, slerp, spline, geodesic or graph."),
    ] = "straight",
    spacing: Annotated[
        str, typer.Option("--spacing", metavar="BY", help="Frames even in z, or in the metric.")
    ] = "z",
    loop: Annotated[bool, typer.Option("--loop", help="Go back to where it began.")] = False,
    density: Annotated[
        float,
        typer.Option("--density", min=0.0, help="Keep a geodesic near data: weight of that term."),
    ] = 0.0,
    frames: Annotated[int, typer.Option("--frames", min=2, max=10_000, help="How many.")] = 60,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="A film: .gif, .webp, .mp4, .png strip, .frames (PNG files), .npz."
        ),
    ] = None,
    frames_per_s: Annotated[
        float, typer.Option("--frames-per-s", min=0.1, max=100.0, help="Playing speed.")
    ] = 20.0,
    side_px: Annotated[
        int | None, typer.Option("--size", min=16, max=4096, help="Pixels of the longer side.")
    ] = None,
    smooth: Annotated[bool, typer.Option("--smooth", help="Enlarge smoothly.")] = False,
    easing: Annotated[
        str,
        typer.Option("--easing", metavar="PACE", help="linear, ease, ease-in or ease-out."),
    ] = "linear",
    back: Annotated[bool, typer.Option("--back", help="Play it there and back.")] = False,
    caption: Annotated[
        str, typer.Option("--caption", help="Below it; {frame}, {frames}, {t}, {z} are filled in.")
    ] = "",
    small_map: Annotated[
        str, typer.Option("--map", metavar="PLACE", help="A small map: inset, beside or none.")
    ] = "none",
    data: DataOption = None,
    label: LabelOption = None,
) -> None:
    """Walk from one latent point to another, and decode on the way."""
    if path not in COURSES:
        raise UsageError(
            f'There is no path "{path}".', where="--path", do=f"Choose {', '.join(COURSES)}."
        )
    if spacing not in ("z", "metric"):
        raise UsageError(
            f'Frames are not spaced by "{spacing}".', where="--spacing", do="Choose z or metric."
        )
    if out is not None:
        from latentlab.export.film import check_ending

        check_ending(out)
        refuse_taken(out)
    look: dict[str, Any] = {
        "frames_per_s": frames_per_s,
        "side_px": side_px,
        "smooth": smooth,
        "easing": easing,
        "back": back,
        "caption": caption,
        "map": small_map,
    }
    made(FilmLook, look)  # before the work
    opened = api.load_model(model, device=common.device)
    walk = api.interpolate(
        opened,
        latent(opened, start, "--from", data),
        latent(opened, end, "--to", data),
        via=[latent(opened, point, "--via", data) for point in via or []],
        path=path,
        spacing=spacing,
        loop=loop,
        density=density,
        data=data,
        frames=frames,
        label=label,
    )
    if out is not None:
        api.film(opened, walk, out, data=data, label=label, **look)
    common.result(
        {
            "out": out,
            "frames": len(walk.z),
            "euclidean_length": walk.euclidean_length,
            "metric_length": walk.metric_length,
            "straight_metric_length": walk.straight_metric_length,
            "metric": walk.metric or None,
            "largest_jump": walk.largest_jump,
            "evenness": walk.evenness,
            "nearest_distance": walk.nearest_distance,
            "farthest_distance": walk.farthest_distance,
            "data_used": walk.data_used or None,
        }
    )
