"""Categorical posteriors: each latent is one of K categories, trained by Gumbel-softmax.

A head maps features (B, F) to the logits of S latents; z is the flat one-hot code (..., S K). In
train mode a sample is relaxed (Jang et al., 2017; Maddison et al., 2017): the decoder sees softmax
values, so the training number is no bound. In eval mode it is a hard sample and log q is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from latentlab import specs
from latentlab.models.networks import full_precision

LOGITS = 30.0  # |logit| above which a category's log probability would say nothing more


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalLatents:
    """S independent categoricals of K categories; z is their one-hot values, flat (..., S K).

    Args:
        log_probs: (B, S, K), normalised over the last axis.
        temperature: Of the relaxation; None draws hard samples, without a gradient.
        hard: A relaxed sample is one-hot, with the gradient of the soft one (straight through).

    Example:
        >>> q = CategoricalLatents(torch.full((1, 2, 4), 0.25).log())
        >>> z, log_q = q.rsample(torch.zeros(1, 8))
        >>> z.view(2, 4).sum(1).tolist(), round(float(log_q), 4)
        ([1.0, 1.0], -2.7726)
    """

    log_probs: Tensor
    temperature: float | None = None
    hard: bool = False

    @property
    def mean(self) -> Tensor:
        """The probabilities, flat: (B, S K)."""
        return self.log_probs.exp().flatten(-2)

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, S K)."""
        return (samples, len(self.log_probs), self.log_probs[0].numel())

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """One-hot or relaxed z (..., B, S K), and log q of it (..., B).

        A category is the argmax of log pi + g, g Gumbel noise, or softmax((log pi + g) / tau).
        """
        scores = self.log_probs + gumbel(eps).view(*eps.shape[:-1], *self.log_probs.shape[1:])
        if self.temperature is None:
            z = _hard(scores)
        else:
            z = (scores / self.temperature).softmax(-1)  # (..., B, S, K)
            if self.hard:
                z = _hard(scores) + (z - z.detach())
        flat = z.flatten(-2)  # (..., B, S K)
        return flat, self.log_prob(flat)

    def log_prob(self, z: Tensor) -> Tensor:
        """sum_s sum_k z_sk log pi_sk: log q of a one-hot z, linear between: (..., B)."""
        return (z.view(*z.shape[:-1], *self.log_probs.shape[1:]) * self.log_probs).sum((-2, -1))


class Categorical(nn.Module):
    """Features to `CategoricalLatents`: relaxed in train mode, hard in eval mode.

    Attributes:
        temperature: Of the relaxation; a training lowers it on the spec's schedule.
        z_dim: S K.
    """

    def __init__(self, spec: specs.Categorical, features: int, latent_dim: int) -> None:
        super().__init__()
        self.spec, self.latent_dim = spec, latent_dim
        self.z_dim = latent_dim * spec.categories
        self.temperature = spec.temperature
        self.linear = nn.Linear(features, self.z_dim)

    def forward(self, h: Tensor) -> CategoricalLatents:
        """(B, F) -> q."""
        logits = full_precision(self.linear, h).clamp(-LOGITS, LOGITS)
        log_probs = logits.view(-1, self.latent_dim, self.spec.categories).log_softmax(-1)
        if not self.training:
            return CategoricalLatents(log_probs)
        return CategoricalLatents(log_probs, self.temperature, self.spec.hard)


def gumbel(eps: Tensor) -> Tensor:
    """Standard normal values -> standard Gumbel ones: -log(-log Phi(eps)).

    Example:
        >>> gumbel(torch.tensor([-40.0, 0.0, 40.0])).isfinite().all().item()
        True
    """
    exponential = -torch.special.log_ndtr(eps)  # Exp(1)
    noise: Tensor = -exponential.clamp_min(torch.finfo(eps.dtype).tiny).log()
    return noise


def _hard(scores: Tensor) -> Tensor:
    z: Tensor = one_hot(scores.argmax(-1), scores.shape[-1]).to(scores.dtype)
    return z
