"""Bounds: below log p(x) where that is known, and the same whether the KL is closed or sampled."""

from __future__ import annotations

import math

import pytest
import torch
from family import PAIRS, UNSCORED, P, Q, bend
from torch import distributions as td
from torch import nn

from latentlab import specs
from latentlab.models import divergence
from latentlab.models.build import build
from latentlab.models.gaussian import FullGaussian
from latentlab.models.mixtures import Mixture
from latentlab.models.vae import VAE

SCORED = [(q, p) for q, p in PAIRS if not isinstance(Q[q], UNSCORED)]
REAL = [name for name in Q if not isinstance(Q[name], (specs.Categorical, *UNSCORED))]
SCALE = 0.5  # sigma of the linear model's likelihood


def model(posterior: str, prior: str, d: int, generator: torch.Generator) -> VAE:
    spec = specs.ModelSpec(
        shape=(1, 3, 3),
        latent_dim=d,
        network=specs.Mlp(hidden=(8,)),
        posterior=Q[posterior],
        prior=P[prior],
        likelihood=specs.Gaussian(scale=SCALE),
    )
    return bend(build(spec), generator)


def mean_and_error(draws: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Over samples (L, B): mean (B,) and its standard error (B,)."""
    return draws.mean(0), draws.std(0) / math.sqrt(len(draws))


@torch.no_grad()
@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize(("posterior", "prior"), SCORED)
def test_the_kl_is_not_negative_and_is_its_monte_carlo_value(posterior, prior, d, generator):
    vae = model(posterior, prior, d, generator)
    q = vae.q(torch.rand(4, 1, 3, 3, generator=generator))
    z, log_q = q.rsample(torch.randn(q.eps_shape(4000), generator=generator))
    draws = (log_q - vae.prior.log_prob(z)).double()  # (L, B)
    mean, error = mean_and_error(draws)
    assert (mean > -5 * error).all()
    if divergence.has_closed_form(q, vae.prior):
        kl, kind = divergence.kl(q, vae.prior)
        assert kind == "closed"
        assert (kl >= 0).all()
        assert ((mean - kl).abs() < 5 * error + 1e-4).all()
    else:
        kl, kind = divergence.kl(q, vae.prior, z, log_q)
        assert kind == "sampled"
        torch.testing.assert_close(kl.double(), draws)
        with pytest.raises(ValueError, match="no closed form"):
            divergence.kl(q, vae.prior)


@torch.no_grad()
@pytest.mark.parametrize(("posterior", "prior"), SCORED)
def test_closed_and_sampled_bounds_agree_in_the_mean(posterior, prior, generator):
    vae = model(posterior, prior, 3, generator)
    x = torch.rand(4, 1, 3, 3, generator=generator)
    q = vae.q(x)
    z, log_q = q.rsample(torch.randn(q.eps_shape(2000), generator=generator))
    likelihood = vae.log_likelihood(x, z).double()
    sampled = likelihood + vae.prior.log_prob(z) - log_q  # any prior, any q
    exact = divergence.has_closed_form(q, vae.prior)
    kl = (divergence.kl(q, vae.prior) if exact else divergence.kl(q, vae.prior, z, log_q))[0]
    gap, error = mean_and_error(sampled - (likelihood - kl))
    assert (gap.abs() < 5 * error + 1e-4).all()
    if not exact:
        assert (error < 1e-4).all()  # the same numbers, term by term


class LinearDecoder(nn.Module):
    """E[x|z] = W z + b: with a Gaussian likelihood and prior, p(x) is known."""

    def __init__(self, d: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(9, d, generator=generator))
        self.bias = nn.Parameter(torch.randn(9, generator=generator))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return (z @ self.weight.T + self.bias).view(-1, 1, 3, 3)


def linear(posterior: str, prior: str, generator: torch.Generator) -> VAE:
    vae = model(posterior, prior, 2, generator)
    vae.decoder = LinearDecoder(2, generator)
    return vae


def gaussians_of(vae: VAE) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weights (K,), means (K, 2) and covariances (K, 2, 2) of the prior."""
    if isinstance(vae.prior, Mixture):
        own = vae.prior.components
        return vae.prior.weights, own.mean, own.log_sigma.mul(2).exp().diag_embed()
    return torch.ones(1), torch.zeros(1, 2), torch.eye(2)[None]


def log_evidence(vae: VAE, x: torch.Tensor) -> torch.Tensor:
    """log p(x) = log sum_k pi_k N(x; W m_k + b, W S_k W^T + s^2 I), by torch: (B,)."""
    weights, means, covariances = gaussians_of(vae)
    w, b = vae.decoder.weight, vae.decoder.bias
    spread = w @ covariances @ w.T + SCALE**2 * torch.eye(9)
    each = td.MultivariateNormal(means @ w.T + b, spread, validate_args=True)
    return (each.log_prob(x.flatten(1)[:, None]) + weights.log()).logsumexp(-1)


def log_weights(vae: VAE, q, x: torch.Tensor, samples: int, generator) -> torch.Tensor:
    """log p(x, z_l) - log q(z_l|x): (L, B)."""
    z, log_q = q.rsample(torch.randn(q.eps_shape(samples), generator=generator))
    return (vae.log_likelihood(x, z) + vae.prior.log_prob(z) - log_q).double()


@torch.no_grad()
@pytest.mark.parametrize("prior", ["normal", "mixture"])
@pytest.mark.parametrize("posterior", REAL)
def test_the_bound_is_below_the_exact_log_evidence_and_weights_average_to_it(
    posterior, prior, generator
):
    """Slip 6: the mean of p(x, z)/q(z|x) is p(x); its logarithm's mean is below."""
    vae = linear(posterior, prior, generator)
    z = vae.prior.sample(torch.randn(vae.prior.eps_shape(5), generator=generator))
    noise = SCALE * torch.randn(5, 1, 3, 3, generator=generator)
    x = vae.decode(z) + noise
    exact = log_evidence(vae, x)
    mean, error = mean_and_error(log_weights(vae, vae.q(x), x, 4000, generator))
    assert (mean < exact + 5 * error).all()
    assert (mean < exact - 0.1).any()  # nothing was trained: the bound is not tight
    wide = FullGaussian(vae.q(x).mean * 0, torch.full((5, 2), 0.7), torch.zeros(5, 2, 2))
    weights = log_weights(vae, wide, x, 100_000, generator)
    torch.testing.assert_close(
        weights.logsumexp(0) - math.log(len(weights)), exact.double(), atol=0.15, rtol=0
    )


@torch.no_grad()
def test_the_bound_is_tight_at_the_true_posterior(generator):
    """Every single weight is p(x) then, and the gap elsewhere is KL(q || p(z|x))."""
    vae = linear("full", "normal", generator)
    x = torch.rand(5, 1, 3, 3, generator=generator)
    w, b = vae.decoder.weight, vae.decoder.bias
    covariance = torch.linalg.inv(torch.eye(2) + w.T @ w / SCALE**2)
    mean = (x.flatten(1) - b) @ w @ covariance / SCALE**2
    tril = torch.linalg.cholesky(covariance).expand(5, 2, 2)
    truth = FullGaussian(mean, tril.diagonal(dim1=-2, dim2=-1).log(), tril.tril(-1))
    exact = log_evidence(vae, x).double()
    weights = log_weights(vae, truth, x, 50, generator)
    torch.testing.assert_close(weights, exact.expand(50, 5), atol=1e-3, rtol=1e-5)
    q = vae.q(x)
    bound, error = mean_and_error(log_weights(vae, q, x, 20_000, generator))
    gap = td.kl_divergence(
        td.MultivariateNormal(q.mean, scale_tril=q.scale_tril, validate_args=True),
        td.MultivariateNormal(mean, scale_tril=tril, validate_args=True),
    )
    assert ((exact - gap - bound).abs() < 5 * error + 1e-3).all()


def test_marginal_kls_of_categories_sum_to_the_whole(generator):
    vae = model("categorical", "categorical", 3, generator)
    q = vae.q(torch.rand(4, 1, 3, 3, generator=generator))
    each = divergence.per_dimension(q, vae.prior)
    own = td.Categorical(logits=q.log_probs, validate_args=True)
    uniform = td.Categorical(logits=torch.zeros(3), validate_args=True)
    torch.testing.assert_close(each, td.kl_divergence(own, uniform))
    torch.testing.assert_close(each.sum(-1), divergence.kl(q, vae.prior)[0])
