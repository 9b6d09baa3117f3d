"""Learning rate and beta over a training, as functions of how much of it is done.

`done` is the fraction of all images already seen, 0 at the first step: so a batch that had to be
halved, or a number of steps that came from a time limit, leaves the schedule's shape alone.
"""

from __future__ import annotations

from math import cos, pi

from latentlab.specs import BetaVae, Categorical, LearningRateSchedule, ObjectiveSpec

FLOOR = 0.01  # of the peak: what a decaying learning rate ends at
CYCLES = 4


def learning_rate(
    peak: float, schedule: LearningRateSchedule, done: float, step: int, warmup_steps: int = 0
) -> float:
    """Return the learning rate of step `step` (from 0).

    Warm-up multiplies by (step + 1) / warmup_steps; cosine and linear decay to `FLOOR` * peak.

    Example:
        >>> round(learning_rate(1.0, "linear", 0.5, 100), 3)
        0.505
        >>> learning_rate(1.0, "constant", 0.5, 4, warmup_steps=10)
        0.5
    """
    done = min(max(done, 0.0), 1.0)
    shape = {"constant": 1.0, "cosine": (1 + cos(pi * done)) / 2, "linear": 1 - done}[schedule]
    decayed = FLOOR + (1 - FLOOR) * shape
    return peak * decayed * min(1.0, (step + 1) / warmup_steps if warmup_steps else 1.0)


def beta(spec: ObjectiveSpec, done: float) -> float:
    """Return the weight of the KL: 1 for the ELBO, the schedule's value for a beta-VAE.

    Cyclical: four ramps, each over `warmup` of its quarter (Fu et al., 2019).

    Example:
        >>> beta(BetaVae(beta=4.0, schedule="linear", warmup=0.5), 0.25)
        2.0
    """
    if not isinstance(spec, BetaVae):
        return 1.0
    if spec.schedule == "constant" or spec.warmup == 0:
        return spec.beta
    along = done if spec.schedule == "linear" else (done * CYCLES) % 1.0
    return spec.beta * min(1.0, along / spec.warmup)


def temperature(spec: Categorical, done: float) -> float:
    """Return the temperature of relaxed categories, which falls exponentially (Jang et al., 2017).

    Example:
        >>> temperature(Categorical(temperature=1.0, final_temperature=0.25), 0.5)
        0.5
    """
    ratio = spec.final_temperature / spec.temperature
    return float(spec.temperature * ratio ** min(max(done, 0.0), 1.0))
