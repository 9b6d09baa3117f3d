"""Encoders without a density: one code for each datum, and a network of features and noise.

Neither has a log q(z|x), so neither has a KL or a bound: `log_prob` raises, and the log q that
comes with a sample is no number, so that nothing can be made of it unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import NoReturn

import torch
from torch import Tensor, nn

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.networks import full_precision

CODES = 1e4  # |z| beyond which a code without a prior is of no use to a decoder
WIDTH = 128  # hidden units of an implicit posterior


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The code mu(x) of a plain autoencoder; it takes no noise.

    Args:
        mean: mu (B, D).

    Example:
        >>> q = Point(torch.ones(3, 2))
        >>> q.rsample(torch.empty(q.eps_shape(4)))[0].shape
        torch.Size([4, 3, 2])
    """

    mean: Tensor

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, 0)."""
        return (samples, len(self.mean), 0)

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """z = mu, for every sample the same; log q is no number."""
        z = self.mean.expand(*eps.shape[:-1], self.mean.shape[-1])
        return z, z.new_full(z.shape[:-1], nan)

    def log_prob(self, z: Tensor) -> NoReturn:  # noqa: ARG002 - what every posterior has
        """There is none.

        Raises:
            UsageError: Always.
        """
        raise _no_density("A plain autoencoder")


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitLatents:
    """z = g(x, eps) by a network: it can be drawn from, not scored (Makhzani et al., 2015).

    Args:
        head: g's layers.
        hidden: What they make of x: (B, W).
    """

    head: Implicit
    hidden: Tensor

    @property
    def mean(self) -> Tensor:
        """The code at no noise, g(x, 0): (B, D). The mean over noise has no closed form."""
        return self.head.push(self.hidden)

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, noise values)."""
        return (samples, len(self.hidden), self.head.spec.noise)

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """z = g(x, eps) (..., B, D); log q is no number."""
        z = self.head.push(self.hidden + full_precision(self.head.noise, eps))
        return z, z.new_full(z.shape[:-1], nan)

    def log_prob(self, z: Tensor) -> NoReturn:  # noqa: ARG002 - what every posterior has
        """There is none.

        Raises:
            UsageError: Always.
        """
        raise _no_density("An implicit posterior")


class Deterministic(nn.Module):
    """Features to a `Point`."""

    def __init__(self, spec: specs.Deterministic, features: int, latent_dim: int) -> None:
        super().__init__()
        self.spec = spec
        self.linear = nn.Linear(features, latent_dim)

    def forward(self, h: Tensor) -> Point:
        """(B, F) -> q."""
        return Point(full_precision(self.linear, h).clamp(-CODES, CODES))


class Implicit(nn.Module):
    """Features and noise through one hidden layer to `ImplicitLatents`."""

    def __init__(self, spec: specs.Implicit, features: int, latent_dim: int) -> None:
        super().__init__()
        self.spec = spec
        self.linear = nn.Linear(features, WIDTH)
        self.noise = nn.Linear(spec.noise, WIDTH, bias=False)
        self.last = nn.Linear(WIDTH, latent_dim)

    def forward(self, h: Tensor) -> ImplicitLatents:
        """(B, F) -> q."""
        return ImplicitLatents(self, full_precision(self.linear, h))

    def push(self, hidden: Tensor) -> Tensor:
        """Sums of the hidden layer (..., W) -> codes (..., D)."""
        return full_precision(self.last, torch.relu(hidden)).clamp(-CODES, CODES)


def _no_density(what: str) -> UsageError:
    return UsageError(
        f"{what} has no density log q(z|x), and so no bound.",
        do="Look at its reconstructions and codes, or train a model with another posterior.",
    )
