"""What estimators need of a model, and a model that is told one class throughout.

A conditional model has a likelihood for each class: log p(x|y). `Told` fixes the class, so that no
estimator needs to know of classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.models.likelihoods import Likelihood
from latentlab.models.posteriors import Posterior
from latentlab.models.priors import Prior
from latentlab.models.vae import VAE
from latentlab.specs import ModelSpec

UNKNOWN = -1


class Scored(Protocol):
    """q(z|x), p(z) and p(x|z), as a `VAE` has them."""

    @property
    def spec(self) -> ModelSpec:
        """What the model is made of."""
        ...

    @property
    def z_dim(self) -> int:
        """Values of one z."""
        ...

    @property
    def prior(self) -> Prior:
        """p(z)."""
        ...

    @property
    def likelihood(self) -> Likelihood:
        """p(x|z)."""
        ...

    def q(self, x: Tensor) -> Posterior:
        """q(z|x) of (B, C, H, W)."""
        ...

    def likelihood_parameters(self, z: Tensor) -> Tensor:
        """(..., D) -> (..., channels_out, H, W)."""
        ...

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z): x (B, C, H, W), z (..., B, D) -> (..., B)."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """E[x|z]: (..., D) -> (..., C, H, W)."""
        ...

    def parameters(self) -> Iterator[Any]:
        """The trained values."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A model that is told the class y of every datum.

    Args:
        vae: The model.
        y: The class; -1 is unknown.

    Example:
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import Conditional
        >>> vae = build(ModelSpec(shape=(1, 8, 8), labels=Conditional(classes=3)))
        >>> Told(vae, 2).decode(torch.zeros(5, 2)).shape
        torch.Size([5, 1, 8, 8])
    """

    vae: VAE
    y: int

    @property
    def spec(self) -> ModelSpec:
        """What the model is made of."""
        return self.vae.spec

    @property
    def z_dim(self) -> int:
        """Values of one z."""
        return self.vae.z_dim

    @property
    def prior(self) -> Prior:
        """p(z)."""
        return self.vae.prior

    @property
    def likelihood(self) -> Likelihood:
        """p(x|z, y)."""
        return self.vae.likelihood

    def q(self, x: Tensor) -> Posterior:
        """q(z|x, y)."""
        return self.vae.q(x, self._classes(len(x), x))

    def likelihood_parameters(self, z: Tensor) -> Tensor:
        """(..., D) -> (..., channels_out, H, W)."""
        return self.vae.likelihood_parameters(z, self._classes(z.shape[-2], z))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z, y): x (B, C, H, W), z (..., B, D) -> (..., B)."""
        return self.vae.log_likelihood(x, z, self._classes(z.shape[-2], z))

    def decode(self, z: Tensor) -> Tensor:
        """E[x|z, y]: (..., D) -> (..., C, H, W)."""
        return self.vae.decode(z, self._classes(z.shape[-2], z))

    def parameters(self) -> Iterator[Any]:
        """The trained values."""
        return self.vae.parameters()

    def _classes(self, count: int, beside: Tensor) -> Tensor:
        return torch.full((count,), self.y, dtype=torch.int64, device=beside.device)


def by_class(vae: VAE, labels: NDArray[np.int64]) -> Iterator[tuple[Scored, NDArray[np.int64]]]:
    """The model and all rows; or for each class the model told of it, and the class's rows."""
    if not vae.told:
        yield vae, np.arange(len(labels))
        return
    known = np.where((labels >= 0) & (labels < vae.told), labels, UNKNOWN)
    for y in np.unique(known):
        yield Told(vae, int(y)), np.flatnonzero(known == y)
