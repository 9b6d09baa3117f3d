"""What suits the data at hand: a person who presses Enter gets a good map. No torch here."""

from __future__ import annotations

import time
from functools import lru_cache
from math import ceil, prod

import numpy as np

from latentlab.data.dataset import Dataset
from latentlab.specs import (
    Bernoulli,
    Conv,
    Gaussian,
    LikelihoodSpec,
    Mlp,
    ModelSpec,
    NetworkSpec,
    Poisson,
    TrainSpec,
)
from latentlab.training.flops import forward_flops, step_flops

__all__ = ["estimate_s", "forward_flops", "matmul_flops_per_s", "suggest"]

MLP_PIXELS = (
    64 * 64
)  # grey pictures up to this size learn faster, and as well, without convolutions
IMAGES = 2_400_000  # to see in all: 40 passes over 60,000 rows
PASSES = 120  # over a small data set; digits' map gets little better after that
MIN_STEPS = 1500
MAX_EPOCHS = 400
BUDGET_FLOPS = 2e13  # one or two minutes on two cores
STEP_OVERHEAD_S = 8e-4
TRAINING_EFFICIENCY = 1.3  # of numpy's float32 matrix product: bfloat16 makes up for the rest


def suggest(dataset: Dataset) -> tuple[ModelSpec, TrainSpec]:
    """Return a model and a training that suit `dataset`.

    Pictures in grey get an MLP and "Bernoulli on grey values"; pictures in colour, and large ones,
    a convolutional network; tables a Gaussian with a learned scale, and tables of counts a Poisson.
    """
    rows = max(1, len(dataset.rows("train")))
    model = ModelSpec(
        shape=dataset.shape,
        latent_dim=2,
        network=_network(dataset, rows),
        likelihood=_likelihood(dataset),
    )
    return model, _training(model, rows)


def _network(dataset: Dataset, rows: int) -> NetworkSpec:
    channels, height, width = dataset.shape
    if dataset.kind != "image" or (channels == 1 and height * width <= MLP_PIXELS):
        few = rows < 5000 or prod(dataset.shape) <= 64
        return Mlp(hidden=(256, 256) if few else (512, 512))
    if min(height, width) < 8:
        return Mlp(hidden=(512, 512))
    stages = 2 if max(height, width) <= 32 else 3 if max(height, width) <= 64 else 4
    return Conv(channels=(32, 64, 64, 64)[:stages], hidden=256)


def _likelihood(dataset: Dataset) -> LikelihoodSpec:
    if dataset.kind == "counts" and dataset.levels is not None:
        return Poisson(levels=dataset.levels)
    if dataset.kind != "image" or dataset.shape[0] > 1:
        return Gaussian(scale=0.1, learned=True)
    return Bernoulli()


def _training(model: ModelSpec, rows: int) -> TrainSpec:
    conv = isinstance(model.network, Conv)
    batch_size = 64 if rows < 5000 else 128 if rows < 20_000 or conv else 256
    images = min(IMAGES, BUDGET_FLOPS / (3 * forward_flops(model)), PASSES * rows)
    images = max(images, MIN_STEPS * batch_size)
    return TrainSpec(
        epochs=min(max(round(images / rows), 1), MAX_EPOCHS),
        batch_size=batch_size,
        learning_rate=3e-3 if rows < 5000 else 2e-3,
        learning_rate_schedule="cosine",
    )


def estimate_s(
    model: ModelSpec, train: TrainSpec, rows: int, *, flops_per_s: float | None = None
) -> float:
    """Return roughly how many seconds a training takes on this computer's CPU.

    Args:
        model: What is trained.
        train: How.
        rows: Training rows.
        flops_per_s: What a matrix product reaches here; measured once (some milliseconds) if None.

    Example:
        >>> estimate_s(ModelSpec(shape=(1, 28, 28)), TrainSpec(time_limit_s=30.0), 60_000)
        30.0
    """
    if train.time_limit_s is not None and train.steps is None:
        return train.time_limit_s
    batch_size = min(train.batch_size, max(1, rows))
    steps = train.steps or ceil(train.epochs * rows / batch_size)
    speed = flops_per_s or matmul_flops_per_s()
    work = step_flops(model, train.objective)
    step_s = 3 * batch_size * work / (TRAINING_EFFICIENCY * speed)
    return steps * (STEP_OVERHEAD_S + step_s)


@lru_cache(maxsize=1)
def matmul_flops_per_s() -> float:
    """Return the operations a second of a float32 matrix product here, measured once."""
    side = 512
    a = np.ones((side, side), dtype=np.float32)
    fastest = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        a @ a
        fastest = min(fastest, time.perf_counter() - begin)
    return 2.0 * side**3 / fastest
