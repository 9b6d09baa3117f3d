"""The score-function and the reparameterised gradient of one bound."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.analysis.gradients import gradients
from latentlab.models.build import build
from latentlab.specs import Flow, Mlp, ModelSpec, Vamp


def _bound_gradient(vae, x) -> torch.Tensor:
    """d ELBO / d (the head's bias of the mean), by closed form: it needs no sampling.

    log p(x|z) is quadratic in z, so E_q[log p(x|z)] has d/dmu = W^T (x - b - W mu) / s^2, and the
    KL has d/dmu = mu.
    """
    with torch.no_grad():
        mu = vae.q(x).mean  # (B, d)
        w, b = vae.decoder.linear.weight, vae.decoder.linear.bias
        residual = x.flatten(1) - b - mu @ w.T
        return (residual @ w / vae.likelihood.scale**2 - mu).mean(0)


def test_both_gradients_have_the_exact_mean(linear, generator):
    model = linear(2)
    x = model.draw(6)
    with torch.no_grad():
        model.vae.posterior.linear.bias[:2] += 0.2
    for parameter in model.vae.parameters():
        parameter.requires_grad_(False)
    bias = model.vae.posterior.linear.bias.requires_grad_(True)
    found = gradients(model.vae, x, generator=generator, repeats=1500)
    assert found.parameters == len(bias)
    exact = _bound_gradient(model.vae, torch.from_numpy(x))
    # Both are along one direction, which is nearly that of the exact gradient in all parameters.
    for values in (found.score, found.reparameterised):
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - found.reparameterised.mean()) < 4 * error + 1e-9
    assert found.reparameterised.mean() >= float(exact.norm()) * 0.9


def test_the_score_function_varies_more(linear, generator):
    model = linear(2)
    with torch.no_grad():
        model.vae.posterior.linear.bias[:2] += 0.5
    found = gradients(model.vae, model.draw(8), generator=generator, repeats=200)
    assert found.ratio > 3
    assert found.score.var() > found.reparameterised.var()


@pytest.mark.parametrize(
    "posterior", [Flow(transform="iaf"), Flow(transform="spline"), Flow(transform="planar")]
)
def test_flows_have_both_gradients(generator, posterior):
    spec = ModelSpec(shape=(1, 4, 4), latent_dim=2, network=Mlp(hidden=(8,)), posterior=posterior)
    vae = build(spec).eval()
    x = np.random.default_rng(0).random((4, 1, 4, 4), dtype=np.float32)
    found = gradients(vae, x, generator=generator, repeats=120)
    error = np.hypot(found.score.std(), found.reparameterised.std()) / np.sqrt(120)
    assert abs(found.score.mean() - found.reparameterised.mean()) < 4 * error
    assert found.score_variance > 0


def test_a_prior_that_knows_the_encoder_is_part_of_both_gradients(generator):
    spec = ModelSpec(shape=(1, 4, 4), network=Mlp(hidden=(8,)), prior=Vamp(components=2))
    vae = build(spec).eval()
    x = np.random.default_rng(0).random((4, 1, 4, 4), dtype=np.float32)
    found = gradients(vae, x, generator=generator, repeats=400)
    error = np.hypot(found.score.std(), found.reparameterised.std()) / np.sqrt(400)
    assert abs(found.score.mean() - found.reparameterised.mean()) < 4 * error
