"""What can be measured of each datum with the open model: the request and its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.attributes import Attribute
from latentlab.data.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """Measure each datum on the map; answered by `Measured`.

    Args:
        ticket: Its number.
        names: Which of `MEASURED`.
        z: (N, d) the codes on the map.
        dataset: Whose rows they are; None where the data are not open.
        clusters: Of k-means.
        neighbours: To the nearest of which the distance is.
    """

    ticket: int
    names: tuple[str, ...]
    z: NDArray[np.float32]
    dataset: Dataset | None
    clusters: int
    neighbours: int


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Answer to `Measure`: the columns, and the codes that they are of."""

    ticket: int
    z: NDArray[np.float32]
    attributes: tuple[Attribute, ...]
