"""Is bfloat16 faster here? Measured on the model and batch at hand, not guessed."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from latentlab.models.vae import VAE
from latentlab.specs import ObjectiveSpec, Precision
from latentlab.training.stepper import Stepper

WORTH = 1.1  # times faster, before bfloat16's rounding is accepted
WARM_UP, ROUNDS = 3, 5


@dataclass(frozen=True, slots=True)
class Measured:
    """The precision to train in, and what one step of it took here."""

    precision: Precision
    step_s: float


def measure(
    vae: VAE, spec: ObjectiveSpec, x: Tensor, precision: Precision, *, budget_s: float = 1.0
) -> Measured:
    """Time steps on copies of `vae`, which stays as it is, and choose the precision.

    Args:
        vae: The model, on its device.
        spec: The objective.
        x: One batch (B, C, H, W).
        precision: "auto" tries both and takes bfloat16 where it is `WORTH` its rounding.
        budget_s: About how long to measure, beyond the least number of steps.
    """
    candidates: tuple[Precision, ...] = (precision,)
    if precision == "auto":
        candidates = ("float32", "bfloat16")
    steppers = [Stepper(copy.deepcopy(vae), spec, candidate) for candidate in candidates]
    times: list[list[float]] = [[] for _ in steppers]
    for _ in range(WARM_UP):
        for stepper in steppers:
            _timed(stepper, x)
    end = time.perf_counter() + budget_s
    while len(times[0]) < ROUNDS or (time.perf_counter() < end and len(times[0]) < 500):
        # Interleaved, so that another program's load falls on both alike.
        for stepper, taken in zip(steppers, times, strict=True):
            taken.append(_timed(stepper, x))
    # Means of the middle half: what a step takes beside whatever else runs here.
    found = [Measured(c, _middle(t)) for c, t in zip(candidates, times, strict=True)]
    if len(found) == 2 and found[1].step_s * WORTH < found[0].step_s:
        return found[1]
    return found[0]


def _timed(stepper: Stepper, x: Tensor) -> float:
    generator = torch.Generator(stepper.device).manual_seed(0)

    def noise(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator, device=stepper.device)

    begin = time.perf_counter()
    loss, terms = stepper.losses(x, noise, 1.0)
    stepper.descend(loss, 1e-4)
    terms.tolist()  # waits for the device
    return time.perf_counter() - begin


def _middle(times: list[float]) -> float:
    ordered = sorted(times)
    quarter = len(ordered) // 4
    middle = ordered[quarter : len(ordered) - quarter]
    return sum(middle) / len(middle)
