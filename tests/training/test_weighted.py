"""Importance-weighted bounds, and the doubly reparameterised gradient of the same mean."""

from __future__ import annotations

import math

import pytest
import torch
from torch import distributions as td

from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.specs import (
    Deterministic,
    Diagonal,
    Dreg,
    Flow,
    FullCovariance,
    Implicit,
    Iwae,
    Mixture,
    Mlp,
    ModelSpec,
)
from latentlab.training.recipes import recipe
from latentlab.training.weighted import bound, weigh

TINY = ModelSpec(shape=(1, 1, 2), latent_dim=2, network=Mlp(hidden=(3,)))
TRANSFORMS = ["iaf", "maf", "spline", "planar"]
POSTERIORS = [
    *(Diagonal(), FullCovariance()),
    *(Flow(transform=transform, layers=1, hidden=4) for transform in TRANSFORMS),
]
NAMES = ["diagonal", "full", *TRANSFORMS]


def model(posterior=None, prior=None, *, scale: float = 4.0):
    """A tiny model in double precision, with weights that make q and p(z|x) differ."""
    parts = {"posterior": posterior or Diagonal()} | ({"prior": prior} if prior else {})
    vae = build(ModelSpec(shape=TINY.shape, latent_dim=2, network=TINY.network, **parts), seed=3)
    with torch.no_grad():
        for parameter in (*vae.encoder.parameters(), *vae.decoder.parameters()):
            parameter.mul_(scale)
    return vae.double()


def objective(spec, vae):
    return recipe(spec, vae, None)[0].objective


def noise(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def x(generator) -> torch.Tensor:
    return (torch.rand(4, 1, 1, 2, generator=generator) > 0.5).double()


@pytest.mark.parametrize("kind", [Iwae, Dreg])
def test_the_loss_is_minus_the_log_of_the_mean_weight(kind, x, batch_of):
    vae, samples = model(), 7
    record = objective(kind(samples=samples), vae).record(batch_of(x, 5))
    vae.requires_grad_(False)
    q = vae.q(x)
    eps = noise(q.eps_shape(samples), 5)
    total = 0.0
    for b in range(len(x)):
        weights = []
        own = td.Normal(q.mean[b], q.log_sigma[b].exp(), validate_args=True)
        for k in range(samples):
            z = q.mean[b] + q.log_sigma[b].exp() * eps[k, b]
            logits = vae.likelihood_parameters(z[None])[0]
            seen = td.Bernoulli(logits=logits, validate_args=True).log_prob(x[b]).sum()
            prior = td.Normal(0.0, 1.0, validate_args=True).log_prob(z).sum()
            weights.append(math.exp(seen + prior - own.log_prob(z).sum()))
        total += math.log(sum(weights) / samples)
    assert record.loss.item() == pytest.approx(-total / len(x), rel=1e-6)
    assert record.bound.item() == pytest.approx((record.reconstruction - record.kl).item())


def test_one_sample_is_the_sampled_elbo(x, batch_of):
    vae = model(prior=Mixture(components=3))
    record = objective(Iwae(samples=1), vae).record(batch_of(x))
    assert record.loss.item() == pytest.approx(-record.bound.item(), rel=1e-6)


def test_the_bound_never_falls_with_more_samples_in_the_mean(x, batch_of):
    vae = model(scale=8.0)
    with torch.no_grad():
        log_w = weigh(vae, batch_of(x[:1].expand(4000, 1, 1, 2)), 32).log_w  # (32, 4000)
    means, errors = [], []
    for k in (1, 2, 4, 8, 16, 32):
        values = torch.stack([bound(part) for part in log_w.split(k)]).flatten()
        means.append(values.mean().item())
        errors.append(values.std().item() / math.sqrt(len(values)))
    steps = list(zip(means, means[1:], errors, errors[1:], strict=False))
    assert all(b - a > -3 * math.hypot(s, t) for a, b, s, t in steps)
    assert means[-1] - means[0] > 5 * errors[0]


def gradients(objective, batch):
    objective.record(batch).loss.backward()
    named = objective.vae.named_parameters()
    found = {name: p.grad.clone() for name, p in named if p.grad is not None}
    objective.vae.zero_grad(set_to_none=True)
    return found


@pytest.mark.parametrize("posterior", POSTERIORS, ids=NAMES)
def test_the_gradient_is_that_of_the_paper_draw_by_draw(posterior, x, batch_of):
    """phi: sum w~^2 (d log w/dz)(dz/d phi), log q's phi held; theta: sum w~ d log w/d theta."""
    vae, samples = model(posterior), 5
    found = gradients(objective(Dreg(samples=samples), vae), batch_of(x, 2))
    named = dict(vae.named_parameters())
    phi = [n for n in named if not n.startswith("decoder")]
    theta = [n for n in named if n.startswith("decoder")]
    q = vae.q(x)
    eps = noise(q.eps_shape(samples), 2)
    z, _ = q.rsample(eps)
    at = z.detach().requires_grad_()
    log_w = vae.log_likelihood(x, at) + vae.prior.log_prob(at) - vae.q(x).log_prob(at)
    share = log_w.detach().softmax(0)
    (slope,) = torch.autograd.grad(log_w.sum(), at, retain_graph=True)
    expected = torch.autograd.grad(
        z, [named[n] for n in phi], -(share[..., None] ** 2) * slope / len(x), allow_unused=True
    )
    expected += torch.autograd.grad(
        -(share * log_w).sum() / len(x), [named[n] for n in theta], allow_unused=True
    )
    for name, gradient in zip(phi + theta, expected, strict=True):
        torch.testing.assert_close(found[name], gradient, msg=name, rtol=1e-6, atol=1e-9)


def moments(objective, x, batch_of, *, chunks: int = 150, copies: int = 150):
    """Mean of a gradient over many draws, its standard error, and its spread, by parameter."""
    wide = x[:1].expand(copies, *x.shape[1:])
    draws = [gradients(objective, batch_of(wide, 1000 + c)) for c in range(chunks)]
    flat = torch.stack([torch.cat([g.flatten() for g in draw.values()]) for draw in draws])
    return flat.mean(0), flat.std(0) / math.sqrt(chunks)


@pytest.mark.parametrize("posterior", POSTERIORS[:2], ids=NAMES[:2])
def test_the_mean_of_dreg_is_the_gradient_of_iwae(posterior, x, batch_of):
    vae = model(posterior, scale=8.0)
    plain, plain_error = moments(objective(Iwae(samples=4), vae), x, batch_of)
    double, double_error = moments(objective(Dreg(samples=4), vae), x[:1], batch_of)
    error = (plain_error**2 + double_error**2).sqrt()
    moves = error > 1e-12
    scores = (plain - double)[moves] / error[moves]
    assert moves.sum() >= 20
    assert scores.abs().max() < 4.5
    assert scores.square().mean() < 2.5
    assert (plain.abs() > 5 * error).any()  # there is a gradient to agree on


def test_the_test_of_the_mean_would_see_a_gradient_with_a_wrong_weight(x, batch_of):
    """w~ where DReG has w~^2 is another mean, and the same test tells it apart."""
    vae = model(scale=8.0)

    class Single(type(objective(Iwae(samples=4), vae))):
        def record(self, batch):
            weights = weigh(self.vae, batch, 4)
            at = weights.z.detach().requires_grad_()
            (slope,) = torch.autograd.grad(weights.q.log_prob(at).sum(), at)
            path = (slope * (weights.z - at.detach())).sum(-1)
            log_w = weights.log_likelihood + weights.log_prior - path
            share = weights.log_w.detach().softmax(0)
            return weights.record(self.vae, -(share * log_w).sum(0).mean())

    plain, plain_error = moments(objective(Iwae(samples=4), vae), x, batch_of)
    single, single_error = moments(Single(Iwae(samples=4), vae, None), x, batch_of)
    error = (plain_error**2 + single_error**2).sqrt()
    moves = error > 1e-12
    assert ((plain - single)[moves] / error[moves]).abs().max() > 6


def trained(x, batch_of):
    """A model whose q is near p(z|x), where the score in IWAE's gradient is noise alone."""
    vae = model(scale=1.0)
    plain, adam = objective(Iwae(samples=8), vae), torch.optim.Adam(vae.parameters(), lr=0.02)
    for step in range(150):
        adam.zero_grad()
        plain.record(batch_of(x, step)).loss.backward()
        adam.step()
    vae.zero_grad(set_to_none=True)
    return vae


def test_dreg_has_less_noise_in_the_encoder(x, batch_of):
    vae = trained(x, batch_of)
    names = [n for n, _ in vae.named_parameters() if not n.startswith("decoder")]
    spreads = []
    for kind in (Iwae, Dreg):
        draws = [gradients(objective(kind(samples=32), vae), batch_of(x, c)) for c in range(100)]
        flat = torch.stack([torch.cat([d[n].flatten() for n in names]) for d in draws])
        spreads.append(flat.var(0).sum().item())
    assert spreads[1] < spreads[0] / 2


@pytest.mark.parametrize("kind", [Iwae, Dreg])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_weights_are_single_precision_and_finite_on_extreme_inputs(kind, scale, batch_of):
    vae = build(ModelSpec(shape=(1, 4, 4), network=Mlp(hidden=(8,))))
    with torch.no_grad():
        for parameter in (*vae.posterior.parameters(), *vae.decoder.parameters()):
            parameter.mul_(scale)
    x = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4), torch.full((1, 4, 4), 0.5)])
    with torch.autocast("cpu", torch.bfloat16):
        record = objective(kind(samples=6), vae).record(batch_of(x))
        assert weigh(vae, batch_of(x), 6).log_w.dtype == torch.float32
    record.loss.backward()
    assert record.loss.isfinite()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in vae.parameters())


@pytest.mark.parametrize("posterior", [Deterministic(), Implicit()])
def test_a_posterior_without_a_density_is_refused(posterior):
    vae = build(ModelSpec(shape=(1, 4, 4), posterior=posterior))
    with pytest.raises(UsageError, match="needs a density"):
        recipe(Iwae(), vae, None)


def test_held_out_rows_show_the_elbo_and_the_tighter_bound(x, batch_of):
    vae = model(scale=8.0).eval()
    for kind in (Iwae, Dreg):
        with torch.no_grad():
            record = objective(kind(samples=20), vae).score(batch_of(x))
        assert record.extras["importance_bound"] > record.bound
        assert record.loss == -record.extras["importance_bound"]
