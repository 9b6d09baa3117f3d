"""Densities on grids: what the map draws as contours."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.analysis import densities
from latentlab.analysis.densities import (
    levels_on_grid,
    posterior_on_grid,
    prior_levels,
    prior_on_grid,
    true_posterior_on_grid,
)
from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.models.vae import VAE
from latentlab.specs import (
    Deterministic,
    Diagonal,
    Flow,
    FlowPrior,
    Mixture,
    Mlp,
    ModelSpec,
    Vamp,
)

SIDE = 160


def model(**parts) -> VAE:
    spec = ModelSpec(shape=(1, 3, 4), network=Mlp(hidden=(8,)), **parts)
    return build(spec, seed=1).eval()


def plane(reach: float = 6.0) -> tuple[np.ndarray, float]:
    """Latents (R, C, 2) at the middles of square cells, and a cell's area."""
    line = (np.arange(SIDE) + 0.5) / SIDE * 2 * reach - reach
    return np.stack(np.meshgrid(line, line), -1), (2 * reach / SIDE) ** 2


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).random((3, 1, 3, 4), np.float32)


@pytest.mark.parametrize("prior", [Mixture(), Vamp(components=7), FlowPrior()])
def test_a_grid_holds_the_priors_density_in_the_order_of_its_latents(prior, monkeypatch):
    vae = model(prior=prior)
    z, area = plane()
    monkeypatch.setattr(densities, "POINTS_AT_ONCE", 1000)
    found = prior_on_grid(vae, z)
    assert found.shape == (SIDE, SIDE)
    assert found.dtype == np.float64
    assert np.exp(found).sum() * area == pytest.approx(1.0, abs=0.01)
    for row, column in ((0, 0), (3, 70), (159, 11)):
        with torch.no_grad():
            one = vae.prior.log_prob(torch.from_numpy(z[row, column]).float()[None])
        assert found[row, column] == pytest.approx(one.item(), abs=1e-4)


@pytest.mark.parametrize("posterior", [Diagonal(), Flow(), Flow(transform="planar")])
def test_a_grid_holds_the_posterior_of_each_datum(posterior, x):
    vae = model(posterior=posterior)
    z, area = plane()
    found = posterior_on_grid(vae, x, z)
    assert found.shape == (3, SIDE, SIDE)
    np.testing.assert_allclose(np.exp(found).sum((1, 2)) * area, 1.0, atol=0.01)
    with torch.no_grad():
        one = vae.q(torch.from_numpy(x[1:2])).log_prob(torch.from_numpy(z[5, 9]).float()[None])
    assert found[1, 5, 9] == pytest.approx(one.item(), abs=1e-4)


def test_a_plain_autoencoder_has_no_density_to_draw(x):
    with pytest.raises(UsageError, match="no density"):
        posterior_on_grid(model(posterior=Deterministic()), x, plane()[0])


def test_the_true_posterior_is_likelihood_times_prior(x):
    vae = model()
    z, _ = plane()
    found = true_posterior_on_grid(vae, x, z)
    with torch.no_grad():
        at = torch.from_numpy(z[40, 90]).float()[None]
        data = torch.from_numpy(x)
        expected = vae.log_likelihood(data, at.expand(3, 2)) + vae.prior.log_prob(at)
    np.testing.assert_allclose(found[:, 40, 90], expected.numpy(), rtol=1e-5)


def test_levels_hold_their_shares_of_a_standard_normal():
    """1/2 r^2 at 1, 2 and 3 sigma: both ways, from draws and from the grid."""
    vae = model()
    expected = [-np.log(2 * np.pi) - r**2 / 2 for r in (1, 2, 3)]
    for found, level, within in zip(prior_levels(vae), expected, (0.02, 0.06, 0.3), strict=True):
        assert found == pytest.approx(level, abs=within)
    np.testing.assert_allclose(levels_on_grid(prior_on_grid(vae, plane()[0])), expected, atol=0.05)
    assert prior_levels(vae) == prior_levels(vae)


def test_the_region_above_a_level_holds_that_share_of_a_learned_prior():
    vae = model(prior=Mixture(components=5))
    z, area = plane(4.0)
    density = prior_on_grid(vae, z)
    for share, level in zip((0.5, 0.9), prior_levels(vae, (0.5, 0.9)), strict=True):
        inside = np.exp(density[density > level]).sum() * area
        assert inside == pytest.approx(share, abs=0.02)


def test_levels_of_a_slice_count_the_slice_as_the_whole():
    half = np.log(np.array([[0.05, 0.3], [0.05, 0.1]]))  # a total of 1/2
    np.testing.assert_allclose(levels_on_grid(half, (0.59, 0.79, 1.0)), np.log((0.3, 0.1, 0.05)))
