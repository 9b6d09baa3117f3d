"""Bits per dimension: what a likelihood in nats says of data with levels. No torch here.

A probability mass is compared as it is, -nats / (D ln 2). A density on [0, 1] is no probability of
anything: data with L levels are dequantised, x = (level + u) / L with u ~ U[0, 1), and then
-E[nats] / (D ln 2) + log2 L is an upper bound on the bits of the levels themselves (Theis et al.,
2016); for 8 bits, 8 is added.
"""

from __future__ import annotations

from math import log, log2
from typing import TypeVar

from latentlab.specs import (
    Bernoulli,
    LikelihoodSpec,
    Logistic,
    NegativeBinomial,
    Poisson,
)

T = TypeVar("T")


def is_discrete(likelihood: LikelihoodSpec) -> bool:
    """Whether log p(x|z) is of a probability mass; otherwise it is of a density."""
    return isinstance(likelihood, Bernoulli | Logistic | Poisson | NegativeBinomial)


def bits_per_dimension(
    nats: float, likelihood: LikelihoodSpec, dimensions: int, levels: int | None
) -> float | None:
    """Bits for each of the `dimensions` of data with `levels`; None where there are none.

    Args:
        nats: log p(x), or a bound of it, mean per datum; of a density, that of `dequantised` data.
        likelihood: What it is of.
        dimensions: D, the values of one datum.
        levels: Of the data as they were scored: 2 where pixels were made binary, None where values
            are real.

    Returns:
        None for real values, for a likelihood of another number of levels, and for "Bernoulli on
        grey values", which is none.

    Example:
        >>> bits_per_dimension(-log(256), Logistic(levels=256), 1, 256)
        8.0
    """
    if levels is None:
        return None
    own = 2 if isinstance(likelihood, Bernoulli) else getattr(likelihood, "levels", levels)
    if own != levels:
        return None
    bits = -nats / (dimensions * log(2))
    return bits if is_discrete(likelihood) else bits + log2(levels)


def dequantised(x: T, u: T, levels: int) -> T:
    """x = level / (levels - 1) spread over its cell: (level + u) / levels, in [0, 1).

    Args:
        x: Data in [0, 1], numpy or torch.
        u: Uniform noise in [0, 1) of the same shape.
        levels: How many values x takes.

    Example:
        >>> dequantised(1.0, 0.5, 2)
        0.75
    """
    return (x * (levels - 1) + u) / levels  # type: ignore[operator,return-value]
