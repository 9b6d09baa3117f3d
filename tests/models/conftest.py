"""Every combination of parts, small: the laws are tested over all of them."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from latentlab.models.build import build
from latentlab.models.vae import VAE
from latentlab.specs import (
    Bernoulli,
    ContinuousBernoulli,
    Conv,
    Diagonal,
    FullCovariance,
    Gaussian,
    Mlp,
    ModelSpec,
)

NETWORKS = {"mlp": Mlp(hidden=(16, 12)), "conv": Conv(channels=(4, 6), hidden=12)}
POSTERIORS = {"diagonal": Diagonal(), "full": FullCovariance()}
LIKELIHOODS = {
    "bernoulli": Bernoulli(),
    "continuous": ContinuousBernoulli(),
    "gaussian": Gaussian(),
    "learned": Gaussian(scale=0.3, learned=True),
}
SIZES = {"8x8-1": ((1, 8, 8), 1), "8x8-2": ((1, 8, 8), 2), "colour-7x12-5": ((3, 7, 12), 5)}

SPECS = {
    f"{n}-{p}-{k}-{s}": ModelSpec(
        shape=SIZES[s][0],
        latent_dim=SIZES[s][1],
        network=NETWORKS[n],
        posterior=POSTERIORS[p],
        likelihood=LIKELIHOODS[k],
    )
    for n, p, k, s in product(NETWORKS, POSTERIORS, LIKELIHOODS, SIZES)
}


@pytest.fixture(params=SPECS.values(), ids=SPECS.keys())
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    return request.param


@pytest.fixture
def vae(spec: ModelSpec) -> VAE:
    return build(spec, seed=3)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)


@pytest.fixture
def x(spec: ModelSpec, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(6, *spec.shape, generator=generator)
