"""What must hold whatever a VAE is composed of."""

from __future__ import annotations

import math

import pytest
import torch

from latentlab.models import divergence
from latentlab.models.build import build, clone
from latentlab.models.files import from_bytes, to_bytes
from latentlab.models.model import Model, weights_of
from latentlab.models.vae import VAE
from latentlab.specs import ModelSpec


def test_every_part_has_the_shape_that_it_promises(vae, spec, x, generator):
    q = vae.q(x)
    z, log_q = q.rsample(torch.randn(q.eps_shape(4), generator=generator))
    assert q.mean.shape == (6, spec.latent_dim)
    assert z.shape == (4, 6, spec.latent_dim)
    assert log_q.shape == q.log_prob(z).shape == (4, 6)
    assert vae.decode(z).shape == (4, 6, *spec.shape)
    assert vae.decode(z[0]).shape == (6, *spec.shape)
    assert vae.log_likelihood(x, z).shape == (4, 6)
    assert vae.prior.log_prob(z).shape == (4, 6)


def test_samples_of_one_call_equal_samples_one_by_one(vae, x, generator):
    q = vae.q(x)
    eps = torch.randn(q.eps_shape(3), generator=generator)
    z, log_q = q.rsample(eps)
    for i in range(3):
        one, log_one = q.rsample(eps[i])
        torch.testing.assert_close(z[i], one)
        torch.testing.assert_close(log_q[i], log_one)
        torch.testing.assert_close(vae.log_likelihood(x, z)[i], vae.log_likelihood(x, one))


def test_gradients_reach_every_parameter(vae, x, generator):
    q = vae.q(x)
    z, _ = q.rsample(torch.randn(q.eps_shape(1), generator=generator))
    kl, _ = divergence.kl(q, vae.prior)
    (kl.mean() - vae.log_likelihood(x, z).mean()).backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_a_saved_model_comes_back_with_the_same_bits(vae, x):
    model = Model(vae)
    again = Model.from_file(from_bytes(to_bytes(model.to_file()), "a file"))
    before, after = weights_of(vae), weights_of(again.vae)
    assert before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)
    assert all(before[name].shape == after[name].shape for name in before)
    assert again.spec == vae.spec
    pictures = x.numpy()
    assert model.encode(pictures).tobytes() == again.encode(pictures).tobytes()
    codes = model.encode(pictures)
    assert model.decode(codes).tobytes() == again.decode(codes).tobytes()


def test_the_same_seed_gives_the_same_weights_and_the_global_generator_is_left_alone(spec):
    before = torch.get_rng_state()
    first, second, other = build(spec, seed=1), build(spec, seed=1), build(spec, seed=2)
    assert torch.equal(before, torch.get_rng_state())
    weights = weights_of(first)
    assert all((weights[n] == w).all() for n, w in weights_of(second).items())
    assert any((weights[n] != w).any() for n, w in weights_of(other).items())


def test_a_clone_keeps_its_weights_while_the_original_learns(vae, x):
    snapshot = clone(vae)
    expected = snapshot.q(x).mean.clone()
    assert torch.equal(expected, vae.q(x).mean)
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.add_(1.0)
    assert torch.equal(expected, snapshot.q(x).mean)
    assert not torch.equal(expected, vae.q(x).mean)


def _wide_q(vae: VAE, x: torch.Tensor):
    """A posterior far from the prior, so that its KL is worth comparing."""
    with torch.no_grad():
        for parameter in vae.posterior.parameters():
            parameter.mul_(6.0)
        return vae.q(x)


def test_the_kl_is_positive_and_equals_its_monte_carlo_value(vae, x, generator):
    q = _wide_q(vae, x)
    kl, kind = divergence.kl(q, vae.prior)
    assert kind == "closed"
    assert (kl >= 0).all()
    z, log_q = q.rsample(torch.randn(q.eps_shape(10_000), generator=generator))
    draws = (log_q - vae.prior.log_prob(z)).double()  # (L, B)
    error = draws.std(0) / math.sqrt(len(draws))
    assert ((draws.mean(0) - kl).abs() < 5 * error + 1e-4).all()


def test_closed_and_sampled_bounds_agree_in_the_mean(vae, x, generator):
    q = _wide_q(vae, x)
    closed, _ = divergence.kl(q, vae.prior)
    z, log_q = q.rsample(torch.randn(q.eps_shape(500), generator=generator))
    likelihood = vae.log_likelihood(x, z).double()
    sampled = likelihood + vae.prior.log_prob(z) - log_q  # the sampled form: any prior, any q
    gap = sampled - (likelihood - closed)
    assert (gap.mean(0).abs() < 5 * gap.std(0) / math.sqrt(len(gap)) + 1e-4).all()


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_extreme_inputs_and_weights_stay_finite(vae, spec, generator, precision, scale):
    extremes = torch.stack(
        [torch.zeros(spec.shape), torch.ones(spec.shape), torch.full(spec.shape, 0.5)]
    )
    with torch.no_grad():
        for parameter in (*vae.posterior.parameters(), *vae.decoder.parameters()):
            parameter.mul_(scale)
    with torch.autocast("cpu", precision, enabled=precision is torch.bfloat16):
        q = vae.q(extremes)
        z, log_q = q.rsample(torch.randn(q.eps_shape(2), generator=generator))
        kl, _ = divergence.kl(q, vae.prior)
        terms = [z, log_q, kl, vae.log_likelihood(extremes, z), vae.decode(z)]
    assert all(term.isfinite().all() for term in terms)
    assert kl.dtype == log_q.dtype == terms[3].dtype == torch.float32
    (kl.mean() - terms[3].mean()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in vae.parameters())


def test_pairs_score_every_datum_under_every_latent(vae, spec, x, generator):
    z = torch.randn(5, spec.latent_dim, generator=generator)
    with torch.no_grad():
        parameters = vae.likelihood_parameters(z).double()
        pairs = vae.likelihood.pairs(x.double(), parameters)  # (6, 5)
        expected = torch.stack(
            [vae.likelihood.log_prob(x.double(), p.expand(6, *p.shape)) for p in parameters], 1
        )
    torch.testing.assert_close(pairs, expected)


def test_a_bound_of_the_wrong_sign_would_be_seen(generator):
    """Slips 4 and 5: the ELBO is minus the summed cross-entropy, minus the KL."""
    vae = build(ModelSpec(shape=(1, 4, 4)))
    x = (torch.rand(3, 1, 4, 4, generator=generator) > 0.5).float()
    q = vae.q(x)
    z, _ = q.rsample(torch.randn(q.eps_shape(1), generator=generator)[0])
    mu, log_var = q.mean, 2 * q.log_sigma
    cross_entropy = torch.nn.functional.binary_cross_entropy(vae.decode(z), x, reduction="sum")
    kl = -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum()
    elbo = vae.log_likelihood(x, z) - divergence.kl(q, vae.prior)[0]
    torch.testing.assert_close(elbo.sum(), -(cross_entropy + kl))
