"""Categorical posteriors: Gumbel noise, relaxed and hard samples, densities by enumeration."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import distributions as td

from latentlab.models.build import build, clone
from latentlab.models.categorical import Categorical, CategoricalLatents, gumbel
from latentlab.models.posteriors import Posterior
from latentlab.specs import Categorical as CategoricalSpec
from latentlab.specs import ModelSpec, UniformCategorical

B, S, K = 3, 2, 4


@pytest.fixture
def log_probs(generator) -> torch.Tensor:
    return torch.randn(B, S, K, generator=generator, dtype=torch.float64).log_softmax(-1)


def test_the_noise_is_gumbel_noise(generator):
    """Its distribution function is exp(-exp(-g)), its mean Euler's constant."""
    g = gumbel(torch.randn(400_000, generator=generator, dtype=torch.float64))
    assert g.mean().item() == pytest.approx(0.5772156649, abs=0.01)
    assert g.var().item() == pytest.approx(math.pi**2 / 6, rel=0.02)
    for at in (-1.0, 0.0, 2.0):
        below = (g < at).double().mean().item()
        assert below == pytest.approx(math.exp(-math.exp(-at)), abs=0.004)


def test_noise_far_out_is_finite_in_single_precision():
    far = gumbel(torch.tensor([-40.0, -8.0, 8.0, 40.0]))
    assert far.isfinite().all()
    assert (far.diff() > 0).all()


def test_hard_samples_come_as_often_as_their_probabilities_say(log_probs, generator):
    q = CategoricalLatents(log_probs)
    assert isinstance(q, Posterior)
    count = 200_000
    z, _ = q.rsample(torch.randn(q.eps_shape(count), generator=generator, dtype=torch.float64))
    assert set(z.unique().tolist()) == {0.0, 1.0}
    assert (z.view(count, B, S, K).sum(-1) == 1).all()
    torch.testing.assert_close(z.mean(0), log_probs.exp().flatten(1), atol=0.006, rtol=0)
    torch.testing.assert_close(q.mean, log_probs.exp().flatten(1))


def test_log_q_of_a_hard_sample_is_that_of_torch_and_adds_up_to_one(log_probs):
    q = CategoricalLatents(log_probs)
    own = td.OneHotCategorical(logits=log_probs, validate_args=True)
    codes = torch.eye(K, dtype=torch.float64)
    total = torch.zeros(B, dtype=torch.float64)
    for first, second in itertools.product(range(K), repeat=2):
        z = torch.stack([codes[first], codes[second]]).expand(B, S, K)
        expected = own.log_prob(z).sum(-1)
        torch.testing.assert_close(q.log_prob(z.flatten(1)), expected)
        total += expected.exp()
    torch.testing.assert_close(total, torch.ones(B, dtype=torch.float64))


def test_a_relaxed_sample_is_that_of_torch(log_probs, generator):
    """Concrete samples: softmax((log pi + g) / tau), g = -log(-log u)."""
    tau = 0.7
    q = CategoricalLatents(log_probs, tau)
    eps = torch.randn(q.eps_shape(5), generator=generator, dtype=torch.float64)
    u = td.Normal(0.0, 1.0, validate_args=True).cdf(eps).view(5, B, S, K)
    expected = ((log_probs - (-u.log()).log()) / tau).exp()
    expected = expected / expected.sum(-1, keepdim=True)
    torch.testing.assert_close(q.rsample(eps)[0], expected.flatten(-2))


def test_straight_through_sends_one_hot_values_and_soft_gradients(log_probs, generator):
    eps = torch.randn(B, S * K, generator=generator, dtype=torch.float64)
    weight = torch.randn(B, S * K, generator=generator, dtype=torch.float64)
    gradients = []
    for hard in (False, True):
        logits = log_probs.clone().requires_grad_()
        z, _ = CategoricalLatents(logits, 0.5, hard).rsample(eps)
        gradients.append(torch.autograd.grad((z * weight).sum(), logits)[0])
    torch.testing.assert_close(gradients[0], gradients[1])
    rounded = z.detach().round()
    torch.testing.assert_close(z.detach(), rounded)
    assert (rounded.view(B, S, K).sum(-1) == 1).all()
    torch.testing.assert_close(rounded, CategoricalLatents(log_probs).rsample(eps)[0])


def test_a_colder_relaxation_is_nearer_to_the_hard_sample(log_probs, generator):
    eps = torch.randn(500, B, S * K, generator=generator, dtype=torch.float64)
    hard = CategoricalLatents(log_probs).rsample(eps)[0]
    gaps = [
        (CategoricalLatents(log_probs, tau).rsample(eps)[0] - hard).abs().mean().item()
        for tau in (2.0, 1.0, 0.3, 0.05)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.02


def test_a_model_is_relaxed_while_it_learns_and_hard_when_it_is_judged(generator):
    spec = ModelSpec(
        shape=(1, 4, 4),
        latent_dim=S,
        posterior=CategoricalSpec(categories=K),
        prior=UniformCategorical(),
    )
    vae = build(spec)
    x = torch.rand(B, 1, 4, 4, generator=generator)
    eps = torch.randn(B, S * K, generator=generator)
    relaxed = vae.train().q(x).rsample(eps)[0]
    hard = vae.eval().q(x).rsample(eps)[0]
    assert vae.z_dim == S * K
    assert ((relaxed > 0) & (relaxed < 1)).all()
    assert set(hard.unique().tolist()) == {0.0, 1.0}
    assert vae.decode(hard).shape == (B, 1, 4, 4)
    copied = clone(vae)
    assert torch.equal(copied.q(x).rsample(eps)[0], hard)


@pytest.mark.parametrize("size", [-1e6, 1e6])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_extreme_features_stay_finite_with_gradients(size, precision, generator):
    head = Categorical(CategoricalSpec(categories=K), 8, S)
    h = (size * torch.randn(B, 8, generator=generator)).requires_grad_()
    with torch.autocast("cpu", precision, enabled=precision is torch.bfloat16):
        q = head(h)
        z, log_q = q.rsample(8 * torch.randn(q.eps_shape(50), generator=generator))
    assert z.isfinite().all()
    assert log_q.isfinite().all()
    (z.square().sum() + log_q.sum()).backward()
    assert h.grad is not None
    assert h.grad.isfinite().all()
