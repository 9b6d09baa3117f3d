"""Arrays of pictures as the pixels that Qt paints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def packed(images: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(n, H, W) grey or (n, H, W, 3) colour -> (n, H, W) opaque pixels 0xAARRGGBB.

    Example:
        >>> hex(packed(np.array([[[16]]], np.uint8))[0, 0, 0])
        '0xff101010'
    """
    values = images.astype(np.uint32)
    if values.ndim == 3:
        return np.asarray(values * np.uint32(0x010101) | np.uint32(0xFF000000))
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    return np.asarray(np.uint32(0xFF000000) | red << 16 | green << 8 | blue)
