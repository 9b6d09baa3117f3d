"""What every command shares: the options after its name, and how it says things.

Standard output carries the result alone: lines for a person, or one JSON object with `--json`.
Everything else goes to standard error.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import numpy as np
import typer

from latentlab.errors import LatentlabError, RefusedError, UsageError
from latentlab.specs import Device

DEVICES: tuple[str, ...] = get_args(Device)

_DeviceOption = Annotated[
    str, typer.Option("--device", help="auto, cpu, cuda, mps or xpu.", metavar="NAME")
]
_SeedOption = Annotated[
    int | None, typer.Option("--seed", help="Seed of everything drawn at random.", min=0)
]
_QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing while working.")]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]
_DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]


@dataclass(frozen=True, slots=True)
class Common:
    """The options that stand after every command."""

    device: Device = "auto"
    seed: int | None = None
    quiet: bool = False
    json: bool = False
    debug: bool = False

    def say(self, text: str) -> None:
        """Tell a person something on standard error, unless quiet."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)  # noqa: T201

    def result(self, fields: Mapping[str, Any]) -> None:
        """Print what came out: one JSON object, or a line for each field."""
        if self.json:
            print_json(fields)
            return
        width = max(len(key) for key in fields)
        for key, value in fields.items():
            print(f"{key:<{width}}  {_readable(value)}")  # noqa: T201


class UnfinishedError(LatentlabError):
    """Work that ended before its end, with what it came to; `--json` prints both.

    Args:
        error: What happened; its exit code is kept.
        fields: The result's keys all the same.
    """

    def __init__(self, error: LatentlabError, fields: Mapping[str, Any]) -> None:
        super().__init__(error.what, where=error.where, do=error.do)
        self.exit_code = error.exit_code
        self.fields = fields


Command = Callable[..., None]


def with_common(command: Command) -> Command:
    """Give `command(common, ...)` the five common options in the place of its first argument."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
    ][1:]
    shared = [
        _option("device", _DeviceOption, "auto"),
        _option("seed", _SeedOption, None),
        _option("quiet", _QuietOption, False),
        _option("json_", _JsonOption, False),
        _option("debug", _DebugOption, False),
    ]

    @functools.wraps(command)
    def run(
        *, device: str, seed: int | None, quiet: bool, json_: bool, debug: bool, **options: Any
    ) -> None:
        common = Common(checked_device(device), seed, quiet, json_, debug)
        command(common, **options)

    signature = [*own, *shared]
    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature]
    run.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in keyword}
    del run.__wrapped__  # or typing would read the old hints
    return run


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def checked_device(name: str) -> Device:
    """Return the device's name, if it is one.

    Raises:
        UsageError: It is not.
    """
    if name not in DEVICES:
        raise UsageError(
            f'There is no device "{name}".', where="--device", do=f"Choose {', '.join(DEVICES)}."
        )
    return name  # type: ignore[return-value]


def refuse_taken(path: Path) -> None:
    """Refuse an `--out` that exists already.

    Raises:
        RefusedError: It exists.
    """
    if path.exists():
        raise RefusedError(
            "This file exists already.", where=str(path), do="Remove it, or choose another name."
        )


def print_json(fields: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output; what is not a finite number becomes null."""
    print(json.dumps(plain(fields), ensure_ascii=False), flush=True)  # noqa: T201


def print_error(error: LatentlabError, *, as_json: bool, fields: Mapping[str, Any]) -> None:
    """The sentence on standard error; with `--json` the object on standard output too.

    `fields` are results that came out all the same (an interrupted training's).
    """
    print(f"latentlab: {error}", file=sys.stderr, flush=True)  # noqa: T201
    if as_json:
        what = {"what": error.what, "where": error.where, "do": error.do}
        print_json({**fields, "error": what})


def plain(value: Any) -> Any:
    """Numpy values, paths and tuples as what JSON knows; NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def _readable(value: Any) -> str:
    value = plain(value)
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 100 else f"{value:,.2f}"
    if isinstance(value, list):
        return ", ".join(_readable(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_readable(item)}" for key, item in value.items())
    return str(value)
