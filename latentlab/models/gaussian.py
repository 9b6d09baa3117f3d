"""Gaussian posteriors, diagonal and full, and the standard normal's density."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi, sqrt

import torch
from torch import Tensor, nn

from latentlab import specs
from latentlab.models.networks import NearZero, full_precision

LOG_SIGMA = (-10.0, 5.0)  # sigma within 4.5e-5 .. 148
LOG_2PI = log(2 * pi)


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalGaussian:
    """N(mu, diag(sigma^2)).

    Args:
        mean: mu (B, D).
        log_sigma: (B, D).

    Example:
        >>> q = DiagonalGaussian(torch.zeros(1, 2), torch.zeros(1, 2))
        >>> z, log_q = q.rsample(torch.ones(1, 2))
        >>> bool(torch.allclose(log_q, q.log_prob(z)))
        True
    """

    mean: Tensor
    log_sigma: Tensor

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, D)."""
        return (samples, *self.mean.shape)

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """z = mu + sigma eps, log q = log p(eps) - sum_i log sigma_i."""
        z = self.mean + self.log_sigma.exp() * eps
        return z, log_normal(eps) - self.log_sigma.sum(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats: (..., B, D) -> (..., B)."""
        eps = (z - self.mean) * torch.exp(-self.log_sigma)
        return log_normal(eps) - self.log_sigma.sum(-1)


@dataclass(frozen=True, slots=True, eq=False)
class FullGaussian:
    """N(mu, L L^T), L = strictly lower part + diag(sigma).

    Args:
        mean: mu (B, D).
        log_sigma: (B, D), the logarithm of L's diagonal.
        lower: (B, D, D), zero on and above the diagonal.
    """

    mean: Tensor
    log_sigma: Tensor
    lower: Tensor

    @property
    def scale_tril(self) -> Tensor:
        """L (B, D, D)."""
        return self.lower + torch.diag_embed(self.log_sigma.exp())

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, D)."""
        return (samples, *self.mean.shape)

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """z = mu + L eps, log q = log p(eps) - sum_i log sigma_i, for log det L is that sum."""
        sheared = (self.lower @ eps.unsqueeze(-1)).squeeze(-1)  # (..., B, D)
        z = self.mean + self.log_sigma.exp() * eps + sheared
        return z, log_normal(eps) - self.log_sigma.sum(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats: (..., B, D) -> (..., B)."""
        centred = z - self.mean  # (..., B, D)
        # One triangular system for each q, whose columns are all its latents: L is not repeated.
        columns = centred.flatten(0, -3).permute(1, 2, 0) if z.dim() > 2 else centred[..., None]
        solved = torch.linalg.solve_triangular(self.scale_tril, columns, upper=False)
        eps = solved.permute(2, 0, 1).reshape(centred.shape)
        return log_normal(eps) - self.log_sigma.sum(-1)


class Diagonal(nn.Module):
    """Features to a `DiagonalGaussian`."""

    def __init__(self, spec: specs.Diagonal, features: int, latent_dim: int) -> None:
        super().__init__()
        self.spec = spec
        self.linear = nn.Linear(features, 2 * latent_dim)

    def forward(self, h: Tensor) -> DiagonalGaussian:
        """(B, F) -> q."""
        mean, log_sigma = full_precision(self.linear, h).chunk(2, dim=-1)  # (B, D) each
        return DiagonalGaussian(mean, log_sigma.clamp(*LOG_SIGMA))


class FullCovariance(nn.Module):
    """Features to a `FullGaussian`, L = diag(sigma) (I + A / sqrt(D)), A strictly lower triangular.

    As Kingma and Welling (2019, section 2.5.1), but for the entries' measure: they are told in
    units of their row's sigma, and begin near zero, where this is a diagonal q. With L's entries
    as they come, the equal steps that Adam takes in D (D - 1) / 2 of them shake a narrow latent
    by more than its sigma, and the model learns to do without it.
    """

    def __init__(self, spec: specs.FullCovariance, features: int, latent_dim: int) -> None:
        super().__init__()
        self.spec, self.latent_dim = spec, latent_dim
        self.linear = nn.Linear(features, 2 * latent_dim)
        pairs = latent_dim * (latent_dim - 1) // 2
        self.lower = NearZero(features, pairs) if pairs else None

    def forward(self, h: Tensor) -> FullGaussian:
        """(B, F) -> q."""
        d = self.latent_dim
        mean, log_sigma = full_precision(self.linear, h).chunk(2, dim=-1)  # (B, D) each
        log_sigma = log_sigma.clamp(*LOG_SIGMA)
        lower = mean.new_zeros(len(mean), d, d)
        if self.lower is not None:
            rows, columns = torch.tril_indices(d, d, -1, device=h.device)
            entries = full_precision(self.lower, h) * (log_sigma.exp()[:, rows] / sqrt(d))
            batch = torch.arange(len(mean), device=h.device)[:, None]
            lower = lower.index_put((batch, rows, columns), entries)
        return FullGaussian(mean, log_sigma, lower)


def log_normal(eps: Tensor) -> Tensor:
    """log N(eps; 0, I) = -sum_i (eps_i^2 + log 2 pi) / 2 over the last axis.

    Example:
        >>> round(float(log_normal(torch.zeros(2))), 4)
        -1.8379
    """
    return -0.5 * (eps.square().sum(-1) + eps.shape[-1] * LOG_2PI)
