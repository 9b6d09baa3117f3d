"""Densities on the line and on the plane: they integrate to one, and samples follow them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from family import PAIRS, UNSCORED, P, Q, bend

from latentlab import specs
from latentlab.models import divergence
from latentlab.models.build import build
from latentlab.models.vae import VAE

SIDE = {1: 20_000, 2: 500}  # midpoints along each axis
CELLS = 5  # along each axis, for counting samples
DRAWS = 20_000
REAL = [name for name in Q if not isinstance(Q[name], (specs.Categorical, *UNSCORED))]
PRIORS = [name for name in P if not isinstance(P[name], specs.UniformCategorical)]
SCORED = [(q, p) for q, p in PAIRS if q in REAL]


def model(posterior: str, prior: str, d: int, generator: torch.Generator) -> VAE:
    spec = specs.ModelSpec(
        shape=(1, 4, 4),
        latent_dim=d,
        network=specs.Mlp(hidden=(8,)),
        posterior=Q[posterior],
        prior=P[prior],
    )
    return bend(build(spec), generator)


def grid_around(z: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Midpoints (M, D) well around latents (S, D), and the size of a cell."""
    low, high = z.min(0).values, z.max(0).values
    reach = 0.4 * (high - low) + 0.1
    low, high = low - reach, high + reach
    d = z.shape[1]
    lines = [
        low[j] + (torch.arange(SIDE[d]) + 0.5) / SIDE[d] * (high[j] - low[j]) for j in range(d)
    ]
    size = float(((high - low) / SIDE[d]).prod())
    return torch.stack(torch.meshgrid(*lines, indexing="ij"), -1).reshape(-1, d), size


def must_be_the_density_of(log_density: torch.Tensor, grid, size: float, z: torch.Tensor) -> None:
    """A total of one, and in every cell of a coarse grid as many samples as there is mass."""
    mass = log_density.double().exp() * size
    assert mass.sum().item() == pytest.approx(1.0, abs=0.01)
    edges = [np.quantile(z[:, j], np.linspace(0, 1, CELLS + 1)) for j in range(z.shape[1])]
    for one in edges:
        one[0], one[-1] = -np.inf, np.inf
    expected = np.histogramdd(grid.numpy(), edges, weights=mass.numpy())[0]
    found = np.histogramdd(z.numpy(), edges)[0] / len(z)
    error = np.sqrt(expected * (1 - expected).clip(0) / len(z))
    assert (np.abs(found - expected) < 5 * error + 0.01).all()


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("prior", PRIORS)
def test_a_prior_integrates_to_one_and_its_samples_follow_it(prior, d, generator):
    vae = model("diagonal", prior, d, generator)
    with torch.no_grad():
        z = vae.prior.sample(torch.randn(vae.prior.eps_shape(DRAWS), generator=generator))
        grid, size = grid_around(z)
        must_be_the_density_of(vae.prior.log_prob(grid), grid, size, z)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("posterior", REAL)
def test_a_posterior_integrates_to_one_and_its_samples_follow_it(posterior, d, generator):
    vae = model(posterior, "normal", d, generator)
    with torch.no_grad():
        q = vae.q(torch.rand(1, 1, 4, 4, generator=generator))
        z, log_q = q.rsample(torch.randn(q.eps_shape(DRAWS), generator=generator))
        z = z[:, 0]  # (S, D)
        grid, size = grid_around(z)
        must_be_the_density_of(q.log_prob(grid[:, None])[:, 0], grid, size, z)
        torch.testing.assert_close(q.log_prob(z[:, None]), log_q, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("posterior", "prior"), SCORED)
def test_the_sampled_kl_is_the_integral_of_q_log_q_over_p(posterior, prior, generator):
    """Independent of any formula of a KL: on the grid, for each pair; and it is not negative."""
    vae = model(posterior, prior, 1, generator)
    with torch.no_grad():
        q = vae.q(torch.rand(1, 1, 4, 4, generator=generator))
        z, log_q = q.rsample(torch.randn(q.eps_shape(DRAWS), generator=generator))
        grid, size = grid_around(z[:, 0])
        on_grid = q.log_prob(grid[:, None])[:, 0].double()
        ratio = on_grid - vae.prior.log_prob(grid).double()
        exact = (on_grid.exp() * ratio).sum() * size
        draws = divergence.sampled(vae.prior, z, log_q).double()
        kl, kind = divergence.kl(q, vae.prior, z, log_q)
    error = float(draws.std()) / DRAWS**0.5
    assert exact > 0
    assert draws.mean().item() == pytest.approx(exact.item(), abs=5 * error + 1e-3)
    closed = isinstance(Q[posterior], specs.Diagonal | specs.FullCovariance) and prior == "normal"
    assert kind == ("closed" if closed else "sampled")
    assert kl.mean().item() == pytest.approx(exact.item(), abs=5 * error + 1e-3)


def test_a_categorical_code_has_its_mass_and_no_density(generator):
    """Over all codes q adds up to one, as does the prior; samples of both come as often."""
    vae = model("categorical", "categorical", 2, generator)
    codes = torch.tensor(list(itertools.product(range(3), repeat=2)))
    z = torch.nn.functional.one_hot(codes, 3).flatten(1).float()  # (9, 6)
    with torch.no_grad():
        q = vae.q(torch.rand(1, 1, 4, 4, generator=generator))
        drawn, _ = q.rsample(torch.randn(q.eps_shape(DRAWS), generator=generator))
        pieces = [(q.log_prob(z[:, None])[:, 0], drawn[:, 0])]
        eps = torch.randn(vae.prior.eps_shape(DRAWS), generator=generator)
        pieces.append((vae.prior.log_prob(z), vae.prior.sample(eps)))
    for log_mass, samples in pieces:
        mass = log_mass.exp()
        assert mass.sum().item() == pytest.approx(1.0, abs=1e-5)
        found = (samples @ z.T == 2).float().mean(0)
        torch.testing.assert_close(found, mass, atol=5 * (0.25 / DRAWS) ** 0.5, rtol=0)
