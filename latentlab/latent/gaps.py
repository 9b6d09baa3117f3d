"""The gaps of a map: places farther from every datum than data are from one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 320  # cells of the longer side
TAIL, AROUND = 0.002, 0.6  # quantile that bounds the data, and how much more is looked at


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Where nothing is near, on a part of the map.

    Args:
        rect: x0, y0, x1, y1; all beyond it is a gap too.
        level: (R, C) how much of a cell is in a gap, 0 to 255, row 0 on top.
    """

    rect: tuple[float, float, float, float]
    level: NDArray[np.uint8]


def find_gaps(xy: NDArray[np.floating], reach: float) -> Gaps | None:
    """The places farther than `reach` from every point (N, 2); None without points.

    Example:
        >>> gaps = find_gaps(np.array([[0.0, 0.0], [4.0, 0.0]]), reach=1.0)
        >>> rows, columns = gaps.level.shape
        >>> int(gaps.level[rows // 2, columns // 2])
        255
    """
    from scipy.ndimage import distance_transform_edt

    points = xy[np.isfinite(xy).all(axis=1)].astype(np.float64)
    if not len(points) or not np.isfinite(reach):
        return None
    low, high = np.quantile(points, TAIL, axis=0), np.quantile(points, 1 - TAIL, axis=0)
    pad = AROUND * max(float((high - low).max()), reach) + reach
    low, high = low - pad, high + pad
    cell = float((high - low).max()) / SIDE
    columns, rows = (int(count) for count in np.maximum(1, np.ceil((high - low) / cell)))
    at = np.floor((points - low) / cell).astype(np.int64)
    inside = ((at >= 0) & (at < (columns, rows))).all(axis=1)
    empty = np.ones((rows, columns), dtype=np.bool_)
    empty[rows - 1 - at[inside, 1], at[inside, 0]] = False
    past = (distance_transform_edt(empty) * cell - reach) / cell  # in cells, soft at the edge
    level = np.clip(255.0 * (past + 0.5), 0.0, 255.0).astype(np.uint8)
    x1, y1 = low[0] + columns * cell, low[1] + rows * cell
    return Gaps((float(low[0]), float(low[1]), float(x1), float(y1)), level)
