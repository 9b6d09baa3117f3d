"""Values as they are typed on the command line, read with a sentence where they are wrong."""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec

from latentlab.errors import UsageError
from latentlab.specs import tag_of

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")


def duration_s(text: str) -> float:
    """Read a time such as `90s`, `2m` or `1.5h` in seconds.

    Raises:
        UsageError: It is no time, or it is zero.

    Example:
        >>> duration_s("90s"), duration_s("2m")
        (90.0, 120.0)
    """
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _SECONDS[match[2] or ""] if match else 0.0
    if seconds <= 0:
        raise UsageError(
            f'"{text}" is not a time.', where="--time-limit", do="Write 90s, 2m or 1h."
        )
    return seconds


def labelled(text: str) -> int | float:
    """Read `100` as 100 labels, `1%` as a share of them, 0.01.

    Raises:
        UsageError: It is neither, or it is nothing.

    Example:
        >>> labelled("100"), labelled("1%")
        (100, 0.01)
    """
    match = re.fullmatch(r"(\d{1,9})|(\d{1,3}(?:\.\d+)?)\s*%", text.strip())
    value: int | float = int(match[1]) if match and match[1] else 0
    if match and match[2]:
        value = float(match[2]) / 100
    if not value or (isinstance(value, float) and value > 1):
        raise UsageError(
            f'"{text}" is no number of labels.', where="--labelled", do="Write 100, or 1%."
        )
    return value


def size(text: str) -> tuple[int, int]:
    """Read `64` or `64x48` (height x width) as (height, width).

    Raises:
        UsageError: It is no size.

    Example:
        >>> size("64"), size("64x48")
        ((64, 64), (64, 48))
    """
    match = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", text.strip().lower())
    if not match or int(match[1]) < 1 or int(match[2] or 1) < 1:
        raise UsageError(
            f'"{text}" is not a size.', where="--image-size", do="Write 64, or 64x48 (high x wide)."
        )
    return int(match[1]), int(match[2] or match[1])


def whole_numbers(text: str, option: str) -> tuple[int, ...]:
    """Read `512,256` as (512, 256).

    Raises:
        UsageError: Something in it is no whole number.

    Example:
        >>> whole_numbers("512,256", "--hidden")
        (512, 256)
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f'"{text}" is not a list of whole numbers.', where=option, do="Write 512,256."
        ) from error


def tags(union: Any, *more: str) -> str:
    """The parts that there are, for a help text.

    Example:
        >>> from latentlab.specs import NetworkSpec
        >>> tags(NetworkSpec).startswith("mlp, conv")
        True
    """
    return f"{', '.join([*map(tag_of, get_args(union)), *more])}."


def setting(text: str) -> tuple[str, Any]:
    """Read `posterior.layers=4` as the option and its value, which is JSON or a word.

    Raises:
        UsageError: It is no such assignment.

    Example:
        >>> setting("posterior.layers=4"), setting("objective.noise=mask")
        (('posterior.layers', 4), ('objective.noise', 'mask'))
    """
    name, sign, value = text.partition("=")
    if not sign or "." not in name:
        raise UsageError(
            f'"{text}" sets nothing.', where="--set", do="Write --set posterior.layers=4."
        )
    try:
        return name.strip(), msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name.strip(), value.strip()


def point(text: str, option: str) -> tuple[float, ...] | int:
    """Read a latent point: `0.42,-1.17`, or the row of `data:17`.

    Raises:
        UsageError: It is neither.

    Example:
        >>> point("0.42,-1.17", "--at"), point("data:17", "--at")
        ((0.42, -1.17), 17)
    """
    if match := re.fullmatch(r"data:(\d{1,12})", text.strip()):
        return int(match[1])
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    # NaN is not equal to itself; inf - inf is not 0
    if not values or any(value - value != 0 for value in values):
        raise UsageError(
            f'"{text}" is not a latent point.',
            where=option,
            do=f"Write {option} 0.42,-1.17 ({option}=-0.4,1 for a leading minus) or data:17.",
        )
    return values
