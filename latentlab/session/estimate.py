"""How long a training takes, about."""

from __future__ import annotations

from latentlab.data.dataset import TRAIN, Dataset
from latentlab.specs import ModelSpec, TrainSpec
from latentlab.training.flops import forward_flops, step_flops

FLOPS_PER_S = 6e10  # two cores, until this machine's own speed is known
STEP_S = 0.6e-3  # what a step costs besides arithmetic
TELLING_S = 3e-3  # of arithmetic in a step; in shorter ones what comes besides hides the speed


def flops_per_image(model: ModelSpec) -> float:
    """Operations of forward and backward for one datum."""
    return 3.0 * forward_flops(model)  # forward, and twice as much backward


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
    work = 3.0 * step_flops(model, train.objective)
    step_s = batch * work / (flops_per_s or FLOPS_PER_S) + STEP_S
    return steps * step_s


def flops_per_s(model: ModelSpec, images_per_s: float, batch_size: int) -> float | None:
    """The speed that a training showed, as `estimate_s` wants it; None where it shows none.

    Example:
        >>> from latentlab.specs import Mlp
        >>> small = ModelSpec(shape=(1, 1, 30), network=Mlp(hidden=(64,)))
        >>> flops_per_s(small, 900.0, 64) is None  # its steps are hardly any work
        True
    """
    work = batch_size * flops_per_image(model)
    if work < TELLING_S * FLOPS_PER_S:
        return None
    left_s = batch_size / images_per_s - STEP_S if images_per_s > 0 else 0.0
    return work / left_s if left_s > 0 else None
