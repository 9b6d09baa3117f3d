"""One optimisation step, without any overhead that the model does not ask for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from latentlab.models.categorical import Categorical
from latentlab.models.vae import VAE
from latentlab.specs import ObjectiveSpec, Precision
from latentlab.training.objectives import MODEL, Batch, Group, Record, Source
from latentlab.training.recipes import recipe, stage_at
from latentlab.training.schedules import temperature


class Descent:
    """The parameters of one group of one stage and their Adam, fused where the device has it.

    Args:
        name: What its moments are called in a checkpoint.
        group: Whose parameters.
    """

    def __init__(self, name: str, group: Group, device: torch.device) -> None:
        self.name = name
        self.group = group
        self.parameters = group.parameters
        fused = device.type in ("cpu", "cuda", "xpu")
        self.optimiser = torch.optim.Adam(self.parameters.values(), betas=group.betas, fused=fused)

    def step(self, learning_rate: float) -> None:
        """Go down the gradients."""
        own = self.group.learning_rate
        self.optimiser.param_groups[0]["lr"] = learning_rate if own is None else own
        self.optimiser.step()

    def forget(self) -> None:
        """Drop the gradients."""
        for parameter in self.parameters.values():
            parameter.grad = None


class Stepper:
    """A model, the stages of its recipe, and the optimisers that move it.

    Matrix products run in `precision`; weights, optimiser, sums and the KL are float32 always.

    Args:
        vae: The model, on its device.
        spec: What to minimise.
        precision: Of matrix products.
        source: The training rows.
    """

    def __init__(self, vae: VAE, spec: ObjectiveSpec, precision: Precision, source: Source) -> None:
        self.vae = vae
        self.precision = precision
        self.device = next(vae.parameters()).device
        self.stages = recipe(spec, vae, source)
        self._descents: list[dict[str, Descent]] = []
        for index, stage in enumerate(self.stages):
            stage.objective.own.to(self.device)
            groups = stage.objective.groups()
            self._descents.append(
                {n: Descent(_name(index, n), group, self.device) for n, group in groups.items()}
            )

    @property
    def descents(self) -> tuple[Descent, ...]:
        """Those of all stages."""
        return tuple(descent for stage in self._descents for descent in stage.values())

    def own_modules(self) -> dict[str, nn.Module]:
        """What the objectives train beside the model, by a name for checkpoints."""
        return {
            _name(index, name) or name: module
            for index, stage in enumerate(self.stages)
            for name, module in stage.objective.own.items()
        }

    def stage_at(self, done: float) -> tuple[int, float]:
        """The stage, and how much of it is done, when `done` of all steps are."""
        return stage_at(self.stages, done)

    def step(
        self,
        batch: Batch,
        learning_rate: float,
        *,
        stage: int = 0,
        look: Callable[[Tensor], None] | None = None,
    ) -> None:
        """Forward, backward and down, for each turn of the stage's objective.

        Args:
            batch: What to learn from.
            learning_rate: Of the groups that follow the schedule.
            stage: Of the recipe.
            look: Told (loss, reconstruction, KL), detached, (3,), before anything moves; what it
                raises ends the step.
        """
        objective, descents = self.stages[stage].objective, self._descents[stage]
        if not self.vae.training:  # walking over all modules costs as much as a small layer
            self.vae.train()
        cool(self.vae, batch.done)
        turns = objective.turns(batch)
        while True:
            with self._autocast():
                turn = next(turns, None)
            if turn is None:
                break
            if turn.record is not None and look is not None:
                look(_terms(turn.record))
            turn.loss.backward()  # type: ignore[no-untyped-call]
            descents[turn.group].step(learning_rate)
            for descent in descents.values():
                descent.forget()
        objective.after_step(batch)

    def _autocast(self) -> AbstractContextManager[object]:
        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)


def cool(vae: VAE, done: float) -> None:
    """Lower the temperature of categorical latents, where `vae` has them."""
    head = getattr(vae, "posterior", None)  # a network without latents has none
    if isinstance(head, Categorical):
        head.temperature = temperature(head.spec, done)


def _name(stage: int, group: str) -> str:
    """The model's own parameters in the first stage have plain names, as most trainings do."""
    return "" if stage == 0 and group == MODEL else f"stage{stage}.{group}."


def _terms(record: Record) -> Tensor:
    return torch.stack((record.loss, record.reconstruction, record.kl)).detach().float()
