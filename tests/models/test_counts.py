"""Poisson and negative binomial against torch.distributions, sums and draws."""

from __future__ import annotations

import math

import pytest
import torch
from torch import distributions as td

from latentlab import specs
from latentlab.models.build import build
from latentlab.models.counts import HEADROOM, NegativeBinomial, Poisson, log_rising

SHAPE = (1, 3, 4)
KINDS = {
    "poisson": (specs.Poisson, Poisson),
    "negative": (specs.NegativeBinomial, NegativeBinomial),
}


def made(kind: str, levels: int = 17, r: float = 1.7, shape=SHAPE):
    spec, likelihood = KINDS[kind]
    built = likelihood(spec(levels=levels), shape)
    if kind == "negative":
        built.reset_parameters(torch.Generator())
        with torch.no_grad():
            built.log_shape.fill_(math.log(r))
    return built.double().requires_grad_(False)


def in_torch(likelihood, rate: torch.Tensor) -> td.Distribution:
    if isinstance(likelihood, Poisson):
        return td.Poisson(rate, validate_args=True)
    r = likelihood.r.expand(rate.shape)
    return td.NegativeBinomial(r, probs=rate / (rate + r), validate_args=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", [2, 17, 3001])
def test_nats_and_mean_are_those_of_torch(kind, levels, generator):
    likelihood = made(kind, levels)
    parameters = torch.randn(6, *SHAPE, generator=generator, dtype=torch.float64)
    top = levels - 1
    # The link, written the other way: a sigmoid that saturates at HEADROOM * top, plus the floor.
    ratio = HEADROOM * top / math.sqrt(top)
    rate = HEADROOM * top / (1 + ratio * torch.exp(-parameters)) + 1e-6
    counts = torch.randint(0, 2 * levels, (6, *SHAPE), generator=generator).double()
    expected = in_torch(likelihood, rate)
    torch.testing.assert_close(
        likelihood.log_prob(counts / top, parameters), expected.log_prob(counts).sum((1, 2, 3))
    )
    torch.testing.assert_close(likelihood.mean(parameters), expected.mean / top)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mass_of_all_counts_is_one_and_its_mean_is_the_one_shown(kind):
    likelihood = made(kind, shape=(1, 1, 1))
    counts = torch.arange(3000.0, dtype=torch.float64)
    x = (counts / 16).view(-1, 1, 1, 1)
    for value in torch.linspace(-4, 2, 12).double():
        parameters = value.view(1, 1, 1)
        mass = likelihood.log_prob(x, parameters.expand(3000, 1, 1, 1)).exp()
        assert float(mass.sum()) == pytest.approx(1.0, abs=1e-8)
        mean = float((mass * counts).sum())
        assert float(likelihood.mean(parameters)) * 16 == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_have_the_mean_and_the_variance_of_their_kind(kind, generator):
    likelihood = made(kind, r=2.5)
    parameters = torch.zeros(SHAPE, dtype=torch.float64)
    rate = likelihood.mean(parameters) * 16
    if kind == "negative":  # a Poisson whose rate is drawn from a Gamma(r, rate / r)
        shape = likelihood.r
        with torch.random.fork_rng():
            torch.manual_seed(0)
            drawn = td.Gamma(shape, shape / rate, validate_args=False).sample((200_000,))
        assert drawn.var(0).mean().item() == pytest.approx(
            float((rate**2 / shape).mean()), rel=0.03
        )
        mass = torch.poisson(drawn, generator=generator)
    else:
        mass = torch.poisson(rate.expand(200_000, *SHAPE), generator=generator)
    log_p = likelihood.log_prob(mass[:2000] / 16, parameters.expand(2000, *SHAPE))
    assert mass.mean().item() == pytest.approx(rate.mean().item(), rel=0.01)
    # -E log p over draws of the distribution itself is its entropy, here from their frequencies.
    frequencies = torch.bincount(mass.flatten().long()) / mass.numel()
    seen = frequencies[frequencies > 0]
    assert -log_p.mean().item() / 12 == pytest.approx(float(-(seen * seen.log()).sum()), rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_pairs_are_a_matrix_product_of_the_same_nats(kind, generator):
    likelihood = made(kind)
    x = torch.randint(0, 25, (9, *SHAPE), generator=generator).double() / 16  # above 1 too
    parameters = torch.randn(5, *SHAPE, generator=generator, dtype=torch.float64)
    expected = torch.stack([likelihood.log_prob(x, p.expand(9, *p.shape)) for p in parameters], 1)
    torch.testing.assert_close(likelihood.pairs(x, parameters), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_count_above_the_training_data_is_scored_as_that_count(kind):
    likelihood = made(kind)
    parameters = torch.ones(1, *SHAPE, dtype=torch.float64)
    rate = likelihood.mean(parameters) * 16
    x = torch.full((1, *SHAPE), 40 / 16, dtype=torch.float64)
    expected = in_torch(likelihood, rate).log_prob(torch.tensor(40.0)).sum()
    assert float(likelihood.log_prob(x, parameters)) == pytest.approx(float(expected))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_extreme_parameters_give_finite_nats_and_gradients(kind, dtype):
    for levels in (2, 17, 65_536):
        spec, make = KINDS[kind]
        likelihood = make(spec(levels=levels), SHAPE)
        if kind == "negative":
            likelihood.reset_parameters(torch.Generator())
        for size in (1e2, 6e4):
            raw = torch.full((4, *SHAPE), size, dtype=dtype)
            raw[1::2] *= -1
            raw.requires_grad_()
            x = torch.tensor([0.0, 0.0, 1.0, 2.0]).view(4, 1, 1, 1).expand(4, *SHAPE)
            nats, mean = likelihood.log_prob(x, raw), likelihood.mean(raw)
            assert nats.dtype == torch.float32
            assert nats.isfinite().all()
            assert ((mean >= 0) & (mean <= HEADROOM + 1e-3)).all()
            (nats.sum() + mean.sum()).backward()
            assert raw.grad.isfinite().all()


@pytest.mark.parametrize("r", [0.01, 0.5, 1.0, 15.9, 16.1, 1e3, 1e5])
def test_the_rising_factorial_keeps_its_digits_in_float32(r):
    for k in (0.0, 1.0, 5.0, 300.0):
        # log of r (r + 1) ... (r + k - 1) / r^k
        expected = sum(math.log1p(i / r) for i in range(int(k)))
        ours = float(log_rising(torch.tensor(k), torch.tensor(r)))
        assert ours == pytest.approx(expected, rel=2e-5, abs=1e-5)


@pytest.mark.parametrize("k", [3.0, 40.0])
def test_the_rising_factorials_gradient_is_that_of_float64(k):
    for r in (0.02, 3.0, 15.99, 16.01, 2e4):
        single = torch.tensor(r, requires_grad=True)
        (gradient,) = torch.autograd.grad(log_rising(torch.tensor(k), single), single)
        expected = sum(1 / (r + i) for i in range(int(k))) - k / r
        assert float(gradient) == pytest.approx(expected, rel=1e-3, abs=1e-7)


def test_a_large_r_makes_a_poisson_of_the_negative_binomial(generator):
    parameters = torch.randn(3, *SHAPE, generator=generator, dtype=torch.float64)
    x = torch.randint(0, 17, (3, *SHAPE), generator=generator).double() / 16
    near = made("negative", r=math.exp(12)).log_prob(x, parameters)
    torch.testing.assert_close(near, made("poisson").log_prob(x, parameters), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", [specs.Poisson, specs.NegativeBinomial])
def test_a_fresh_decoder_begins_between_one_and_the_highest_count(kind):
    for levels in (17, 10_001):
        vae = build(specs.ModelSpec(shape=(1, 1, 20), likelihood=kind(levels=levels)))
        rate = vae.decode(torch.zeros(1, 2)) * (levels - 1)
        assert ((rate > 1) & (rate < levels - 1)).all()
