"""Pictures made small enough for where many of them are shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 128  # of a small picture, at most


def shrunk(images: NDArray[np.uint8], most_px: int = SIDE_PX) -> NDArray[np.uint8]:
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
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)
