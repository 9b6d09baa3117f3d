"""Bringing pictures to one size: shrink to fit, keep the aspect, pad with the border's colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentlab.data.guard import Reading

Size = tuple[int, int]  # height, width


def fitted_size(height: int, width: int, size: Size) -> Size:
    """The largest (height, width) of the same aspect inside `size`, at least 1x1.

    Example:
        >>> fitted_size(3000, 4000, (64, 64))
        (48, 64)
    """
    scale = min(size[0] / height, size[1] / width)
    return min(size[0], max(1, round(height * scale))), min(size[1], max(1, round(width * scale)))


def fit_picture(picture: Image.Image, size: Size) -> NDArray[Any]:
    """A picture of one mode (L, RGB or F) as an array (H, W) or (H, W, C) of exactly `size`."""
    height, width = fitted_size(picture.height, picture.width, size)
    if (height, width) != (picture.height, picture.width):
        # Pillow widens the triangle when it shrinks, so nothing aliases; it never overshoots.
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    return pad(np.asarray(picture), size)


def pad(pixels: NDArray[Any], size: Size) -> NDArray[Any]:
    """Centre (h, w) or (h, w, C) in `size`, padded with the median colour of its border."""
    height, width = pixels.shape[:2]
    if (height, width) == size:
        return pixels
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])  # (2h+2w, [C])
    padded = np.empty((*size, *pixels.shape[2:]), dtype=pixels.dtype)
    padded[...] = np.median(border, axis=0).astype(pixels.dtype)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    padded[top : top + height, left : left + width] = pixels
    return padded


def fit_arrays(
    x: NDArray[Any],
    size: Size | None,
    channels: int | None,
    reading: Reading,
    notes: list[str],
) -> NDArray[Any]:
    """Bring (N, C, H, W) to the size and channels that a person asked for; None leaves them."""
    if channels is not None and channels != x.shape[1]:
        notes.append("Colour was brought to grey." if channels == 1 else "Grey was made colour.")
        x = _to_grey(x) if channels == 1 else np.repeat(x, 3, axis=1)  # (N, channels, H, W)
    if size is None or size == x.shape[2:]:
        return x
    notes.append(f"Pictures of {x.shape[3]}x{x.shape[2]} were brought to {size[1]}x{size[0]}.")
    reading.afford(x.dtype.itemsize * len(x) * x.shape[1] * size[0] * size[1], where="", copies=1)
    return _resize(x, size, reading)


def _resize(x: NDArray[Any], size: Size, reading: Reading) -> NDArray[Any]:
    fitted = np.empty((len(x), x.shape[1], *size), dtype=x.dtype)
    for row, picture in enumerate(x):  # (C, H, W)
        if row % 512 == 0:
            reading.check()
            reading.report("Resizing pictures", row / len(x))
        for channel, plane in enumerate(picture):  # (H, W)
            values = fit_picture(Image.fromarray(plane.astype(np.float32)), size)
            if x.dtype == np.uint8:
                values = np.rint(values)
            fitted[row, channel] = values
    return fitted


def _to_grey(x: NDArray[Any]) -> NDArray[Any]:
    """(N, 3, H, W) -> (N, 1, H, W) by the luminance of ITU-R 601."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    grey = np.empty((len(x), 1, *x.shape[2:]), dtype=x.dtype)
    for start in range(0, len(x), 1024):
        part = np.einsum("nchw,c->nhw", x[start : start + 1024].astype(np.float32), weights)
        grey[start : start + 1024, 0] = np.rint(part) if x.dtype == np.uint8 else part
    return grey
