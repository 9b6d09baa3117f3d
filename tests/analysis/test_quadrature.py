"""Quadrature of log p(x) where it is known: within a hundredth of a nat."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from latentlab.analysis import quadrature
from latentlab.analysis.estimators import elbo, importance
from latentlab.analysis.quadrature import log_likelihood
from latentlab.models.build import build
from latentlab.specs import Bernoulli, ContinuousBernoulli, Gaussian, Mlp, ModelSpec


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize(
    ("strength", "scale"), [(1.0, 0.3), (0.1, 0.5), (1.0, 0.02), (20.0, 0.1)], ids=str
)
def test_a_linear_gaussian_model_is_integrated_within_a_hundredth_of_a_nat(
    linear, d, strength, scale
):
    """From a posterior as wide as the prior to one of sigma 0.003."""
    model = linear(d, strength=strength, scale=scale)
    x = model.draw(25)
    found = log_likelihood(model.vae, x)
    assert found.converged
    np.testing.assert_allclose(found.log_likelihood, model.log_p(x), atol=0.01)


def test_data_far_outside_the_prior_are_found(linear):
    """x so extreme that its posterior lies ten sigma out."""
    model = linear(2)
    far = model.vae.decode(torch.tensor([[9.0, -8.0], [-12.0, 0.5]])).detach().numpy()
    found = log_likelihood(model.vae, far)
    np.testing.assert_allclose(found.log_likelihood, model.log_p(far), atol=0.02)


def test_a_posterior_that_misses_does_not_mislead_quadrature(linear, generator):
    """Importance sampling fails quietly there; quadrature does not need q."""
    model = linear(2)
    x = model.draw(20)
    with torch.no_grad():
        model.vae.posterior.linear.bias[:2] += 1.5
        model.vae.posterior.linear.bias[2:4] -= 2.0
    found = log_likelihood(model.vae, x)
    np.testing.assert_allclose(found.log_likelihood, model.log_p(x), atol=0.01)
    weighed = importance(model.vae, x, samples=100, generator=generator)
    assert weighed.log_likelihood.mean() < model.log_p(x).mean() - 1
    assert (elbo(model.vae, x, samples=50, generator=generator).bound < found.log_likelihood).all()


@pytest.mark.parametrize("d", [1, 2])
def test_the_probabilities_of_all_binary_pictures_sum_to_one(d):
    vae = build(ModelSpec(shape=(1, 2, 4), latent_dim=d, network=Mlp(hidden=(20,))), seed=2)
    with torch.no_grad():
        for parameter in vae.decoder.parameters():
            parameter.mul_(4.0)  # far from uniform
    x = np.array(list(product([0.0, 1.0], repeat=8)), dtype=np.float32).reshape(-1, 1, 2, 4)
    found = log_likelihood(vae, x, tolerance=0.001)
    assert np.exp(found.log_likelihood).sum() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    "likelihood", [Bernoulli(), ContinuousBernoulli(), Gaussian(learned=True, scale=0.3)], ids=str
)
def test_quadrature_and_importance_sampling_agree_on_networks(likelihood, generator):
    vae = build(ModelSpec(shape=(1, 5, 5), network=Mlp(hidden=(16,)), likelihood=likelihood))
    x = np.random.default_rng(3).random((40, 1, 5, 5), dtype=np.float32)
    found = log_likelihood(vae, x)
    weighed = importance(vae, x, samples=3000, generator=generator)
    np.testing.assert_allclose(found.log_likelihood, weighed.log_likelihood, atol=0.1)
    assert abs((found.log_likelihood - weighed.log_likelihood).mean()) < 0.02


def test_blocks_and_groups_do_not_change_the_figures(linear, monkeypatch):
    model = linear(2)
    x = model.draw(11)
    whole = log_likelihood(model.vae, x).log_likelihood
    monkeypatch.setattr(quadrature, "PIXELS_AT_ONCE", 1)
    monkeypatch.setattr(quadrature, "DATA_PIXELS", 6 * 4)
    told: list[float] = []
    pieces = log_likelihood(model.vae, x, report=told.append).log_likelihood
    np.testing.assert_allclose(pieces, whole, atol=1e-6)
    assert told[-1] == 1.0
    one = log_likelihood(model.vae, x[:1]).log_likelihood
    np.testing.assert_allclose(one, whole[:1], atol=1e-6)


def test_more_than_two_latents_are_refused():
    vae = build(ModelSpec(shape=(1, 2, 2), latent_dim=3, network=Mlp(hidden=(4,))))
    with pytest.raises(ValueError, match="one or two latents"):
        log_likelihood(vae, np.zeros((1, 1, 2, 2), dtype=np.float32))
