"""What every prior p(z) can do, and the standard normal."""

from __future__ import annotations

from torch import Tensor, nn

from latentlab import specs
from latentlab.models.gaussian import log_normal


class Prior(nn.Module):
    """What every prior can do."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def attach(self, vae: nn.Module) -> None:
        """Learn whose prior this is, where it needs more than latents (VampPrior)."""

    def eps_shape(self, count: int) -> tuple[int, ...]:
        """The shape of the noise that `sample` takes for `count` latents."""
        return (count, self.latent_dim)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (..., D) -> (...)."""
        raise NotImplementedError

    def sample(self, eps: Tensor) -> Tensor:
        """Standard normal noise of `eps_shape` -> latents (count, D)."""
        raise NotImplementedError


class StandardNormal(Prior):
    """N(0, I): log p(z) = -sum_i (z_i^2 + log 2 pi) / 2."""

    def __init__(self, spec: specs.StandardNormal, model: specs.ModelSpec) -> None:
        super().__init__(model.latent_dim)
        self.spec = spec

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (..., D) -> (...)."""
        return log_normal(z)

    def sample(self, eps: Tensor) -> Tensor:
        """The noise is the latent."""
        return eps
