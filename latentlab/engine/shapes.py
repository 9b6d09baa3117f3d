"""What is said of the prior's shape on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.charts import Chart


@dataclass(frozen=True, slots=True, eq=False)
class MapPrior:
    """Find where the open model's prior lies on a plane; answered by `PriorMapped`."""

    ticket: int
    plane: Chart


@dataclass(frozen=True, slots=True, eq=False)
class PriorLine:
    """A line around the smallest region that holds a share of the prior.

    Args:
        share: 0 to 1; of the plane's slice of the prior where there are more than two latents.
        pieces: Each (n, 2) map points.
    """

    share: float
    pieces: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True)
class PriorMapped:
    """Answer to `MapPrior`; `cost_s` is what it took."""

    ticket: int
    lines: tuple[PriorLine, ...]
    cost_s: float
