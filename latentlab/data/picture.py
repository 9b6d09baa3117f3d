"""One picture file: looked at, decoded, turned, put on white, and brought to a size.

This module is also what the worker processes load, so it imports Pillow and NumPy alone.
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from latentlab.data.fit import Size, fitted_size, pad

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
ENDINGS = frozenset(
    (
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".bmp",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".pbm",
    )
)
MAX_PIXELS = 50_000_000
MAX_FILE = 512 * 1024**2
ORIENTATION = 0x0112  # the EXIF tag
GREY_MODES = frozenset(("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F"))

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders are known to raise on damaged files.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    NotImplementedError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
    Warning,
    Image.DecompressionBombError,
)


class PictureError(Exception):
    """Why one picture is left out, in a few words."""


@dataclass(frozen=True)
class Look:
    """What a picture's header says.

    Args:
        height: Pixels, after the turn that EXIF asks for.
        width: Pixels, after that turn.
        grey: Whether its mode has no colour.
        alpha: Whether it has transparent parts.
    """

    height: int
    width: int
    grey: bool
    alpha: bool


def _open(path: str) -> Image.Image:
    """Open a picture without decoding it; regular files of the allowed formats and sizes only."""
    try:
        found = Path(path).stat()
        if not stat.S_ISREG(found.st_mode):
            raise PictureError("it is not a regular file")
        if found.st_size > MAX_FILE:
            raise PictureError("the file is larger than 512 MB")
        picture = Image.open(path, formats=FORMATS)
    except FileNotFoundError as error:
        raise PictureError("there is no such file") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("it has more than 50 million pixels") from error
    except UnidentifiedImageError as error:
        raise PictureError("it is not a picture of a known format") from error
    except _DAMAGED as error:
        raise PictureError(f"it cannot be opened ({_short(error)})") from error
    if picture.width * picture.height > MAX_PIXELS:
        picture.close()
        raise PictureError(
            f"it has {picture.width * picture.height / 1e6:.0f} million pixels; at most 50 are read"
        )
    return picture


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except _DAMAGED:
        return 1  # a picture with broken EXIF is shown as it is stored
    return value if isinstance(value, int) and value in _TURNS else 1


def look(path: str) -> Look:
    """Read a picture's header.

    Raises:
        PictureError: It is no picture that is read.
    """
    with _open(path) as picture:
        turned = _orientation(picture) >= 5
        width, height = picture.size
        alpha = _has_alpha(picture)
        return Look(
            *((width, height) if turned else (height, width)), picture.mode in GREY_MODES, alpha
        )


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info


def decode(path: str, size: Size, channels: int) -> NDArray[np.uint8]:
    """Read a picture as (H, W) grey or (H, W, 3) colour of exactly `size`.

    Raises:
        PictureError: It is no picture that is read, or it is truncated or damaged.
    """
    with _open(path) as picture:
        try:
            return _decode(picture, size, channels)
        except MemoryError as error:
            raise PictureError("it does not fit into memory") from error
        except _DAMAGED as error:
            raise PictureError(f"it is damaged or cut off ({_short(error)})") from error


def _decode(picture: Image.Image, size: Size, channels: int) -> NDArray[np.uint8]:
    orientation = _orientation(picture)
    box = (size[1], size[0]) if orientation >= 5 else size
    height, width = fitted_size(picture.height, picture.width, box)
    if picture.format in ("JPEG", "MPO"):
        # libjpeg decodes at 1/2, 1/4 or 1/8 for a fraction of the time; never below what is wanted.
        picture.draft("L" if channels == 1 else None, (width, height))
    flat = _plain(picture, channels)
    if flat.size != (width, height):
        flat = flat.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    if orientation != 1:
        flat = flat.transpose(_TURNS[orientation])
    return pad(np.asarray(flat, dtype=np.uint8), size)


def _plain(picture: Image.Image, channels: int) -> Image.Image:
    """Decode to mode L or RGB, transparent parts on white."""
    mode = "L" if channels == 1 else "RGB"
    if picture.mode.startswith("I") or picture.mode == "F":
        return _eight_bits(picture).convert(mode)
    if _has_alpha(picture):
        seen = picture.convert("RGBA")
        white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, seen).convert(mode)
    picture.load()
    return picture if picture.mode == mode else picture.convert(mode)


def _eight_bits(picture: Image.Image) -> Image.Image:
    values: NDArray[Any] = np.asarray(picture).astype(np.float32)
    if not np.isfinite(values).all() or values.min() < 0:
        raise ValueError("its values are not grey levels")
    high = float(values.max())
    scale = 255.0 if high <= 1 and picture.mode == "F" else 1.0 if high <= 255 else 255 / 65535
    if picture.mode.startswith("I;16"):
        scale = 255 / 65535
    if high * scale > 255.5:
        raise ValueError("its values are not grey levels")
    return Image.fromarray(np.rint(values * scale).clip(0, 255).astype(np.uint8))
