"""Is bfloat16 faster here, and do threads help? Measured on the model and batch at hand."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from latentlab.models.vae import VAE
from latentlab.specs import ObjectiveSpec, Precision
from latentlab.training.defaults import forward_flops
from latentlab.training.objectives import Batch
from latentlab.training.rows import Batches
from latentlab.training.stepper import Stepper

WORTH = 1.1  # times faster, before bfloat16's rounding is accepted
WORTH_ONE = 2.0  # times faster with one thread, before the others are let go
WARM_UP, ROUNDS = 3, 5
SLOW_FLOPS_PER_S = 5e10  # of one core: above this a step on one thread is not worth trying
SMALL_STEP_S = 0.2


@dataclass(frozen=True, slots=True)
class Measured:
    """The precision and number of threads to train with, and what one step of it took here."""

    precision: Precision
    threads: int
    step_s: float


def measure(
    vae: VAE,
    spec: ObjectiveSpec,
    batches: Batches,
    size: int,
    precision: Precision,
    *,
    budget_s: float = 1.0,
) -> Measured:
    """Time steps on copies of `vae`, which stays as it is, and choose the precision.

    Args:
        vae: The model, on its device.
        spec: The objective.
        batches: The training rows.
        size: Rows of a step.
        precision: "auto" tries both and takes bfloat16 where it is `WORTH` its rounding.
        budget_s: About how long to measure, beyond the least number of steps.
    """
    candidates: tuple[Precision, ...] = (precision,)
    if precision == "auto":
        candidates = ("float32", "bfloat16")
    steppers = [Stepper(copy.deepcopy(vae), spec, kind, batches) for kind in candidates]
    trial = _first(batches, size)
    times: list[list[float]] = [[] for _ in steppers]
    for _ in range(WARM_UP):
        for stepper in steppers:
            _timed(stepper, trial)
    end = time.perf_counter() + budget_s
    while len(times[0]) < ROUNDS or (time.perf_counter() < end and len(times[0]) < 500):
        # Interleaved, so that another program's load falls on both alike.
        for stepper, taken in zip(steppers, times, strict=True):
            taken.append(_timed(stepper, trial))
    # Means of the middle half: what a step takes beside whatever else runs here.
    threads = torch.get_num_threads()
    found = [Measured(c, threads, _middle(t)) for c, t in zip(candidates, times, strict=True)]
    if len(found) == 2 and found[1].step_s * WORTH < found[0].step_s:
        return found[1]
    return found[0]


def measure_threads(
    vae: VAE,
    spec: ObjectiveSpec,
    batches: Batches,
    size: int,
    precision: Precision,
    *,
    budget_s: float = 1.0,
) -> Measured:
    """As `measure`, and let all threads but one go where they harm.

    On a computer that something else keeps busy, threads wait for each other at the end of every
    small product, and a step was seen to take 100 times as long as on one thread.
    """
    many = torch.get_num_threads()
    alone_s = 3 * size * forward_flops(vae.spec) / SLOW_FLOPS_PER_S
    if many == 1 or next(vae.parameters()).device.type != "cpu" or alone_s > SMALL_STEP_S:
        return measure(vae, spec, batches, size, precision, budget_s=budget_s)
    torch.set_num_threads(1)
    try:
        one = measure(vae, spec, batches, size, precision, budget_s=budget_s / 3)
    finally:
        torch.set_num_threads(many)
    stepper, trial = (
        Stepper(copy.deepcopy(vae), spec, one.precision, batches),
        _first(batches, size),
    )
    _timed(stepper, trial)
    end, times = time.perf_counter() + budget_s, [_timed(stepper, trial)]
    while len(times) < 3 or (time.perf_counter() < end and len(times) < 500):
        times.append(_timed(stepper, trial))
    several = Measured(one.precision, many, _middle(times))
    return one if one.step_s * WORTH_ONE < several.step_s else several


def over_stages(
    vae: VAE, spec: ObjectiveSpec, batches: Batches, size: int, measured: Measured
) -> float:
    """What a step takes in the mean over the stages of a recipe, of which the first is measured."""
    stepper = Stepper(copy.deepcopy(vae), spec, measured.precision, batches)
    trial, mean_s = _first(batches, size), measured.step_s * stepper.stages[0].share
    for index, stage in enumerate(stepper.stages[1:], 1):
        _timed(stepper, trial, index)
        mean_s += stage.share * min(_timed(stepper, trial, index) for _ in range(2))
    return mean_s


def _first(batches: Batches, size: int) -> tuple[Tensor, Tensor]:
    """x and y of the first rows."""
    return batches.span(0, size), batches.labels(slice(0, size))


def _timed(stepper: Stepper, trial: tuple[Tensor, Tensor], stage: int = 0) -> float:
    batch = Batch(*trial, 0.0, 1.0, torch.Generator(stepper.device).manual_seed(0))
    seen: list[Tensor] = []
    begin = time.perf_counter()
    stepper.step(batch, 1e-4, stage=stage, look=seen.append)
    seen[0].tolist()  # waits for the device
    return time.perf_counter() - begin


def _middle(times: list[float]) -> float:
    ordered = sorted(times)
    quarter = len(ordered) // 4
    middle = ordered[quarter : len(ordered) - quarter]
    return sum(middle) / len(middle)
