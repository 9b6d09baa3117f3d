"""Bits per dimension: which likelihoods have them, and that they bound the bits of the levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from latentlab import specs
from latentlab.models.bits import bits_per_dimension, dequantised, is_discrete
from latentlab.models.likelihoods import LIKELIHOODS

DISCRETE = [specs.Bernoulli(), specs.Logistic(levels=17), specs.Poisson(), specs.NegativeBinomial()]


@pytest.mark.parametrize("likelihood", DISCRETE)
def test_a_mass_is_turned_into_bits_as_it_is(likelihood):
    levels = 2 if isinstance(likelihood, specs.Bernoulli) else 17
    # 12 values that are each one of 2 with even odds: one bit each
    assert bits_per_dimension(12 * math.log(0.5), likelihood, 12, levels) == pytest.approx(1.0)


def test_bernoulli_on_grey_values_has_no_bits():
    assert bits_per_dimension(-80.0, specs.Bernoulli(), 784, 256) is None
    assert bits_per_dimension(-80.0, specs.Bernoulli(), 784, 2) is not None


def test_real_values_and_other_levels_have_no_bits():
    assert bits_per_dimension(-80.0, specs.Gaussian(), 784, None) is None
    assert bits_per_dimension(-80.0, specs.Logistic(levels=256), 784, 17) is None


@pytest.mark.parametrize("likelihood", [specs.Gaussian(), specs.ContinuousBernoulli()])
def test_a_density_of_eight_bit_data_gets_eight_bits_added(likelihood):
    # the uniform density on [0, 1] says nothing of the data: 8 bits
    assert bits_per_dimension(0.0, likelihood, 784, 256) == pytest.approx(8.0)
    assert bits_per_dimension(784 * math.log(2), likelihood, 784, 256) == pytest.approx(7.0)


def test_the_bits_of_dequantised_data_bound_those_of_the_levels():
    """E_u log p(level + u) <= log of p's mass on the level's cell (Theis et al., 2016)."""
    rng = np.random.default_rng(0)
    levels, mean, scale = 17, 0.4, 0.21
    level = rng.integers(0, levels, 4000)
    cdf = lambda v: 0.5 * (1 + math.erf((v - mean) / scale / math.sqrt(2)))  # noqa: E731
    mass = np.array([cdf((k + 1) / levels) - cdf(k / levels) for k in range(levels)])
    exact = -np.log2(mass)[level].mean()
    x = dequantised(level / (levels - 1), rng.random(4000), levels)
    assert x.min() >= 0
    assert x.max() < 1
    nats = -0.5 * ((x - mean) / scale) ** 2 - math.log(scale) - 0.5 * math.log(2 * math.pi)
    bits = bits_per_dimension(float(nats.mean()), specs.Gaussian(), 1, levels)
    assert exact <= bits < exact + 0.02


def test_the_modules_agree_on_what_is_discrete():
    for spec, module in LIKELIHOODS.items():
        assert module(spec(), (1, 2, 2)).discrete == is_discrete(spec())


def test_tensors_are_dequantised_too():
    x = torch.tensor([0.0, 1.0])
    assert dequantised(x, torch.zeros(2), 256).tolist() == [0.0, 255 / 256]
