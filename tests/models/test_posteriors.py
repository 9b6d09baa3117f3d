"""Densities of q(z|x) against independent computations, and the slips that texts make."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import distributions as td

from latentlab.models import divergence
from latentlab.models.build import fresh
from latentlab.models.posteriors import (
    LOG_SIGMA,
    Diagonal,
    DiagonalGaussian,
    FullCovariance,
    FullGaussian,
    Posterior,
    log_normal,
)
from latentlab.models.priors import Prior, StandardNormal
from latentlab.specs import Diagonal as DiagonalSpec
from latentlab.specs import FullCovariance as FullCovarianceSpec
from latentlab.specs import ModelSpec
from latentlab.specs import StandardNormal as StandardNormalSpec

B, D = 4, 3


@pytest.fixture
def full(generator) -> FullGaussian:
    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return FullGaussian(draw(B, D), 0.5 * draw(B, D), draw(B, D, D).tril(-1))


@pytest.fixture
def diagonal(full) -> DiagonalGaussian:
    return DiagonalGaussian(full.mean, full.log_sigma)


@pytest.fixture
def eps(generator) -> torch.Tensor:
    return torch.randn(5, B, D, generator=generator, dtype=torch.float64)


def test_the_diagonal_density_is_that_of_torch(diagonal, eps):
    z, log_q = diagonal.rsample(eps)
    expected = td.Normal(diagonal.mean, diagonal.log_sigma.exp(), validate_args=True)
    torch.testing.assert_close(log_q, expected.log_prob(z).sum(-1))
    torch.testing.assert_close(diagonal.log_prob(z), log_q)


def test_the_full_density_is_that_of_torch(full, eps):
    z, log_q = full.rsample(eps)
    expected = td.MultivariateNormal(full.mean, scale_tril=full.scale_tril, validate_args=True)
    torch.testing.assert_close(log_q, expected.log_prob(z))
    torch.testing.assert_close(full.log_prob(z), log_q)


def test_the_closed_kls_are_those_of_torch(diagonal, full):
    prior = StandardNormal(StandardNormalSpec(), ModelSpec(shape=(1, 2, 2), latent_dim=D))
    normal = td.MultivariateNormal(
        torch.zeros(D, dtype=torch.float64),
        torch.eye(D, dtype=torch.float64),
        validate_args=True,
    )
    for q, tril in ((diagonal, diagonal.log_sigma.exp().diag_embed()), (full, full.scale_tril)):
        own = td.MultivariateNormal(q.mean, scale_tril=tril, validate_args=True)
        torch.testing.assert_close(divergence.kl(q, prior)[0], td.kl_divergence(own, normal))


def test_a_full_posterior_without_off_diagonals_is_the_diagonal_one(diagonal, full, eps):
    plain = FullGaussian(full.mean, full.log_sigma, torch.zeros_like(full.lower))
    prior = StandardNormal(StandardNormalSpec(), ModelSpec(shape=(1, 2, 2), latent_dim=D))
    for one, other in zip(plain.rsample(eps), diagonal.rsample(eps), strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(plain.log_prob(eps), diagonal.log_prob(eps))
    torch.testing.assert_close(divergence.kl(plain, prior)[0], divergence.kl(diagonal, prior)[0])
    torch.testing.assert_close(
        divergence.per_dimension(plain, prior), divergence.per_dimension(diagonal, prior)
    )


def test_log_q_is_log_p_of_eps_minus_the_log_determinant(diagonal, full, eps):
    """Slips 2 and 10: the density follows from p(eps) and g, with a minus sign."""
    for q in (diagonal, full):
        jacobian = torch.autograd.functional.jacobian(lambda e, q=q: q.rsample(e)[0], eps[0])
        blocks = torch.stack([jacobian[b, :, b] for b in range(B)])  # (B, D, D)
        expected = log_normal(eps[0]) - torch.linalg.slogdet(blocks).logabsdet
        torch.testing.assert_close(q.rsample(eps[0])[1], expected)


def test_the_sample_covariance_is_l_times_its_transpose(full, generator):
    """Slip 3: sigma, not log sigma, is on the diagonal of L."""
    eps = torch.randn(200_000, B, D, generator=generator, dtype=torch.float64)
    z, _ = full.rsample(eps)
    centred = z - z.mean(0)
    covariance = torch.einsum("lbi,lbj->bij", centred, centred) / len(z)
    expected = full.scale_tril @ full.scale_tril.mT
    torch.testing.assert_close(covariance, expected, rtol=0.05, atol=0.05)


def test_log_sigma_enters_once_and_outside_the_half(diagonal, eps):
    """Slip 1: one more nat of log sigma takes exactly one nat a latent from log q."""
    wider = DiagonalGaussian(diagonal.mean, diagonal.log_sigma + 1.0)
    difference = diagonal.rsample(eps)[1] - wider.rsample(eps)[1]
    torch.testing.assert_close(difference, torch.full_like(difference, float(D)))


def test_the_standard_normal_has_its_minus_signs(eps):
    """Slip 9: log p is -(eps^2 + log 2 pi)/2, summed, and largest at 0."""
    expected = td.Normal(0.0, 1.0, validate_args=True).log_prob(eps).sum(-1)
    torch.testing.assert_close(log_normal(eps), expected)
    prior = StandardNormal(StandardNormalSpec(), ModelSpec(shape=(1, 2, 2), latent_dim=D))
    torch.testing.assert_close(prior.log_prob(eps), expected)
    assert (prior.log_prob(eps) < prior.log_prob(torch.zeros_like(eps))).all()


@pytest.mark.parametrize(
    ("kind", "spec"), [(Diagonal, DiagonalSpec()), (FullCovariance, FullCovarianceSpec())]
)
@pytest.mark.parametrize("size", [-1e4, 1e4])
def test_sigma_is_positive_and_bounded_whatever_the_features(kind, spec, size, generator):
    """Slip 7: a raw variance could be negative; a clamped log sigma can't run away."""
    module = kind(spec, 8, D)
    q = module(size * torch.randn(B, 8, generator=generator))
    sigma = q.log_sigma.exp()
    assert (sigma > 0).all()
    assert (q.log_sigma >= LOG_SIGMA[0]).all()
    assert (q.log_sigma <= LOG_SIGMA[1]).all()
    assert q.rsample(torch.zeros(B, D))[1].isfinite().all()


def test_a_full_covariance_begins_diagonal_and_has_entries_in_units_of_their_rows_sigma(generator):
    head = fresh(partial(FullCovariance, FullCovarianceSpec(), 8, D), seed=0)
    h = torch.randn(B, 8, generator=generator)
    q = head(h)
    assert 0 < (q.lower.abs() / q.log_sigma.exp()[..., None]).max() < 0.02
    with torch.no_grad():
        head.lower.weight.zero_()
        head.lower.bias.fill_(1.0)
    rows = torch.ones(D, D).tril(-1) / D**0.5  # of the same size in a narrow row as in a wide one
    torch.testing.assert_close(head(h).lower, q.log_sigma.exp()[..., None] * rows)


def test_heads_take_only_the_strictly_lower_entries(generator):
    q = FullCovariance(FullCovarianceSpec(), 8, D)(torch.randn(B, 8, generator=generator))
    assert torch.equal(q.lower, q.lower.tril(-1))
    assert q.lower.tril(-1).abs().sum() > 0
    assert isinstance(q, Posterior)


def test_the_score_function_gradient_has_the_same_mean_and_more_noise(generator):
    """Slip 8: a gradient passes a sampling step without reparameterisation too, noisily."""
    count = 100_000
    mean = torch.zeros(1, requires_grad=True)
    eps = torch.randn(count, 1, generator=generator)

    def score(z):
        return (z - 1.0).square().sum(-1)  # its mean's gradient in mu is 2 (mu - 1) = -2

    q = DiagonalGaussian(mean, torch.zeros(1))
    pathwise = 2 * (q.rsample(eps)[0].detach() - 1.0)  # df/dz dz/dmu, dz/dmu = 1
    (through,) = torch.autograd.grad(score(q.rsample(eps)[0]).mean(), mean)
    z = q.rsample(eps)[0].detach()
    noisy = score(z)[:, None] * (z - mean.detach())  # f(z) d log q / d mu
    (by_score,) = torch.autograd.grad((score(z) * q.log_prob(z)).mean(), mean)
    assert through.item() == pytest.approx(-2.0, abs=0.05)
    assert by_score.item() == pytest.approx(-2.0, abs=0.1)
    assert noisy.var() > 3 * pathwise.var()


def test_a_pair_without_a_closed_form_is_sampled_and_says_so(diagonal, eps):
    class Shifted(Prior):
        def log_prob(self, z):
            return log_normal(z - 1.0)

        def sample(self, eps):
            return eps + 1.0

    prior = Shifted(D)
    assert not divergence.has_closed_form(diagonal, prior)
    z, log_q = diagonal.rsample(eps)
    kl, kind = divergence.kl(diagonal, prior, z)
    assert kind == "sampled"
    torch.testing.assert_close(kl, log_q - log_normal(z - 1.0))
    assert divergence.per_dimension(diagonal, prior) is None
    with pytest.raises(ValueError, match="DiagonalGaussian and Shifted"):
        divergence.kl(diagonal, prior)


def test_marginal_kls_sum_to_the_whole_only_without_correlations(diagonal, full):
    prior = StandardNormal(StandardNormalSpec(), ModelSpec(shape=(1, 2, 2), latent_dim=D))
    whole = divergence.kl(diagonal, prior)[0]
    torch.testing.assert_close(divergence.per_dimension(diagonal, prior).sum(-1), whole)
    marginal = divergence.per_dimension(full, prior)
    variance = (full.scale_tril @ full.scale_tril.mT).diagonal(dim1=-2, dim2=-1)
    own = td.Normal(full.mean, variance.sqrt(), validate_args=True)
    unit = td.Normal(torch.zeros_like(full.mean), torch.ones_like(full.mean), validate_args=True)
    torch.testing.assert_close(marginal, td.kl_divergence(own, unit))
    assert (marginal.sum(-1) < divergence.kl(full, prior)[0]).all()
