"""What a step minimises: a model and a batch become a record of bound, reconstruction and KL.

A new objective is one tagged spec in `latentlab.parts.objectives`, one subclass of `Objective` here
or beside, and its line in `latentlab.training.recipes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Generator, Tensor, nn

from latentlab.models.divergence import has_closed_form, kl
from latentlab.models.vae import VAE
from latentlab.specs import BetaVae, Elbo
from latentlab.training.free_bits import freed

MODEL = "model"  # the group of the model's own parameters


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a step sees.

    Args:
        x: (B, C, H, W) in [0, 1], binarised where that is asked for.
        y: (B,) int64 classes, -1 where unlabelled or hidden.
        done: Share of this stage's steps that are done, 0 to 1.
        beta: The KL's weight in the loss.
        generator: Source of all noise, on the device of x.
    """

    x: Tensor
    y: Tensor
    done: float
    beta: float
    generator: Generator

    def noise(self, shape: tuple[int, ...]) -> Tensor:
        """Standard normal values."""
        return torch.randn(
            shape, generator=self.generator, device=self.x.device, dtype=self.x.dtype
        )

    def uniform(self, shape: tuple[int, ...]) -> Tensor:
        """Values in [0, 1), all as likely."""
        return torch.rand(shape, generator=self.generator, device=self.x.device)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """The parts of a step, scalars: mean nats per datum.

    Args:
        loss: What is minimised.
        reconstruction: E_q[log p(x|z)].
        kl: KL(q(z|x) || p(z)), without any beta.
        extras: Further figures by name ("accuracy"), kept where held-out rows are scored.
    """

    loss: Tensor
    reconstruction: Tensor
    kl: Tensor
    extras: dict[str, Tensor] = field(default_factory=dict)

    @property
    def bound(self) -> Tensor:
        """The ELBO: reconstruction - KL, whatever the loss weighs."""
        return self.reconstruction - self.kl


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One descent: a loss, and whose parameters go down."""

    loss: Tensor
    group: str = MODEL
    record: Record | None = None  # of the first turn of a step, which is reported


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Parameters by name with an optimiser of their own.

    Args:
        parameters: Names are unique within the stage's group.
        learning_rate: Constant; None follows the training's schedule.
        betas: Of Adam's running means of the gradient and of its square.
    """

    parameters: dict[str, nn.Parameter]
    learning_rate: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)


class Source(Protocol):
    """The training rows, on the device; draws follow from the generator alone."""

    @property
    def seed(self) -> int:
        """For modules of an objective's own."""
        ...

    @property
    def count(self) -> int:
        """Rows, N."""
        ...

    @property
    def labelled_count(self) -> int:
        """Rows with a label."""
        ...

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random rows: x (size, C, H, W) and y (size,)."""
        ...

    def draw_labelled(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random labelled rows, as `draw`.

        Raises:
            UsageError: No row has a label.
        """
        ...


class Objective:
    """What one stage of a training minimises, for one model.

    Args:
        spec: Its own spec.
        vae: The model, on its device.
        source: The training rows.
    """

    def __init__(self, spec: Any, vae: VAE, source: Source) -> None:
        self.spec = spec
        self.vae = vae
        self.source = source
        self.own = nn.ModuleDict()  # trained beside the model; in checkpoints, not in its file

    def record(self, batch: Batch) -> Record:
        """The model's loss and its parts."""
        raise NotImplementedError

    def turns(self, batch: Batch) -> Iterator[Turn]:
        """The descents of a step, one after the other; the first one carries the record."""
        record = self.record(batch)
        yield Turn(record.loss, MODEL, record)

    def groups(self) -> dict[str, Group]:
        """What learns, by the names that `turns` uses."""
        return {MODEL: Group(dict(self.vae.named_parameters()))}

    def after_step(self, batch: Batch) -> None:
        """What follows the descents (moving averages)."""

    def score(self, batch: Batch) -> Record:
        """Held-out figures; the model is in eval mode, and nothing learns."""
        return self.record(batch)


class WeightedBound(Objective):
    """beta KL - E_q[log p(x|z)], the expectation over L samples (SGVB).

    The KL is exact where a closed form is registered, else log q(z|x) - log p(z) at the samples
    (Kingma and Welling, 2014; Higgins et al., 2017).

    Example:
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> from latentlab.training.recipes import recipe
        >>> vae = build(ModelSpec(shape=(1, 2, 2)))
        >>> bound = recipe(Elbo(), vae, source=None)[0].objective
        >>> x, y = torch.zeros(3, 1, 2, 2), torch.full((3,), -1)
        >>> record = bound.record(Batch(x, y, 0.0, 1.0, torch.Generator()))
        >>> torch.equal(record.loss, -record.bound)
        True
    """

    spec: Elbo | BetaVae

    def record(self, batch: Batch) -> Record:
        """The weighted bound of one batch."""
        vae, samples = self.vae, self.spec.samples
        q = vae.q(batch.x, batch.y)
        shape = q.eps_shape(samples)  # (L, B, D)
        # One sample keeps the batch flat: (B, D), which spares the decoder a reshape.
        eps = batch.noise(shape)[0] if samples == 1 else batch.noise(shape)
        z, log_q = q.rsample(eps)
        exact = has_closed_form(q, vae.prior)
        divergence, _ = kl(q, vae.prior) if exact else kl(q, vae.prior, z, log_q)
        reconstruction = vae.log_likelihood(batch.x, z, batch.y).mean()
        divergence = divergence.mean()
        free = self.spec.free_bits if isinstance(self.spec, BetaVae) else 0.0
        cost = freed(q, vae.prior, divergence, free) if free else divergence
        return Record(batch.beta * cost - reconstruction, reconstruction, divergence)
