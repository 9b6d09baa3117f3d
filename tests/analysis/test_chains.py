"""Annealed importance sampling and HMC where p(x) and p(z|x) are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.analysis.annealing import annealed, schedule
from latentlab.analysis.hamiltonian import Chains
from latentlab.analysis.posterior_chains import posterior_chains, split_r_hat


def _off(vae, amount: float = 0.5) -> None:
    """Make q wrong: its mean moved, its sigma wider."""
    d = vae.spec.latent_dim
    with torch.no_grad():
        vae.posterior.linear.bias[:d] += 0.3 * amount
        vae.posterior.linear.bias[d : 2 * d] += amount


def _posterior(vae, x) -> torch.distributions.MultivariateNormal:
    with torch.no_grad():
        q = vae.q(torch.from_numpy(x))
    return torch.distributions.MultivariateNormal(
        q.mean, scale_tril=q.scale_tril, validate_args=True
    )


@pytest.mark.parametrize(("start", "bridges", "most"), [("q", 120, 0.05), ("prior", 240, 0.1)])
def test_annealing_reaches_log_p_within_its_error(linear, generator, start, bridges, most):
    model = linear(2)
    x = model.draw(8)
    _off(model.vae)
    found = annealed(
        model.vae, x, generator=generator, start=start, chains=40, bridges=bridges, leapfrogs=5
    )
    off = found.log_likelihood - model.log_p(x)
    assert found.start == start
    assert (np.abs(off) < 5 * found.error + 1e-3).all()
    error = np.sqrt((found.error**2).sum()) / len(x)
    assert error < most
    assert abs(off.mean()) < 4 * error
    assert 0.3 < found.acceptance <= 1


def test_annealing_finds_what_a_posterior_that_looks_elsewhere_misses(linear, generator):
    model = linear(2)
    x = model.draw(4)
    with torch.no_grad():
        model.vae.posterior.linear.bias[:2] += 2.0
        model.vae.posterior.linear.bias[2:4] -= 1.0
    from latentlab.analysis.estimators import importance

    plain = importance(model.vae, x, samples=200, generator=generator)
    assert (plain.log_likelihood < model.log_p(x) - 5).all()
    found = annealed(model.vae, x, generator=generator, start="prior", chains=40, bridges=150)
    np.testing.assert_allclose(found.log_likelihood, model.log_p(x), atol=0.5)


def test_the_schedule_rises_from_nought_to_one():
    betas = schedule(50)
    assert betas[0] == 0
    assert betas[-1] == 1
    assert (np.diff(betas) > 0).all()


def test_a_transition_leaves_a_density_as_it_is(generator):
    """Chains that begin in a correlated normal stay in it."""
    covariance = torch.tensor([[1.0, 0.6], [0.6, 0.5]])
    normal = torch.distributions.MultivariateNormal(
        torch.tensor([1.0, -2.0]), covariance, validate_args=True
    )
    eps = torch.randn(20_000, 1, 2, generator=generator)
    z = normal.mean + eps @ torch.linalg.cholesky(covariance).T
    chains = Chains.at(z, step=0.5)
    for _ in range(3):
        chains.move(normal.log_prob, generator, leapfrogs=4, adapt=False)
    after = chains.z[:, 0]
    assert not torch.equal(after, z[:, 0])
    assert torch.allclose(after.mean(0), normal.mean, atol=0.04)
    assert torch.allclose(torch.cov(after.T), covariance, atol=0.04)
    assert 0.2 < chains.accepted < 0.999


def test_chains_measure_how_far_q_is_from_the_true_posterior(linear, generator):
    model = linear(2)
    x = model.draw(6)
    true = _posterior(model.vae, x)
    _off(model.vae)
    wrong = _posterior(model.vae, x)
    found = posterior_chains(model.vae, x, generator=generator, chains=6, moves=400)
    reverse = torch.distributions.kl_divergence(true, wrong).numpy()
    np.testing.assert_allclose(found.cross - model.log_p(x), reverse, atol=0.12)
    wanted = (true.covariance_matrix / wrong.covariance_matrix).diagonal(dim1=1, dim2=2).sqrt()
    np.testing.assert_allclose(found.width_ratio, wanted, rtol=0.15)
    assert (found.r_hat < 1.1).all()
    assert found.kept == 2400


def test_a_posterior_that_scores_only_its_own_has_no_reverse_gap(linear, generator):
    model = linear(1)
    found = posterior_chains(
        model.vae, model.draw(2), generator=generator, foreign=False, warm_up=5, moves=10
    )
    assert found.cross is None
    assert found.width_ratio.shape == (2, 1)


def test_r_hat_is_large_where_chains_disagree():
    draws = np.random.default_rng(0).normal(size=(500, 4, 2))
    draws[:, 0, 1] += 3
    first, second = split_r_hat(draws)
    assert first < 1.02
    assert second > 1.3
