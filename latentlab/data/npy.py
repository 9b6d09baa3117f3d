"""NumPy's .npy: an own check of the header, then a bounded read. Never object arrays.

https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.data.guard import Reading, open_regular, read_array, regular_file
from latentlab.errors import RefusedError

MAX_HEADER = 64 * 1024
MAX_DIMS = 4
MAX_TEXT = 256  # characters of one text
AGAIN = "Save the array again with numpy.save."

_DESCR = re.compile(r"'descr'\s*:\s*'([<>|=]?)([a-zA-Z?])(\d{0,4})'")
_ORDER = re.compile(r"'fortran_order'\s*:\s*(True|False)")
_SHAPE = re.compile(r"'shape'\s*:\s*\(((?:\s*\d{1,18}L?\s*,)*(?:\s*\d{1,18}L?)?\s*)\)")


@dataclass(frozen=True)
class Header:
    """What an .npy says of itself, checked."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    length: int

    @property
    def data_bytes(self) -> int:
        """Bytes of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: BinaryIO, *, where: str, texts: bool = False) -> Header:
    """Read and check the header of an .npy.

    Args:
        stream: At its first byte.
        where: The file, for the sentence of a refusal.
        texts: Whether texts of up to 256 characters are taken too.

    Raises:
        RefusedError: It is no .npy; its header is over 64 KiB; its type is not a boolean, whole or
            real number; it has not 1 to 4 dimensions of at least 1 each.
    """
    start = stream.read(8)
    if len(start) < 8 or start[:6] != b"\x93NUMPY" or start[6] not in (1, 2, 3):
        raise RefusedError(
            "It is not an .npy array: its first bytes are wrong.", where=where, do=AGAIN
        )
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if not 0 < length <= MAX_HEADER:
        raise RefusedError("The array's header is longer than 64 KiB.", where=where, do=AGAIN)
    raw = stream.read(length)
    if len(raw) < length:
        raise RefusedError("The array ends inside its header.", where=where, do=AGAIN)
    text = raw.decode("utf-8", errors="replace")
    dtype = _dtype(text, where, texts)
    order, shape = _ORDER.search(text), _SHAPE.search(text)
    if order is None or shape is None:
        raise RefusedError("The array's header cannot be understood.", where=where, do=AGAIN)
    dims = tuple(int(number) for number in re.findall(r"\d+", shape.group(1)))
    if not 1 <= len(dims) <= MAX_DIMS or min(dims) < 1:
        raise RefusedError(
            f"The array has shape {dims}; 1 to 4 dimensions of at least 1 are read.",
            where=where,
            do="Choose another array.",
        )
    return Header(dtype, dims, order.group(1) == "True", 8 + width + length)


def _dtype(text: str, where: str, texts: bool) -> np.dtype[Any]:
    match = _DESCR.search(text)
    if match is None:
        raise RefusedError(
            "The array's type is not one number for each place.", where=where, do="Choose another."
        )
    order, kind, size = match.groups()
    if kind == "O":
        raise RefusedError(
            "It is an object array, which can run code when it is read.",
            where=where,
            do="Save it as numbers.",
        )
    if texts and kind == "U" and 1 <= int(size or 0) <= MAX_TEXT:
        return np.dtype(f"{order}U{size}")
    allowed = {"b": "1", "?": "", "u": "1248", "i": "1248", "f": "248"}
    if size not in [*allowed.get(kind, "")] and not (kind == "?" and size == ""):
        raise RefusedError(
            f"Arrays of type {kind}{size} are not read.", where=where, do="Save it as numbers."
        )
    return np.dtype(f"{order.replace('|', '')}{kind}{size}" if kind != "b" else "?")


def read_values(
    stream: BinaryIO, header: Header, reading: Reading, text: str, *, where: str
) -> NDArray[Any]:
    """Read the values after the header, in the byte order of this machine.

    Raises:
        RefusedError: The stream ends early.
    """
    if header.dtype.kind == "b":
        array, missing = read_array(stream, np.dtype(np.uint8), _stored(header), reading, text)
        array = array != 0  # any byte may stand in the file; a boolean may only be 0 or 1
    else:
        array, missing = read_array(stream, header.dtype, _stored(header), reading, text)
        array = array.astype(header.dtype.newbyteorder("="), copy=False)
    if missing:
        raise RefusedError(f"The array ends {missing:,} bytes early.", where=where, do=AGAIN)
    if header.dtype.kind == "U" and (array.reshape(-1).view(np.uint32) > sys.maxunicode).any():
        raise RefusedError("Its texts hold what is no character.", where=where, do=AGAIN)
    return np.ascontiguousarray(array.T) if header.fortran else array


def _stored(header: Header) -> tuple[int, ...]:
    return header.shape[::-1] if header.fortran else header.shape


def read_npy(path: Path, reading: Reading) -> NDArray[Any]:
    """Read one .npy file.

    Raises:
        RefusedError: See `read_header`; or its size is not what its header says, or it does not fit
            into memory.
    """
    size = regular_file(path)
    try:
        with open_regular(path) as stream:
            header = read_header(stream, where=str(path))
            if header.length + header.data_bytes != size:
                raise RefusedError(
                    f"The header says {header.shape} of {header.dtype}, and the file has "
                    f"{size:,} bytes instead of {header.length + header.data_bytes:,}.",
                    where=str(path),
                    do=AGAIN,
                )
            reading.afford(header.data_bytes, where=str(path), copies=2)
            return read_values(stream, header, reading, f"Reading {path.name}", where=str(path))
    except OSError as error:
        raise RefusedError("The file cannot be read.", where=str(path), do=AGAIN) from error
