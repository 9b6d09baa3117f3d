"""Derivatives that are written out are those of the formula."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from latentlab.models.build import build
from latentlab.models.dense import dense
from latentlab.models.divergence import kl
from latentlab.models.likelihoods import Bernoulli
from latentlab.models.posteriors import DiagonalGaussian
from latentlab.models.priors import StandardNormal
from latentlab.specs import Bernoulli as BernoulliSpec
from latentlab.specs import Mlp, ModelSpec

SPEC = ModelSpec(shape=(1, 3, 4), network=Mlp(hidden=(7, 5)))


@pytest.fixture
def source() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("of_x", [True, False])
def test_layers_learn_what_autograd_says(
    source: torch.Generator, *, last: bool, of_x: bool
) -> None:
    layers = [nn.Linear(6, 9), nn.Linear(9, 4), nn.Linear(4, 3)]
    x = torch.randn(11, 6, generator=source).requires_grad_(of_x)
    weights = torch.randn(11, 3, generator=source)
    found = []
    for learns in (True, False):
        for layer in layers:
            layer.zero_grad()
        x.grad = None
        (dense(layers, x, learns=learns, last=last) * weights).sum().backward()
        gradients = [p.grad for layer in layers for p in layer.parameters()]
        found.append([*gradients, x.grad] if of_x else gradients)
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert (x.grad is not None) == of_x


def test_layers_in_half_precision_are_near_those_in_full(source: torch.Generator) -> None:
    layers = [nn.Linear(40, 30), nn.Linear(30, 20)]
    x = torch.randn(50, 40, generator=source)
    full = dense(layers, x, learns=True)
    full.square().sum().backward()
    expected = [p.grad.clone() for layer in layers for p in layer.parameters()]
    for layer in layers:
        layer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = dense(layers, x, learns=True, wide=1)
    assert half.dtype == torch.bfloat16
    half.float().square().sum().backward()
    for parameter, exact in zip(
        (p for layer in layers for p in layer.parameters()), expected, strict=True
    ):
        assert parameter.grad.dtype == torch.float32
        assert torch.linalg.norm(parameter.grad - exact) < 0.02 * torch.linalg.norm(exact)


def test_the_kls_gradient_is_autograds(source: torch.Generator) -> None:
    prior = StandardNormal(SPEC.prior, SPEC)

    def closed(mean: Tensor, log_sigma: Tensor) -> Tensor:
        return kl(DiagonalGaussian(mean, log_sigma), prior)[0]

    both = torch.randn(2, 8, 3, generator=source).double()
    assert torch.autograd.gradcheck(closed, tuple(one.requires_grad_() for one in both.unbind()))


def test_bernoullis_gradient_is_that_of_its_formula(source: torch.Generator) -> None:
    x = torch.rand(4, 1, 3, 4, generator=source).double()
    logits = (5 * torch.randn(2, 4, 1, 3, 4, generator=source)).double().requires_grad_()
    likelihood = Bernoulli(BernoulliSpec(), (1, 3, 4))
    assert torch.autograd.gradcheck(lambda at: likelihood.log_prob(x, at), (logits,))
    formula = (x * logits - softplus(logits)).sum((-3, -2, -1))
    assert torch.allclose(likelihood.log_prob(x, logits), formula)


def test_a_networks_copy_has_layers_of_its_own() -> None:
    vae = build(SPEC)
    other = copy.deepcopy(vae)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    x = torch.rand(2, 1, 3, 4)
    with torch.no_grad():
        assert float(other.decode(torch.ones(1, 2)).sum()) == pytest.approx(6.0)
        assert float(vae.q(x).mean.abs().sum()) > 0
