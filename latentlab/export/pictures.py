"""Pictures and sheets of pictures, written as PNG or WebP."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.files import write_atomic

Picture = NDArray[np.uint8]  # (H, W) grey or (H, W, 3) colour
Pictures = NDArray[np.uint8]  # (N, H, W) or (N, H, W, 3)

ENDINGS = (".png", ".webp")
GROUND = 128  # between cells: neither the black nor the white of a picture's own ground
_SHOWN_SIDE_PX = 112  # small pictures are enlarged to about this, by whole multiples


def enlarge(pictures: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Repeat every pixel `factor` times each way: (..., H, W[, 3]), crisp.

    `pictures` is (N, H, W) or (N, H, W, 3).
    """
    if factor == 1:
        return pictures
    return np.asarray(pictures.repeat(factor, axis=1).repeat(factor, axis=2))


def enlargement(pictures: Pictures, side_px: int = _SHOWN_SIDE_PX) -> int:
    """The whole multiple that brings the pictures nearest to `side_px`, at least 1."""
    longest_px: int = max(pictures.shape[1:3])
    return max(1, round(side_px / longest_px))


def sheet(pictures: Pictures, *, columns: int | None = None, gap: int = 1) -> Picture:
    """Lay pictures out in rows; the last row may be short.

    Args:
        pictures: (N, H, W) or (N, H, W, 3) uint8.
        columns: Pictures in a row; None makes the sheet about square.
        gap: Pixels between neighbours.

    Returns:
        One picture.

    Raises:
        UsageError: There are no pictures.

    Example:
        >>> sheet(np.zeros((6, 8, 8), np.uint8), columns=3).shape
        (17, 26)
    """
    if len(pictures) == 0:
        raise UsageError("There are no pictures to lay out.", where="sheet", do="Ask for one.")
    count, height, width = pictures.shape[:3]
    columns = min(count, columns or math.ceil(math.sqrt(count * height / width)))
    rows = math.ceil(count / columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, *pictures.shape[3:])
    page = np.full(size, GROUND, dtype=np.uint8)
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        page[top : top + height, left : left + width] = picture
    return page


def pairs(originals: Pictures, reconstructions: Pictures, *, columns: int = 8) -> Picture:
    """Each original with its reconstruction at its right, as a sheet of `columns` pairs a row.

    Args:
        originals: (N, H, W[, 3]) uint8.
        reconstructions: The same shape.

    Example:
        >>> x = np.zeros((4, 8, 8), np.uint8)
        >>> pairs(x, x, columns=2).shape
        (17, 33)
    """
    beside = np.concatenate([originals, reconstructions], axis=2)  # (N, H, 2W[, 3])
    return sheet(beside, columns=columns)


def encode(picture: Picture, ending: str = ".png") -> bytes:
    """One picture as the bytes of a file; WebP is lossless.

    Raises:
        UsageError: No such format.
    """
    from PIL import Image

    if ending.lower() not in ENDINGS:
        raise UsageError(
            f'Pictures are not written as "{ending}".', do=f"Choose {' or '.join(ENDINGS)}."
        )
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    if ending.lower() == ".png":
        image.save(buffer, "PNG", optimize=True)
    else:
        image.save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def write_picture(path: Path, picture: Picture) -> None:
    """Write one picture by the ending of `path`, .png or .webp, whole or not at all.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    write_atomic(path, encode(picture, path.suffix))
