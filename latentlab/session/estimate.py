"""How long a training takes, about."""

from __future__ import annotations

import itertools

from latentlab.data.dataset import TRAIN, Dataset
from latentlab.specs import Conv, Mlp, ModelSpec, TrainSpec

FLOPS_PER_S = 6e10  # two cores, until this machine's own speed is known
STEP_S = 0.6e-3  # what a step costs besides arithmetic


def flops_per_image(model: ModelSpec) -> float:
    """Multiply-adds of forward and backward for one image, times two."""
    channels, height, width = model.shape
    pixels = channels * height * width
    match model.network:
        case Mlp(hidden=hidden):
            widths = (pixels, *hidden)
            weights = sum(a * b for a, b in itertools.pairwise(widths))
            cost = float(weights + widths[-1] * model.latent_dim)
        case Conv(channels=layers, hidden=hidden_width):
            cost, before, size = 0.0, channels, float(height * width)
            for layer in layers:
                size = max(size / 4.0, 1.0)
                cost += 16.0 * before * layer * size
                before = layer
            cost += before * size * hidden_width
    return 2.0 * 2.0 * 3.0 * cost  # two networks, two operations, forward and twice backward


def estimate_s(
    model: ModelSpec, train: TrainSpec, dataset: Dataset, flops_per_s: float | None = None
) -> float:
    """Seconds that a training takes, about.

    Args:
        flops_per_s: This machine's speed in an earlier training, where there was one.
    """
    if train.time_limit_s is not None:
        return train.time_limit_s
    rows = int((dataset.split == TRAIN).sum())
    batch = max(min(train.batch_size, rows), 1)
    steps = train.steps or train.epochs * -(-rows // batch)
    step_s = batch * flops_per_image(model) / (flops_per_s or FLOPS_PER_S) + STEP_S
    return steps * step_s


def flops_per_s(model: ModelSpec, images_per_s: float, batch_size: int) -> float | None:
    """The speed that a training showed, as `estimate_s` wants it."""
    left_s = batch_size / images_per_s - STEP_S if images_per_s > 0 else 0.0
    return batch_size * flops_per_image(model) / left_s if left_s > 0 else None
