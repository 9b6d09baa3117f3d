"""The commands about directions: make, list, apply, changes, remove."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import DataOption, LabelOption, ModelArgument, latent
from latentlab.errors import UsageError
from latentlab.latent.directions import Direction

_ = typer.Option
NameOption = Annotated[str, _("--name", metavar="NAME", help="What it is called.")]


def make(
    common: Common,
    model: ModelArgument,
    name: NameOption,
    with_: Annotated[
        str, _("--with", metavar="GROUP", help="A class by name or number; several with commas.")
    ],
    without: Annotated[
        str, _("--without", metavar="GROUP", help="Likewise; without it, all the rest.")
    ] = "rest",
    hold: Annotated[
        list[str] | None,
        _("--hold", metavar="NAME", help="A kept direction to leave as it is; as often as wanted."),
    ] = None,
    data: DataOption = None,
) -> None:
    """Make a direction from two groups of data, and keep it beside the model."""
    found = api.make_direction(
        model,
        data,
        name,
        with_,
        without,
        hold=hold or (),
        save=True,
        device=common.device,
        seed=common.seed or 0,
    )
    common.result(_fields(found))


def list_(common: Common, model: ModelArgument) -> None:
    """Name the directions that are kept beside a model."""
    found = api.directions(model)
    if common.json:
        common.result({"directions": [_fields(one) for one in found]})
    elif found:
        common.result({one.name: _said(one) for one in found})
    else:
        common.say("There are no directions yet: latentlab directions make.")


def apply(
    common: Common,
    model: ModelArgument,
    name: NameOption,
    at: Annotated[str, _("--at", metavar="Z", help="0.42,-1.17, or data:17; --at=-0.4,1.")],
    strength: Annotated[float, _("--strength", help="How far, each way, in lengths of it.")] = 1.0,
    frames: Annotated[
        int, _("--frames", min=1, max=1000, help="1 goes by the strength alone.")
    ] = 9,
    out: Annotated[
        Path | None, _("--out", help="A film by its ending: .gif, .webp, .mp4, .png, .npz.")
    ] = None,
    data: DataOption = None,
    label: LabelOption = None,
) -> None:
    """Walk a kept direction from a latent point: from -strength to +strength."""
    from latentlab.data.dataset import to_picture
    from latentlab.export.film import check_ending, write_film

    if out is not None:
        check_ending(out)
        refuse_taken(out)
    opened = api.load_model(model, device=common.device)
    start = latent(opened, at, "--at", data)
    strengths = np.linspace(-strength, strength, frames) if frames > 1 else np.array([strength])
    chosen = next((one for one in api.directions(model) if one.name == name), None)
    if chosen is None:
        known = ", ".join(one.name for one in api.directions(model)) or "none yet"
        raise UsageError(f'There is no direction "{name}".', do=f"There are {known}.")
    z, shown = api.walk_direction(opened, chosen, start, strengths, label=label)
    if out is not None:
        write_film(out, to_picture(shown), frames_per_s=20.0, z=z)
    common.result({"out": out, "frames": len(z), "z": z})


def changes(
    common: Common,
    model: ModelArgument,
    at: Annotated[str, _("--at", metavar="Z", help="0.42,-1.17, or data:17; --at=-0.4,1.")],
    data: DataOption = None,
    label: LabelOption = None,
) -> None:
    """What can change at a latent point: principal directions of the decoder's Jacobian."""
    opened = api.load_model(model, device=common.device)
    amounts, ways = api.jacobian_directions(opened, latent(opened, at, "--at", data), label=label)
    common.result({"pixels_per_unit": amounts, "directions": ways})


def remove(common: Common, model: ModelArgument, name: NameOption) -> None:
    """Take a direction out of those kept beside a model."""
    api.remove_direction(model, name)
    common.result({"removed": name})


def _fields(one: Direction) -> dict[str, Any]:
    sure = one.consistency
    return {
        "name": one.name,
        "length": float(np.linalg.norm(one.vector)),
        "with": one.with_count,
        "without": one.without_count,
        "consistency": None if sure is None else asdict(sure),
        "about": one.about,
        "vector": one.vector,
    }


def _said(one: Direction) -> str:
    said = f"length {np.linalg.norm(one.vector):.3g}"
    sure = one.consistency
    if sure is None:
        return said
    return (
        f"{said}, {one.with_count:,} against {one.without_count:,} data, cosine {sure.cosine:.2f}"
        f" (random pairs {sure.random:.2f}), effect size {sure.effect_size:.2f}"
    )
