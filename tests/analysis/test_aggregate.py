"""MMD, holes, density and coverage on distributions that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from latentlab.analysis.coverage import density_and_coverage
from latentlab.analysis.holes import Aggregate, holes
from latentlab.analysis.mmd import mmd
from latentlab.models.build import build
from latentlab.specs import Mlp, ModelSpec


def test_mmd_is_zero_in_mean_for_equal_distributions():
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(80, 3)), rng.normal(size=(80, 3))
        found.append(mmd(x, y, permutations=20))
    values = np.array([one.squared for one in found])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    assert (values < 0).any()
    spread = np.mean([one.null_std for one in found])
    assert values.std() == pytest.approx(spread, rel=0.4)


def test_mmd_is_the_plain_double_sum():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, 2)), rng.normal(0.5, 2, (30, 2))
    every = np.concatenate([x, y])
    pairs = [np.sum((a - b) ** 2) for i, a in enumerate(every) for b in every[i + 1 :]]
    median = np.median(pairs)

    def k(a, b):
        widths = (0.25, 0.5, 1, 2, 4)
        return np.mean([np.exp(-np.sum((a - b) ** 2) / (2 * median * w**2)) for w in widths])

    n = 30
    within = sum(k(s[i], s[j]) for s in (x, y) for i in range(n) for j in range(n) if i != j)
    between = sum(k(a, b) for a in x for b in y)
    wanted = within / (n * (n - 1)) - 2 * between / n**2
    assert mmd(x, y).squared == pytest.approx(wanted, abs=1e-10)


def test_mmd_sees_a_shift():
    rng = np.random.default_rng(0)
    found = mmd(rng.normal(size=(300, 2)), rng.normal(0.5, 1, (300, 2)))
    assert found.squared > 5 * found.null_std
    assert found.p_value < 0.01
    equal = mmd(rng.normal(size=(300, 2)), rng.normal(size=(300, 2)))
    assert equal.p_value > 0.01


class _Pass(nn.Module):
    """The first latents of a datum are the features: the test places every q."""

    features = 4

    def forward(self, x):
        return x.flatten(1)[:, :4]


def _placed(means, log_sigma):
    """A 2-D model whose q's lie at `means` with one log sigma, and their data."""
    vae = build(ModelSpec(shape=(1, 1, 4), latent_dim=2, network=Mlp(hidden=(4,)))).eval()
    vae.encoder = _Pass()
    with torch.no_grad():
        vae.posterior.linear.weight.copy_(torch.eye(4))
        vae.posterior.linear.bias.zero_()
    x = np.column_stack([means, np.full((len(means), 2), log_sigma)]).astype(np.float32)
    return vae, x.reshape(-1, 1, 1, 4)


MEANS = np.array([[-1.0, 0.0], [1.0, 0.5]])
SIGMA = 0.4


def _independent_hole_mass() -> float:
    """The same by plain sums on another grid, without the program's code."""
    line = np.linspace(-6, 6, 1201)
    a, b = np.meshgrid(line, line, indexing="ij")
    prior = np.exp(-0.5 * (a**2 + b**2))
    squares = [((a - m[0]) ** 2 + (b - m[1]) ** 2) / SIGMA**2 for m in MEANS]
    mixture = sum(np.exp(-0.5 * s) for s in squares)
    return float(prior[mixture < 0.01 * mixture.max()].sum() / prior.sum())


def test_holes_of_a_known_mixture_on_a_grid(generator):
    vae, x = _placed(MEANS, np.log(SIGMA))
    found = holes([(vae, x)], generator)
    assert found.method == "grid"
    assert found.prior_mass == pytest.approx(_independent_hole_mass(), abs=0.004)
    assert found.of_equals == pytest.approx(0.01, abs=0.001)  # exp(-r^2 / 2) < 0.01: 1 %


def test_holes_of_a_known_mixture_by_draws(generator, monkeypatch):
    vae, x = _placed(MEANS, np.log(SIGMA))
    monkeypatch.setattr("latentlab.analysis.holes.CELLS", {})
    found = holes([(vae, x)], generator)
    assert found.method == "draws"
    assert abs(found.prior_mass - _independent_hole_mass()) < 4 * found.error + 0.005


def test_an_aggregate_that_is_the_prior_has_no_more_holes_than_the_prior(generator):
    vae, x = _placed(np.zeros((3, 2)), 0.0)
    found = holes([(vae, x)], generator)
    assert found.prior_mass == pytest.approx(found.of_equals, abs=1e-6)


def test_the_aggregate_integrates_to_one():
    rng = np.random.default_rng(0)
    vae, x = _placed(rng.normal(size=(50, 2)), np.log(0.3))
    line = np.linspace(-6, 6, 121)
    grid = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2).astype(np.float32)
    with torch.no_grad():
        density = np.exp(Aggregate([(vae, x)]).log_density(torch.from_numpy(grid)))
    assert density.sum() * (line[1] - line[0]) ** 2 == pytest.approx(1, abs=1e-3)


def test_samples_of_the_data_itself_have_density_one_and_cover_it():
    rng = np.random.default_rng(0)
    data, samples = rng.normal(size=(1500, 3)), rng.normal(size=(1500, 3))
    found = density_and_coverage(data, samples)
    assert found.density == pytest.approx(1, abs=0.05)
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.02)  # Naeem et al., equation 9


def test_samples_of_one_mode_cover_one_mode():
    rng = np.random.default_rng(0)
    data = np.concatenate([rng.normal(-10, 1, (300, 2)), rng.normal(10, 1, (300, 2))])
    found = density_and_coverage(data, rng.normal(-10, 1, (600, 2)))
    assert 0.45 < found.coverage <= 0.5
    far = density_and_coverage(data, rng.normal(100, 1, (600, 2)))
    assert (far.density, far.coverage) == (0, 0)
