"""What every prior p(z) can do, and the two without parameters."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.gaussian import log_normal


class Prior(nn.Module):
    """What every prior can do.

    Attributes:
        rows_wanted: Training rows that `initialise_from` would like to have.
    """

    rows_wanted: int = 0

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def attach(self, vae: nn.Module) -> None:
        """Learn whose prior this is, where it needs more than latents (VampPrior)."""

    def initialise_from(self, x: Tensor) -> None:
        """Begin at data (N, C, H, W), where that helps (VampPrior)."""

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
        super().__init__(real_values(model))
        self.spec = spec

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (..., D) -> (...)."""
        return log_normal(z)

    def sample(self, eps: Tensor) -> Tensor:
        """The noise is the latent."""
        return eps


class UniformCategorical(Prior):
    """S latents, each one of K equally likely categories: log p(z) = -S log K, z one-hot values."""

    def __init__(self, spec: specs.UniformCategorical, model: specs.ModelSpec) -> None:
        if not isinstance(model.posterior, specs.Categorical):
            raise UsageError(
                "The categorical prior is for latents that are categories, and those of the "
                f"posterior “{specs.tag_of(model.posterior)}” are not.",
                do="Choose the categorical posterior, or another prior.",
            )
        super().__init__(model.latent_dim * model.posterior.categories)
        self.spec, self.latents = spec, model.latent_dim
        self.categories = model.posterior.categories

    def eps_shape(self, count: int) -> tuple[int, ...]:
        """(count, S)."""
        return (count, self.latents)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats, the same for every code: (..., S K) -> (...)."""
        return z.new_full(z.shape[:-1], -self.latents * log(self.categories))

    def sample(self, eps: Tensor) -> Tensor:
        """Standard normal noise (count, S) -> one-hot latents (count, S K)."""
        uniform = torch.special.ndtr(eps)
        chosen = (uniform * self.categories).long().clamp_max(self.categories - 1)  # (count, S)
        return one_hot(chosen, self.categories).to(eps.dtype).flatten(-2)


def real_values(model: specs.ModelSpec, *, learned: bool = False) -> int:
    """The number of latents of a model whose latents are real values.

    Args:
        model: Whose latents.
        learned: The prior has parameters, which learn through the KL.

    Raises:
        UsageError: They are categories, whose probabilities no density can be compared with; or
            there is no KL for a learned prior to learn from.
    """
    prior, posterior = specs.tag_of(model.prior), specs.tag_of(model.posterior)
    if isinstance(model.posterior, specs.Categorical):
        raise UsageError(
            f"The {prior} prior is a density of real values, and the latents are categories.",
            do="Choose the categorical prior, or another posterior.",
        )
    if learned and isinstance(model.posterior, specs.Deterministic | specs.Implicit):
        raise UsageError(
            f"The {prior} prior learns through the KL, and the posterior “{posterior}” has none.",
            do="Choose the normal prior, or another posterior.",
        )
    return model.latent_dim
