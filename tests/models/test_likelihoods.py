"""log p(x|z) against torch.distributions, integrals and series."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import distributions as td

from latentlab import specs
from latentlab.models.likelihoods import (
    SCALE_FLOOR,
    SERIES,
    Bernoulli,
    ContinuousBernoulli,
    Gaussian,
    log_normaliser,
)

SHAPE = (1, 3, 4)


def _scale(likelihood: Gaussian) -> float:
    return torch.as_tensor(likelihood.scale).detach().item()


@pytest.fixture
def logits(generator) -> torch.Tensor:
    return 3 * torch.randn(5, *SHAPE, generator=generator, dtype=torch.float64)


@pytest.fixture
def x(generator) -> torch.Tensor:
    return torch.rand(5, *SHAPE, generator=generator, dtype=torch.float64)


def test_bernoulli_is_that_of_torch_on_binary_pixels(logits, x):
    binary = (x > 0.5).double()
    expected = td.Bernoulli(logits=logits, validate_args=True).log_prob(binary).sum((1, 2, 3))
    likelihood = Bernoulli(specs.Bernoulli(), SHAPE)
    torch.testing.assert_close(likelihood.log_prob(binary, logits), expected)
    torch.testing.assert_close(likelihood.mean(logits), torch.sigmoid(logits))


def test_continuous_bernoulli_is_that_of_torch(logits, x):
    expected = td.ContinuousBernoulli(logits=logits, validate_args=True)
    likelihood = ContinuousBernoulli(specs.ContinuousBernoulli(), SHAPE)
    total = expected.log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(likelihood.log_prob(x, logits), total)
    torch.testing.assert_close(likelihood.mean(logits), expected.mean)


@pytest.mark.parametrize("learned", [False, True])
def test_gaussian_is_that_of_torch_with_its_constants(logits, x, learned):
    likelihood = Gaussian(specs.Gaussian(scale=0.2, learned=learned), SHAPE)
    likelihood.reset_parameters(torch.Generator())
    assert _scale(likelihood) == pytest.approx(0.2)
    expected = td.Normal(logits, 0.2, validate_args=True).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(likelihood.log_prob(x, logits), expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(likelihood.mean(logits), logits)


def test_a_learned_scale_cannot_fall_below_its_floor():
    likelihood = Gaussian(specs.Gaussian(learned=True), SHAPE)
    with torch.no_grad():
        likelihood.raw_scale.fill_(-1e6)
    assert _scale(likelihood) == pytest.approx(SCALE_FLOOR)
    flat = torch.zeros(1, *SHAPE)
    assert likelihood.log_prob(flat, flat).isfinite().all()


@pytest.mark.parametrize("scale", [0.001, 0.01, 1.0, 50.0])
def test_a_learned_scale_begins_near_its_spec(scale):
    likelihood = Gaussian(specs.Gaussian(scale=scale, learned=True), SHAPE)
    likelihood.reset_parameters(torch.Generator())
    assert _scale(likelihood) == pytest.approx(max(scale, SCALE_FLOOR + 0.001), rel=1e-4)


@pytest.mark.parametrize(
    "logit", [0.0, 1e-30, 1e-6, -1e-3, 0.1, 0.299, 0.301, -0.5, 2.0, -8.0, 30.0, -80.0]
)
def test_the_continuous_bernoulli_integrates_to_one_with_the_mean_that_it_says(logit):
    likelihood = ContinuousBernoulli(specs.ContinuousBernoulli(), (1, 1, 1))
    nodes, weights = np.polynomial.legendre.leggauss(400)
    grid = torch.tensor((nodes + 1) / 2).view(-1, 1, 1, 1)  # [0, 1]
    weights = torch.tensor(weights / 2)
    parameters = torch.full((1, 1, 1), logit, dtype=torch.float64)
    density = likelihood.log_prob(grid, parameters.expand(len(grid), 1, 1, 1)).exp()
    assert float(weights @ density) == pytest.approx(1.0, abs=1e-6)
    mean = float(weights @ (density * grid.flatten()))
    assert float(likelihood.mean(parameters)) == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize("logit", [0.0, 1e-8, 1e-4, 0.05, SERIES - 1e-4, SERIES + 1e-4, 1.0, 25.0])
def test_float32_near_one_half_agrees_with_float64(logit):
    likelihood = ContinuousBernoulli(specs.ContinuousBernoulli(), (1, 1, 1))
    for sign in (1, -1):
        single = torch.full((1, 1, 1), sign * logit, requires_grad=True)
        double = single.detach().double().requires_grad_()
        torch.testing.assert_close(
            log_normaliser(single).double(), log_normaliser(double), rtol=0, atol=3e-7
        )
        torch.testing.assert_close(
            likelihood.mean(single).double(), likelihood.mean(double), rtol=0, atol=1e-6
        )
        # d log C / d l = mean of the Bernoulli minus that of the density: finite at 0.
        (gradient,) = torch.autograd.grad(log_normaliser(single).sum(), single)
        expected = torch.sigmoid(double) - likelihood.mean(double)
        torch.testing.assert_close(gradient.double(), expected, rtol=0, atol=2e-6)


def test_the_normaliser_at_one_half_is_log_two():
    assert float(log_normaliser(torch.zeros(()))) == pytest.approx(math.log(2))


@pytest.mark.parametrize("kind", ["bernoulli", "continuous"])
def test_huge_logits_give_finite_nats_and_means_in_the_unit_interval(kind):
    likelihood = (
        Bernoulli(specs.Bernoulli(), SHAPE)
        if kind == "bernoulli"
        else ContinuousBernoulli(specs.ContinuousBernoulli(), SHAPE)
    )
    for size in (1e2, 1e4, 1e8):
        for dtype in (torch.float32, torch.bfloat16):
            logits = torch.full((2, *SHAPE), size, dtype=dtype)
            logits[1] *= -1
            logits.requires_grad_()
            nats = likelihood.log_prob(torch.full((2, *SHAPE), 0.25), logits)
            mean = likelihood.mean(logits)
            assert nats.isfinite().all()
            assert ((mean >= 0) & (mean <= 1)).all()
            nats.sum().backward()
            assert logits.grad.isfinite().all()
