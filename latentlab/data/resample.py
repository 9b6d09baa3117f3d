"""Pictures at other sizes, many at a time: small ones for where many are shown."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SMALL_PX = 128  # the longest side of a small picture
AT_ONCE = 1 << 22  # values that are resampled in one go

Pictures = NDArray[np.uint8]


def shrunk(images: Pictures, most_px: int = SMALL_PX) -> Pictures:
    """(n, H, W) or (n, H, W, 3) with sides of at most `most_px`: the mean of whole blocks.

    Pictures that are small enough come back as they are. What is left over at the right and below
    where a side is no multiple of its blocks is cut off: less than one block.

    Example:
        >>> shrunk(np.zeros((2, 300, 256), np.uint8)).shape
        (2, 100, 128)
    """
    height, width = images.shape[1:3]
    down, across = -(-height // most_px), -(-width // most_px)
    if down <= 1 and across <= 1:
        return images
    kept = images[:, : height // down * down, : width // across * across]
    blocks = kept.reshape(
        len(images), height // down, down, width // across, across, *images.shape[3:]
    )
    return np.asarray(np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)), dtype=np.uint8)


def resampled(images: Pictures, height: int, width: int) -> Pictures:
    """(n, H, W) or (n, H, W, 3) at another size, each new pixel the mean of the area it covers.

    Enlarged pixels stay crisp: they are mixed along their edges alone.

    Example:
        >>> resampled(np.array([[[0, 200]]], np.uint8), 1, 3).tolist()
        [[[0, 100, 200]]]
    """
    if images.shape[1:3] == (height, width):
        return images
    rows, columns = _shares(images.shape[1], height), _shares(images.shape[2], width)
    out = np.empty((len(images), height, width, *images.shape[3:]), np.uint8)
    some = max(1, AT_ONCE // max(images[0].size, out[0].size)) if len(images) else 1
    for start in range(0, len(images), some):
        part = slice(start, start + some)
        values: NDArray[np.float32] = images[part].astype(np.float32)
        if values.ndim == 4:
            values = np.moveaxis(values, 3, 1)  # (n, 3, H, W)
        values = np.asarray(rows @ values @ columns.T, dtype=np.float32)
        if images.ndim == 4:
            values = np.moveaxis(values, 1, 3)
        out[part] = np.rint(values).astype(np.uint8)
    return out


@lru_cache(maxsize=64)
def _shares(old: int, new: int) -> NDArray[np.float32]:
    """(new, old) how much of each new pixel is which old one; every row sums to 1."""
    edges = np.arange(new + 1) * (old / new)
    pixels = np.arange(old)
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    shares = np.clip(high - low, 0.0, None)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)
