"""The discretised logistic against differences of sigmoids in float64, and against sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from latentlab import specs
from latentlab.models.logistic import NARROW, WIDEST, Logistic, log_mass, mean_level

SHAPE = (2, 3, 2)


def made(levels: int, components: int = 1, shape=SHAPE) -> Logistic:
    return Logistic(specs.Logistic(levels=levels, components=components), shape)


def draw(likelihood: Logistic, count: int, generator, scale: float = 1.0) -> torch.Tensor:
    size = (count, likelihood.channels_out, *likelihood.shape[1:])
    return scale * torch.randn(size, generator=generator, dtype=torch.float64)


def every_level(likelihood: Logistic) -> torch.Tensor:
    levels = likelihood.spec.levels
    line = torch.arange(levels, dtype=torch.float64) / (levels - 1)
    return line.view(-1, 1, 1, 1)


def test_the_mass_of_a_bin_is_the_difference_of_the_cdf_at_its_edges():
    rng = np.random.default_rng(0)
    location, scale = rng.uniform(-3, 19, 200), np.exp(rng.uniform(-1, 2, 200))
    level = rng.integers(0, 17, 200)
    cdf = [1 / (1 + np.exp(-(level + side - location) / scale)) for side in (-0.5, 0.5)]
    below, upto = np.where(level == 0, 0.0, cdf[0]), np.where(level == 16, 1.0, cdf[1])
    ours = log_mass(*(torch.tensor(v) for v in (level, location, np.log(scale))), 17)
    seen = upto - below > 1e-9  # where the difference itself has digits left
    assert seen.sum() > 100
    np.testing.assert_allclose(ours[seen], np.log((upto - below)[seen]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize("levels", [2, 3, 17, 256])
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_the_masses_of_all_levels_sum_to_one(levels, components, scale, generator):
    likelihood = made(levels, components, (1, 1, 1))
    for one in draw(likelihood, 5, generator, scale):
        parameters = one.expand(levels, *one.shape)
        total = likelihood.log_prob(every_level(likelihood), parameters).exp().sum()
        assert float(total) == pytest.approx(1.0, abs=1e-9)
        single = likelihood.log_prob(every_level(likelihood).float(), parameters.float())
        assert float(single.exp().sum()) == pytest.approx(1.0, abs=2e-5)


@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize("levels", [2, 17, 256])
def test_the_mean_is_the_sum_over_the_levels(levels, components, generator):
    likelihood = made(levels, components, (1, 1, 1))
    for one in draw(likelihood, 20, generator, 2.0):
        parameters = one.expand(levels, *one.shape)
        mass = likelihood.log_prob(every_level(likelihood), parameters).exp()
        expected = float((mass * every_level(likelihood).flatten()).sum())
        assert float(likelihood.mean(one)) == pytest.approx(expected, abs=1e-3 / (levels - 1))


@pytest.mark.parametrize("top", [1, 16, 255])
@pytest.mark.parametrize("scale", [0.1, 0.3, NARROW - 1e-6, NARROW, 0.7, 2.0, 40.0, 1e4])
def test_the_mean_level_is_the_sum_over_thresholds_wherever_the_location_lies(top, scale):
    places = np.concatenate([np.linspace(-3, top + 3, 301), [-1e4, -50.0, top + 50.0, top + 1e5]])
    thresholds = np.arange(top) + 0.5
    inner = np.clip((places[:, None] - thresholds) / scale, -700, 700)
    expected = (1 / (1 + np.exp(-inner))).sum(1)
    ours = mean_level(torch.tensor(places), torch.full((len(places),), scale).double(), top)
    np.testing.assert_allclose(ours, expected, atol=1e-3)
    if scale <= WIDEST * top:
        single = mean_level(torch.tensor(places).float(), torch.full((len(places),), scale), top)
        error = np.abs(single.numpy() - expected)
        assert (error < 1e-3 + 1e-5 * top + 1e-7 * np.abs(places)).all()


@pytest.mark.parametrize(("levels", "components"), [(2, 1), (17, 1), (17, 3), (256, 2)])
def test_pairs_by_a_table_are_those_one_by_one(levels, components, generator):
    likelihood = made(levels, components)
    for count in (levels // 2, levels + 3):  # without the table, and with it
        x = torch.rand(count, *SHAPE, generator=generator, dtype=torch.float64)
        parameters = draw(likelihood, 7, generator)
        expected = torch.stack(
            [likelihood.log_prob(x, p.expand(count, *p.shape)) for p in parameters], 1
        )
        torch.testing.assert_close(likelihood.pairs(x, parameters), expected)


def test_values_between_two_levels_count_as_the_nearest_and_those_outside_as_the_last(generator):
    likelihood = made(17)
    parameters = draw(likelihood, 4, generator)
    x = torch.tensor([7.3, 6.8, 16.0, 21.0]).double().div(16).view(4, 1, 1, 1).expand(4, *SHAPE)
    same = torch.tensor([7.0, 7.0, 16.0, 16.0]).double().div(16).view(4, 1, 1, 1).expand(4, *SHAPE)
    assert torch.equal(likelihood.log_prob(x, parameters), likelihood.log_prob(same, parameters))


@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_extreme_parameters_give_finite_nats_and_gradients(components, dtype):
    for levels, size in itertools.product((2, 17, 256), (1e1, 1e4, 6e4)):
        likelihood = made(levels, components)
        for signs in itertools.product((1, -1), repeat=2):
            raw = torch.full((2, likelihood.channels_out, 3, 2), size, dtype=dtype)
            raw[:, ::2] *= signs[0]
            raw[:, 1::2] *= signs[1]
            raw.requires_grad_()
            x = torch.stack([torch.zeros(SHAPE), torch.full(SHAPE, 1.0)])
            nats, mean = likelihood.log_prob(x, raw), likelihood.mean(raw)
            assert nats.dtype == torch.float32
            assert nats.isfinite().all()
            assert ((mean >= 0) & (mean <= 1 + 1e-5)).all()
            (nats.sum() + mean.sum()).backward()
            assert raw.grad.isfinite().all()


def test_the_gradient_far_in_a_tail_still_points_to_the_data():
    """A difference of sigmoids in float32 is 0 there, and its logarithm has no gradient."""
    location = torch.tensor(250.0, requires_grad=True)
    nats = log_mass(torch.tensor(3.0), location, torch.tensor(0.0), 256)
    (gradient,) = torch.autograd.grad(nats, location)
    assert nats.item() == pytest.approx(-(250 - 3.5) + np.log1p(-np.exp(-1)), rel=1e-5)
    assert float(gradient) == pytest.approx(-1.0, abs=1e-5)
