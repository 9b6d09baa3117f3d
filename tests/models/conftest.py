"""The models that the laws are tested over."""

from __future__ import annotations

import pytest
import torch
from family import CHOSEN, data_like

from latentlab.models.build import build
from latentlab.models.vae import VAE
from latentlab.specs import ModelSpec


@pytest.fixture(params=[choice.spec for choice in CHOSEN], ids=[c.name for c in CHOSEN])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    return request.param


@pytest.fixture
def vae(spec: ModelSpec) -> VAE:
    """A model as it is when it is used, not trained."""
    return build(spec, seed=3).eval()


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)


@pytest.fixture
def x(spec: ModelSpec, generator: torch.Generator) -> torch.Tensor:
    return data_like(spec, torch.rand(6, *spec.shape, generator=generator))
