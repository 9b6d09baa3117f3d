"""From arrays as they stand in a file to pictures (N, C, H, W) or tables (N, D)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.data.counts import TableKind, check_counts, least_integers, like_counts
from latentlab.data.dataset import Kind
from latentlab.data.guard import Reading
from latentlab.data.raw import Raw, counted
from latentlab.errors import RefusedError

FEW_LEVELS = (
    32  # integer pictures with fewer levels than this hold them all (binary, 4 bit, digits)
)
LARGEST = 1e38  # so that the span of the values is a single-precision number too
BLOCK = 32 * 1024**2  # values looked at in one go, so that no second copy of the data is held


@dataclass
class Values:
    """x in its final type, with what it means."""

    x: NDArray[Any]
    kind: Kind
    levels: int | None
    value_range: tuple[float, float]
    notes: list[str] = field(default_factory=list)


def answer_nonfinite(raw: Raw, answer: Literal["refuse", "zero"]) -> tuple[NDArray[Any], str]:
    """Count NaN and infinite values; refuse them, or read them as zero.

    Returns:
        The array, and a note of what was done ("" where all values are finite).

    Raises:
        RefusedError: There are some and the answer is "refuse"; the first place is named.
    """
    x = raw.x
    if x.dtype.kind != "f":
        return x, ""
    bad, first = 0, -1
    flat = x.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        finite = np.isfinite(flat[start : start + BLOCK])
        found = finite.size - int(np.count_nonzero(finite))
        if found and first < 0:
            first = start + int(np.argmin(finite))
        bad += found
    if not bad:
        return x, ""
    place = _place(first, raw)
    if answer == "refuse":
        raise RefusedError(
            f"{counted(bad, 'value is', 'values are')} NaN or infinite, the first in {place}.",
            where=raw.source,
            do="Correct them, or read them as zero.",
        )
    return np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0), (
        f"{counted(bad, 'NaN or infinite value was', 'NaN or infinite values were')} read as zero,"
        f" the first in {place}."
    )


def _place(flat: int, raw: Raw) -> str:
    row, *rest = (int(i) for i in np.unravel_index(flat, raw.x.shape))
    names = raw.column_names
    if len(rest) == 1:
        column = names[rest[0]] if rest[0] < len(names) else str(rest[0] + 1)
        return f"row {row + raw.first_row}, column {column}"
    return f"row {row + 1}, pixel {tuple(rest)}" if rest else f"row {row + 1}"


def to_values(
    x: NDArray[Any],
    pixels: bool | None,
    reading: Reading,
    *,
    where: str,
    table: TableKind | None = None,
) -> Values:
    """Bring x to (N, C, H, W) uint8 or float32 in [0, 1], or (N, D) float32 or counts.

    Args:
        x: (N, H, W), (N, H, W, C), (N, C, H, W) or (N, D); finite.
        pixels: Whether x is pictures; None sees it from the values of an (N, D) array: D is a
            square and the values are whole numbers 0 .. 255 or lie in [0, 1].
        table: What an (N, D) array's columns are; asked for, it is no pictures.

    Raises:
        RefusedError: The shape is none of these, or counts are asked for and it holds others.
    """
    if x.ndim < 2 or x.ndim > 4:
        raise RefusedError(
            f"An array of shape {tuple(x.shape)} is neither pictures nor a table.",
            where=where,
            do="Give (N, height, width), (N, height, width, channels) or (N, columns).",
        )
    notes: list[str] = []
    if x.dtype.kind == "f" and max(-float(x.min()), float(x.max())) > LARGEST:
        raise RefusedError(
            "A number is too large for single precision.", where=where, do="Scale the values."
        )
    if x.ndim == 2:
        side = math.isqrt(x.shape[1])
        square = side >= 4 and side * side == x.shape[1]
        if table is not None or pixels is False or not (square and _like_pixels(x)):
            return _table(x, table, reading, where=where)
        notes.append(f"The {x.shape[1]} columns were read as pictures of {side}x{side}.")
        x = x.reshape(len(x), side, side)  # (N, D) -> (N, H, W)
    elif table is not None:
        raise RefusedError(
            "These data are pictures, not a table.", where=where, do="Leave the table option out."
        )
    x = _channels_first(x, notes, where=where)  # (N, C, H, W)
    if x.shape[1] == 4:
        x = _on_white(x, notes)
    return _picture_values(x, reading, notes, where=where)


def _like_pixels(x: NDArray[Any]) -> bool:
    if x.dtype.kind == "b":
        return True
    low, high = float(x.min()), float(x.max())
    if low < 0 or high > 255:
        return False
    return x.dtype.kind in "ui" or high <= 1 or _whole(x)


def _whole(x: NDArray[Any]) -> bool:
    flat = x.reshape(-1)
    return all(
        bool(np.all(block == np.floor(block)))
        for start in range(0, flat.size, BLOCK)
        for block in (flat[start : start + BLOCK],)
    )


def _channels_first(x: NDArray[Any], notes: list[str], *, where: str) -> NDArray[Any]:
    if x.ndim == 3:
        return x[:, None]  # (N, H, W) -> (N, 1, H, W)
    last, first = x.shape[3] in (1, 3, 4), x.shape[1] in (1, 3, 4)
    if not last and not first:
        raise RefusedError(
            f"An array of shape {tuple(x.shape)} has no channels: neither its second nor its last "
            "dimension is 1, 3 or 4.",
            where=where,
            do="Give (N, height, width, channels) or (N, channels, height, width).",
        )
    if last and first:
        notes.append(f"Shape {tuple(x.shape)} was read as (N, height, width, channels).")
    return x.transpose(0, 3, 1, 2) if last else x  # (N, H, W, C) -> (N, C, H, W)


def _on_white(x: NDArray[Any], notes: list[str]) -> NDArray[Any]:
    """(N, 4, H, W) -> (N, 3, H, W) composited on white."""
    white = 1.0 if x.dtype.kind == "f" and x.max() <= 1 else 255.0
    alpha = x[:, 3:].astype(np.float32) / white
    colour: NDArray[Any] = x[:, :3].astype(np.float32) * alpha + white * (1 - alpha)
    notes.append("The transparent parts were put on white.")
    return colour if x.dtype.kind == "f" else np.rint(colour).clip(0, 255).astype(np.uint8)


def _picture_values(x: NDArray[Any], reading: Reading, notes: list[str], *, where: str) -> Values:
    if x.dtype.kind == "b":
        return Values(_copy(x, np.uint8), "image", 2, (0.0, 1.0), notes)
    low, high = float(x.min()), float(x.max())
    bytes_fit = low >= 0 and high <= 255
    if bytes_fit and (x.dtype.kind in "ui" or (high > 1 and _whole(x))):
        levels, value_range = _levels(int(high), notes)
        return Values(_copy(x, np.uint8), "image", levels, value_range, notes)
    if bytes_fit and high <= 1 and _whole(x):
        return Values(_copy(x, np.uint8), "image", 2, (0.0, 1.0), notes)
    reading.afford(x.size * 4, where=where, copies=2)
    scaled = _copy(x, np.float32)
    if x.dtype == np.uint16:
        low, high = 0.0, 65535.0
    if low < 0 or high > 1:
        scaled -= np.float32(low)
        scaled /= np.float32(high - low) or np.float32(1)
        np.clip(scaled, 0, 1, out=scaled)
        notes.append(f"Pixel values {low:g} .. {high:g} were brought to 0 .. 1.")
    return Values(scaled, "image", None, (0.0, 1.0), notes)


def _levels(high: int, notes: list[str]) -> tuple[int, tuple[float, float]]:
    if high <= 1:
        return 2, (0.0, 1.0)
    if high < FEW_LEVELS:
        notes.append(f"Pixels are whole numbers 0 .. {high}: {high + 1} levels.")
        return high + 1, (0.0, float(high))
    return 256, (0.0, 255.0)


def _copy(x: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    # Always in memory order of its own: models slice rows, and the array is made read-only.
    return np.ascontiguousarray(x, dtype=dtype)


def _table(x: NDArray[Any], asked: TableKind | None, reading: Reading, *, where: str) -> Values:
    if x.shape[1] > 16384:
        raise RefusedError(
            f"A table of {x.shape[1]:,} columns is too wide; at most 16,384 are read.",
            where=where,
            do="Leave columns out, or give pictures as (N, height, width).",
        )
    if asked == "counts" or (asked is None and like_counts(x)):
        highest = check_counts(x, where=where)
        note = f"The columns were read as counts, 0 .. {highest:,}."
        counts = _copy(x, least_integers(highest).type)
        return Values(counts, "counts", max(highest, 1) + 1, (0.0, float(max(highest, 1))), [note])
    reading.afford(x.size * 4, where=where, copies=2)
    table = _copy(x, np.float32)
    low, high = float(table.min()), float(table.max())
    return Values(table, "vector", None, (low, high))
