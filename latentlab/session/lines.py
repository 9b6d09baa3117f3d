"""The lines that make the same film again: Python with the public verbs, and a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentlab.latent.courses import FORMULAE
from latentlab.parts.films import FilmLook
from latentlab.session.path import PathState

NO_FILE = "model.safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What a film is made of.

    Args:
        model: The model's file or run folder; None where it is in neither.
        path: Waypoints, kind and spacing.
        z: (F, d) the frames' latents.
        look: How it looks.
        out: Where it is written.
        label: The class to decode as, for a model that knows them.
        data: The data on the small map, where they are not in the model's file.
    """

    model: Path | None
    path: PathState
    z: NDArray[np.float64]
    look: FilmLook
    out: str
    label: int | None = None
    data: str = ""


def python_lines(recipe: Recipe) -> str:
    """Python that writes the same film.

    A path that follows from its waypoints is made from them; one that was worked out by a search
    (a geodesic, a shortest path, frames even in the metric) is given frame by frame.
    """
    lines = ["import latentlab", ""]
    note = "" if recipe.model is not None else "  # save the model there first"
    lines.append(f"model = latentlab.load_model({str(recipe.model or NO_FILE)!r}){note}")
    label = "" if recipe.label is None else f", label={recipe.label}"
    lines += _walk(recipe, label)
    options = "".join(f", {k}={v!r}" for k, v in _changed(recipe.look).items())
    data = f", data={recipe.data!r}" if recipe.data else ""
    lines.append(f"latentlab.film(model, walk, {recipe.out!r}{label}{data}{options})")
    return "\n".join(lines) + "\n"


def _walk(recipe: Recipe, label: str) -> list[str]:
    path = recipe.path
    if path.kind not in FORMULAE or path.spacing != "z":
        rows = ",\n".join(f"    {_numbers(row)}" for row in recipe.z)
        return [f"walk = [\n{rows},\n]"]
    stops = [_numbers(stop) for stop in path.z]
    lines = ["walk = latentlab.interpolate(", "    model,", f"    {stops[0]},", f"    {stops[-1]},"]
    if stops[1:-1]:
        lines.append(f"    via=[{', '.join(stops[1:-1])}],")
    lines.append(f"    path={path.kind!r},")
    if path.closed:
        lines.append("    loop=True,")
    lines.append(f"    frames={path.frames}{label},")
    return [*lines, ")"]


def command_line(recipe: Recipe) -> str:
    """The command that writes the same film."""
    path = recipe.path
    words = ["latentlab", "interpolate", str(recipe.model or NO_FILE)]
    stops = [",".join(map(_number, stop)) for stop in path.z]
    words += [f"--from={stops[0]}", *(f"--via={stop}" for stop in stops[1:-1]), f"--to={stops[-1]}"]
    words += ["--path", path.kind, "--frames", str(path.frames)]
    if path.spacing == "metric":
        words += ["--spacing", path.spacing]
    if path.closed:
        words.append("--loop")
    if path.density:
        words += ["--density", _number(path.density)]
    if recipe.label is not None:
        words += ["--label", str(recipe.label)]
    if recipe.data:
        words += ["--data", recipe.data]
    for name, value in _changed(recipe.look).items():
        words += _option(name, value)
    return shlex.join([*words, "--out", recipe.out])


def command_note(recipe: Recipe) -> str:
    """What the command can't say of the film; nothing where it says all."""
    if recipe.path.spacing != "hand":
        return ""
    return "Frames by hand have no option: it spaces them evenly. Copy as Python has yours."


def _option(name: str, value: Any) -> list[str]:
    names = {"side_px": "--size", "frames_per_s": "--frames-per-s"}
    option = names.get(name, f"--{name}")
    return [option] if value is True else [option, str(value)]


def _changed(look: FilmLook) -> dict[str, Any]:
    """The options of a film that are not as they begin."""
    begin = msgspec.structs.asdict(FilmLook())
    return {k: v for k, v in msgspec.structs.asdict(look).items() if v != begin[k]}


def _numbers(values: NDArray[np.float64]) -> str:
    return f"[{', '.join(map(_number, values))}]"


def _number(value: float) -> str:
    return repr(float(value))
