"""Encoders without a density: what they draw, and that nobody gets a bound from them."""

from __future__ import annotations

import pytest
import torch

from latentlab.errors import UsageError
from latentlab.models import divergence
from latentlab.models.build import build, clone
from latentlab.specs import Deterministic, Implicit, ModelSpec

B, D = 5, 3


@pytest.fixture(params=[Deterministic(), Implicit(noise=4)], ids=["none", "implicit"])
def vae(request):
    return build(ModelSpec(shape=(1, 4, 4), latent_dim=D, posterior=request.param)).eval()


@pytest.fixture
def x(generator) -> torch.Tensor:
    return torch.rand(B, 1, 4, 4, generator=generator)


def test_there_is_no_density_and_no_divergence(vae, x):
    q = vae.q(x)
    z, log_q = q.rsample(torch.zeros(q.eps_shape(2)))
    assert log_q.isnan().all()
    assert log_q.shape == (2, B)
    with pytest.raises(UsageError, match="no density"):
        q.log_prob(z)
    kl, kind = divergence.kl(q, vae.prior, z, log_q)
    assert kind == "none"
    assert kl.tolist() == [0.0] * B
    assert not divergence.has_closed_form(q, vae.prior)
    assert divergence.per_dimension(q, vae.prior) is None


def test_a_plain_autoencoder_takes_no_noise(x):
    q = build(ModelSpec(shape=(1, 4, 4), latent_dim=D, posterior=Deterministic())).q(x)
    assert q.eps_shape(7) == (7, B, 0)
    z, _ = q.rsample(torch.empty(7, B, 0))
    assert z.shape == (7, B, D)
    assert all(torch.equal(one, q.mean) for one in z)


def test_an_implicit_posterior_is_a_network_of_features_and_noise(x, generator):
    vae = build(ModelSpec(shape=(1, 4, 4), latent_dim=D, posterior=Implicit(noise=4)))
    q = vae.q(x)
    eps = torch.randn(q.eps_shape(6), generator=generator)
    assert eps.shape == (6, B, 4)
    head, h = vae.posterior, vae.encoder(x)
    for i in range(6):
        joined = torch.cat([h, eps[i]], -1)  # one matrix over features and noise together
        weight = torch.cat([head.linear.weight, head.noise.weight], 1)
        hidden = torch.relu(joined @ weight.T + head.linear.bias)
        expected = hidden @ head.last.weight.T + head.last.bias
        torch.testing.assert_close(q.rsample(eps)[0][i], expected)
    torch.testing.assert_close(q.mean, q.rsample(torch.zeros(B, 4))[0])
    assert q.rsample(eps)[0].std(0).min() > 0


def test_gradients_reach_every_parameter(vae, x, generator):
    q = vae.q(x)
    z, _ = q.rsample(torch.randn(q.eps_shape(1), generator=generator))
    vae.log_likelihood(x, z).mean().backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_a_clone_draws_from_weights_of_its_own(vae, x, generator):
    q = vae.q(x)
    eps = torch.randn(q.eps_shape(1), generator=generator)
    copied = clone(vae)
    before = q.rsample(eps)[0].clone()
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.add_(0.5)
    torch.testing.assert_close(copied.q(x).rsample(eps)[0], before)
    assert not torch.allclose(vae.q(x).rsample(eps)[0], before)
