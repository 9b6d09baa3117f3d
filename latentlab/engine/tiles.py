"""What is said of many small pictures: the decoded plane's tiles, and data shown by their decode.

Both are lists in the order in which they are wanted. The live lane works them off in short batches
between which a decode goes; a newer list takes the place of what is left of an older one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.charts import Chart
from latentlab.latent.tiles import Version


@dataclass(frozen=True, slots=True, eq=False)
class DecodeTiles:
    """Decode the middles of cells of the map; answered by `TilesDecoded`, more than once.

    Args:
        plane: The map.
        residual: (d,) what is added to every z: the cursor's part off the plane.
        version: What the pictures depend on beside the cell, in the asker's own count.
        level: Of the cells.
        cells: (n, 2) column and row, the most wanted first.
        label: The class to decode as, for a model that knows them.
        in_view: So many of the cells, the first ones, are seen: told as soon as all are there.
    """

    ticket: int
    plane: Chart
    residual: NDArray[np.float64]
    version: Version
    level: int
    cells: NDArray[np.int64]
    label: int | None = None
    in_view: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class TilesDecoded:
    """Some of the cells (b, 2) that were wanted, (b, H, W) or (b, H, W, 3); `left` are to come."""

    ticket: int
    version: Version
    level: int
    cells: NDArray[np.int64]
    images: NDArray[np.uint8]
    left: int


@dataclass(frozen=True, slots=True, eq=False)
class DecodeRows:
    """Decode data whose own pictures are not open; answered by `RowsDecoded`, more than once.

    Args:
        rows: (n,) which data, the most wanted first.
        z: (n, d) their codes.
        labels: (n,) their classes, for a model that knows them; -1 is none.
    """

    ticket: int
    rows: NDArray[np.int64]
    z: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RowsDecoded:
    """Some of the data (b,) that were wanted, (b, H, W) or (b, H, W, 3); `left` are to come."""

    ticket: int
    rows: NDArray[np.int64]
    images: NDArray[np.uint8]
    left: int


ManyRequest = DecodeTiles | DecodeRows
ManyDecoded = TilesDecoded | RowsDecoded
