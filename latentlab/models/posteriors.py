"""Approximate posteriors q(z|x): from features to a distribution over latents.

A module maps features (B, F) to a record q. eps ~ N(0, I) is always the caller's, so that each
lane draws from its own generator. A new posterior is one tagged spec, one module and its line in
`POSTERIORS`; where its KL has a closed form, that is one function in `divergence`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from latentlab import specs
from latentlab.models.categorical import Categorical
from latentlab.models.deterministic import Deterministic, Implicit
from latentlab.models.flows import Flow
from latentlab.models.gaussian import (
    LOG_2PI,
    LOG_SIGMA,
    Diagonal,
    DiagonalGaussian,
    FullCovariance,
    FullGaussian,
    log_normal,
)

__all__ = [
    "LOG_2PI",
    "LOG_SIGMA",
    "POSTERIORS",
    "Diagonal",
    "DiagonalGaussian",
    "FullCovariance",
    "FullGaussian",
    "Posterior",
    "log_normal",
]


@runtime_checkable
class Posterior(Protocol):
    """q(z|x) of a batch."""

    @property
    def mean(self) -> Tensor:
        """(B, D)."""
        ...

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """The shape of the noise that `rsample` takes: (L, B, D)."""
        ...

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Noise (..., B, D) -> latents z (..., B, D) and log q(z|x) (..., B)."""
        ...

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats: (..., B, D) -> (..., B)."""
        ...


POSTERIORS: dict[type[specs.PosteriorSpec], Callable[..., nn.Module]] = {
    specs.Diagonal: Diagonal,
    specs.FullCovariance: FullCovariance,
    specs.Flow: Flow,
    specs.Categorical: Categorical,
    specs.Deterministic: Deterministic,
    specs.Implicit: Implicit,
}
