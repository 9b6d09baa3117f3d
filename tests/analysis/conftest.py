"""A linear-Gaussian model: log p(x), the true posterior and the ELBO are known exactly.

x = W z + b + 0.3 noise, z ~ N(0, I), so x ~ N(b, W W^T + 0.09 I) and p(z|x) is normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from latentlab.models.build import build
from latentlab.models.vae import VAE
from latentlab.specs import FullCovariance, Gaussian, Mlp, ModelSpec

PIXELS = 6
SCALE = 0.3


class _Picture(nn.Module):
    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(weight.shape[1], len(bias))
        with torch.no_grad():
            self.linear.weight.copy_(weight)
            self.linear.bias.copy_(bias)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.linear(z).view(-1, 1, 1, PIXELS)


@dataclass(frozen=True)
class Linear:
    """The model, with q the true posterior, and its marginal density."""

    vae: VAE
    marginal: torch.distributions.MultivariateNormal

    def draw(self, count: int) -> np.ndarray:
        generator = np.random.default_rng(0)
        mean, covariance = self.marginal.mean.numpy(), self.marginal.covariance_matrix.numpy()
        x = generator.multivariate_normal(mean, covariance, count)
        return x.astype(np.float32).reshape(-1, 1, 1, PIXELS)

    def log_p(self, x: np.ndarray) -> np.ndarray:
        return self.marginal.log_prob(torch.from_numpy(x.reshape(-1, PIXELS)).double()).numpy()


def make_linear(latent_dim: int, *, strength: float = 1.0, scale: float = SCALE) -> Linear:
    """W has entries of about `strength`; `scale` is the noise."""
    generator = torch.Generator().manual_seed(4)
    w = strength * torch.randn(PIXELS, latent_dim, generator=generator, dtype=torch.float64)
    b = torch.rand(PIXELS, generator=generator, dtype=torch.float64)
    spec = ModelSpec(
        shape=(1, 1, PIXELS),
        latent_dim=latent_dim,
        network=Mlp(hidden=(PIXELS,)),
        posterior=FullCovariance(),
        likelihood=Gaussian(scale=scale),
    )
    vae = build(spec)
    vae.decoder, vae.encoder = _Picture(w, b), nn.Flatten()
    precision = torch.eye(latent_dim, dtype=torch.float64) + w.T @ w / scale**2
    covariance = torch.linalg.inv(precision)
    gain = covariance @ w.T / scale**2  # (d, D)
    tril = torch.linalg.cholesky(covariance)
    head, lower = vae.posterior.linear, vae.posterior.lower
    rows, columns = torch.tril_indices(latent_dim, latent_dim, -1)
    with torch.no_grad():
        head.weight.zero_()
        head.weight[:latent_dim] = gain
        head.bias.copy_(torch.cat([-gain @ b, tril.diagonal().log()]))
        if lower is not None:  # in units of its row's sigma
            lower.weight.zero_()
            sigma = tril.diagonal()[rows]
            lower.bias.copy_(tril[rows, columns] * latent_dim**0.5 / sigma)
    whole = w @ w.T + scale**2 * torch.eye(PIXELS, dtype=torch.float64)
    return Linear(vae, torch.distributions.MultivariateNormal(b, whole, validate_args=True))


@pytest.fixture
def linear() -> Callable[..., Linear]:
    return make_linear


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)
