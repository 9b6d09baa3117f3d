"""Bounds and importance sampling where log p(x) is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from latentlab.analysis import estimators
from latentlab.analysis.estimators import active_units, elbo, importance
from latentlab.models.build import build
from latentlab.specs import Mlp, ModelSpec


def _off(vae, amount: float = 0.5) -> None:
    """Make q wrong: its mean moved, its sigma wider."""
    d = vae.spec.latent_dim
    with torch.no_grad():
        vae.posterior.linear.bias[:d] += 0.3 * amount
        vae.posterior.linear.bias[d : 2 * d] += amount


@pytest.mark.parametrize("d", [1, 2, 4])
def test_with_the_true_posterior_the_sampled_bound_is_log_p_for_every_draw(linear, generator, d):
    model = linear(d)
    x = model.draw(20)
    found = elbo(model.vae, x, samples=3, generator=generator, closed=False)
    assert found.kl_kind == "sampled"
    np.testing.assert_allclose(found.bound, model.log_p(x), atol=2e-3)


@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("closed", [True, False])
def test_a_wrong_posterior_gives_a_bound_below_log_p_by_its_kl(linear, generator, d, closed):
    model = linear(d)
    x = model.draw(10)
    true = torch.distributions.MultivariateNormal(
        *(lambda q: (q.mean.detach(), None, None, q.scale_tril.detach()))(
            model.vae.q(torch.from_numpy(x))
        ),
        validate_args=True,
    )
    _off(model.vae)
    q = model.vae.q(torch.from_numpy(x))
    wrong = torch.distributions.MultivariateNormal(
        q.mean.detach(), scale_tril=q.scale_tril.detach(), validate_args=True
    )
    gap = torch.distributions.kl_divergence(wrong, true).numpy()  # KL(q || p(z|x))
    found = elbo(model.vae, x, samples=20_000, generator=generator, closed=closed)
    assert found.kl_kind == ("closed" if closed else "sampled")
    assert (found.bound < model.log_p(x)).all()
    np.testing.assert_allclose(found.bound + gap, model.log_p(x), atol=0.15)
    np.testing.assert_allclose((found.bound + gap).mean(), model.log_p(x).mean(), atol=0.03)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_importance_sampling_reaches_log_p_within_a_hundredth_of_a_nat(linear, generator, d):
    model = linear(d)
    x = model.draw(30)
    exact = importance(model.vae, x, samples=50, generator=generator)
    np.testing.assert_allclose(exact.log_likelihood, model.log_p(x), atol=2e-3)
    np.testing.assert_allclose(exact.effective_samples, 50, rtol=1e-3)
    _off(model.vae, 0.3)
    found = importance(model.vae, x, samples=5000, generator=generator)
    assert abs(found.log_likelihood.mean() - model.log_p(x).mean()) < 0.01
    assert (found.effective_samples < 5000).all()
    assert (found.effective_samples > 100).all()


def test_the_mean_of_weights_is_unbiased_and_the_log_of_a_mean_is_low(linear, generator):
    """Slip 6."""
    model = linear(2)
    x = np.repeat(model.draw(1), 4000, axis=0)
    _off(model.vae)
    found = importance(model.vae, x, samples=3, generator=generator)
    ratio = np.exp(found.log_likelihood - model.log_p(x))
    assert abs(ratio.mean() - 1) < 5 * ratio.std() / math.sqrt(len(ratio))
    low = found.log_likelihood - model.log_p(x)
    assert low.mean() < -5 * low.std() / math.sqrt(len(low))


def test_more_samples_never_lower_the_curve_in_the_mean(linear, generator):
    model = linear(2)
    _off(model.vae)
    x = model.draw(600)
    found = importance(model.vae, x, samples=300, generator=generator)
    assert found.curve_k.tolist() == [1, 2, 5, 10, 20, 50, 100, 200, 300]
    assert (np.diff(found.curve) > -0.02).all()
    assert found.curve[-1] == pytest.approx(found.log_likelihood.mean())
    bound = elbo(model.vae, x, samples=200, generator=generator, closed=False).bound.mean()
    assert found.curve[0] == pytest.approx(bound, abs=0.3)  # K = 1 is the ELBO


def test_memory_is_bounded_and_blocks_do_not_change_the_figures(linear, generator, monkeypatch):
    model = linear(2)
    x = model.draw(40)
    whole = elbo(model.vae, x, samples=4000, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(estimators, "PIXELS_AT_ONCE", 6 * 7)
    monkeypatch.setattr(estimators, "ROWS_OF_WEIGHTS", 3)
    pieces = elbo(model.vae, x, samples=4000, generator=torch.Generator().manual_seed(2))
    np.testing.assert_allclose(pieces.kl, whole.kl, rtol=1e-5)
    assert abs((pieces.bound - whole.bound).mean()) < 0.05
    largest = []
    original = model.vae.likelihood_parameters
    monkeypatch.setattr(
        model.vae,
        "likelihood_parameters",
        lambda z, y=None: largest.append(z.numel()) or original(z, y),
    )
    told: list[float] = []
    found = importance(model.vae, x, samples=100, generator=generator, report=told.append)
    np.testing.assert_allclose(found.log_likelihood, model.log_p(x), atol=2e-3)
    assert max(largest) <= 2 * 7
    assert told[-1] == 1.0


def test_the_same_seed_gives_the_same_figures(linear):
    model = linear(2)
    x = model.draw(5)
    one, two = (
        elbo(model.vae, x, samples=3, generator=torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert (one.bound == two.bound).all()
    assert (one.bound == one.reconstruction - one.kl).all()


def test_kl_per_dimension_sums_to_the_kl_of_a_diagonal_posterior(generator):
    vae = build(ModelSpec(shape=(1, 4, 4), latent_dim=3, network=Mlp(hidden=(8,))))
    x = np.random.default_rng(0).random((50, 1, 4, 4), dtype=np.float32)
    found = elbo(vae, x, samples=2, generator=generator)
    assert found.kl_per_dimension.shape == (3,)
    assert found.kl_per_dimension.sum() == pytest.approx(found.kl.mean(), rel=1e-5)
    assert found.means.shape == (50, 3)


def test_a_unit_is_active_where_its_mean_varies():
    means = np.zeros((1000, 3))
    means[:, 1] = np.random.default_rng(0).normal(0, 0.2, 1000)  # variance 0.04
    means[:, 2] = np.random.default_rng(1).normal(5, 0.05, 1000)  # variance 0.0025
    assert active_units(means) == 1
