"""What a training says about itself: plain records, without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["finished", "stopped", "early", "diverged", "failed"]
# What a warning is about: a checkpoint that is missing, one that is there again, anything else.
About = Literal["checkpoint", "saved", "other"]


@dataclass(frozen=True, slots=True)
class Terms:
    """The parts of a bound, in nats per datum: bound = reconstruction - kl.

    `extras` are further figures of the objective by name ("accuracy"), of held-out rows alone.
    """

    bound_nats: float
    reconstruction_nats: float
    kl_nats: float
    loss: float
    extras: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training is; sent at most 20 times a second.

    `train` is the mean over the steps since the last record.
    """

    step: int
    steps: int
    epoch: float
    epochs: float
    elapsed_s: float
    left_s: float
    images_per_s: float
    train: Terms | None
    learning_rate: float
    beta: float


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """What an epoch came to; one line of a run's metrics.jsonl."""

    epoch: int
    step: int
    elapsed_s: float
    train: Terms
    held_out: Terms | None
    held_out_kind: Literal["test", "validation"]
    images_per_s: float
    learning_rate: float
    beta: float
