"""One draw of black and white pixels for good, the same wherever it is made.

Static binarisation makes each pixel of a row 1 with the probability of its grey value, once. The
noise follows from the seed and the row's number alone, so a training and a later evaluation see the
same pixels, whatever rows they take and in whatever order. (The published static binarisation of
MNIST, Larochelle and Murray, 2011, is one such draw by other noise: figures on it are close to, not
the same as, those on ours.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

ROWS = 256  # that share one stream of noise


def draw(x: NDArray[np.float32], rows: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
    """Black and white pixels of data x (B, ...) in [0, 1], which are `rows` of their data set.

    Example:
        >>> grey, rows = np.full((3, 4), 0.5, np.float32), np.arange(3)
        >>> bool((draw(grey, rows, 7)[1:] == draw(grey[1:], rows[1:], 7)).all())
        True
    """
    flat = x.reshape(len(x), math.prod(x.shape[1:]))
    drawn = np.empty(flat.shape, np.uint8)
    blocks, places = np.divmod(rows, ROWS)
    order = np.argsort(blocks, kind="stable")
    borders = np.flatnonzero(np.diff(blocks[order])) + 1
    for members in np.split(order, borders) if len(order) else ():
        rng = np.random.default_rng((seed, int(blocks[members[0]])))
        noise = rng.random((ROWS, flat.shape[1]), dtype=np.float32)
        drawn[members] = noise[places[members]] < flat[members]
    return drawn.reshape(x.shape)
