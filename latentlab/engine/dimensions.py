"""What is asked about the latents one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.values import Codes

DEAD_NATS = 0.01
DEAD_VARIANCE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class MeasureLatents:
    """How much each latent carries; answered by `LatentsMeasured`.

    Args:
        codes: The map.
        dataset: Its data, where they are open: the KL of each latent needs them.
    """

    ticket: int
    codes: Codes
    dataset: Dataset | None


@dataclass(frozen=True, slots=True, eq=False)
class LatentsMeasured:
    """What each latent carries, and where the codes lie along it.

    Args:
        variance: (d,) of the codes.
        low: (d,) the smallest code.
        high: (d,) the largest.
        kl: (d,) mean KL of each latent's marginal to the prior, nats; None where the data are not
            open or q has no form for it.
        rows: Data that the KL is the mean of.
        count: Data that there are.
    """

    ticket: int
    variance: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    kl: NDArray[np.float64] | None
    rows: int
    count: int

    @property
    def order(self) -> NDArray[np.intp]:
        """The latents, the one that carries most first: by KL, or by variance without it."""
        return np.argsort(-(self.variance if self.kl is None else self.kl), kind="stable")

    @property
    def dead(self) -> NDArray[np.bool_]:
        """(d,) which carry nothing: KL below 0.01 nat, or codes that vary by less than 0.01."""
        return np.asarray(self.variance < DEAD_VARIANCE if self.kl is None else self.kl < DEAD_NATS)
