"""Small data sets to train on, and runs that are stopped and taken up again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.data.dataset import Dataset
from latentlab.specs import Conv, DataSpec, Mlp, ModelSpec
from latentlab.training.objectives import Batch
from latentlab.training.rows import Batches


def blobs(rows: int = 210, side: int = 6, *, classes: int = 3, seed: int = 0) -> Dataset:
    """Pictures of soft discs, grey bytes, one place for each class; every seventh row is test."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    centre = (1 + labels + rng.normal(0, 0.4, rows))[:, None, None]
    y, x = np.mgrid[:side, :side]
    distance = (x - centre) ** 2 + (y - side / 2) ** 2
    pictures = (255 * np.exp(-distance / 2)).astype(np.uint8)[:, None]  # (N, 1, H, W)
    return Dataset(
        name="blobs",
        x=pictures,
        kind="image",
        levels=256,
        labels=labels.astype(np.int64),
        label_names=tuple(f"class {k}" for k in range(classes)),
        split=(np.arange(rows) % 7 == 0).astype(np.int8),
        source=DataSpec(source="blobs"),
        value_range=(0.0, 255.0),
        checksums={"blobs": "0" * 64},
    )


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return blobs()


@pytest.fixture
def mlp() -> ModelSpec:
    return ModelSpec(shape=(1, 6, 6), network=Mlp(hidden=(16,)))


@pytest.fixture
def conv() -> ModelSpec:
    return ModelSpec(shape=(1, 6, 6), network=Conv(channels=(4,), hidden=8))


@pytest.fixture
def batch_of():
    """Pictures and a seed -> what a step sees of them."""

    def make(x: torch.Tensor, seed: int = 0, *, done: float = 0.0, beta: float = 1.0) -> Batch:
        y = torch.full((len(x),), -1)
        return Batch(x, y, done, beta, torch.Generator().manual_seed(seed))

    return make


@pytest.fixture(scope="session")
def rows(dataset) -> Batches:
    """The training rows, as objectives draw from them."""
    return Batches(dataset, dataset.rows("train"), torch.device("cpu"))


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
