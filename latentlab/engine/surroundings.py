"""What is asked about the data around a latent, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.sieve import Sieve


@dataclass(frozen=True, slots=True, eq=False)
class FindNear:
    """The k data nearest to a latent, in all d dimensions; answered by `NearFound`.

    Args:
        z: (d,) the latent.
        k: How many.
        sieve: Which data are shown, and others are passed over; None is all.
    """

    ticket: int
    z: NDArray[np.float64]
    k: int
    sieve: Sieve | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NearFound:
    """Answer to `FindNear`: fewer than k where there are fewer data.

    Args:
        rows: (n,) of the data, the nearest first.
        distances: (n,) in z.
    """

    ticket: int
    z: NDArray[np.float64]
    rows: NDArray[np.int64]
    distances: NDArray[np.float64]
