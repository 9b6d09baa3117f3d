"""Everything a training needs before its first step: rows, model, precision, number of steps."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass

import numpy as np
import torch

from latentlab import rules
from latentlab.data.dataset import Dataset
from latentlab.errors import LatentlabError, RefusedError, UsageError
from latentlab.models.build import build
from latentlab.models.devices import choose_device
from latentlab.models.files import Figures, ModelHeader
from latentlab.models.vae import VAE
from latentlab.specs import ModelSpec, RunConfig, TrainSpec, replace
from latentlab.training.judge import Judge
from latentlab.training.plan import Plan, count_steps
from latentlab.training.precision import Measured, measure, measure_threads, over_stages
from latentlab.training.recipes import recipe
from latentlab.training.records import Terms
from latentlab.training.rows import Batches, Rows, Shuffle, binary_seed, choose_rows, stream
from latentlab.training.threads import use_threads

HALVINGS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What `prepare` makes."""

    vae: VAE
    batches: Batches
    shuffle: Shuffle
    judge: Judge
    noise: torch.Generator
    plan: Plan
    config: RunConfig


def prepare(
    dataset: Dataset,
    model: ModelSpec,
    train: TrainSpec,
    initial: VAE | None,
    started_s: float,
    share: float,
) -> Prepared:
    """Build the model, put the data on the device and decide how many steps to make.

    Raises:
        UsageError: The specs do not fit the data.
        LatentlabError: Not even a sixteenth of the batch fits the memory.
    """
    if model.shape != dataset.shape:
        raise UsageError(
            f"The model takes data of shape {model.shape}, and these are {dataset.shape}.",
            where=dataset.name,
            do="Choose other data, or train a new model.",
        )
    rules.refuse(model, train, dataset.facts)
    device = choose_device(train.device)
    use_threads(train.threads or torch.get_num_threads())
    vae = build(model, seed=stream(train.seed, "weights"))
    if initial is not None:
        _copy_weights(initial, vae)
    vae.to(device)
    rows = choose_rows(dataset, train)
    batches, judge = _on_device(dataset, rows, train, device)
    wanted = vae.prior.rows_wanted if initial is None else 0
    if wanted:
        vae.prior.initialise_from(batches.draw(wanted, _generator(train, "prior", device))[0])
    stages = recipe(train.objective, vae, batches)
    batch_size, measured = _probe(vae, batches, train)
    use_threads(measured.threads)
    if train.time_limit_s is not None and train.steps is None:
        judge.score(stages[0].objective)  # what the figures at the end will cost
        step_s = over_stages(vae, train.objective, batches, batch_size, measured)
        left_s = train.time_limit_s - judge.cost_s - (time.perf_counter() - started_s)
        steps = count_steps(train, len(batches), batch_size, step_s, left_s * share)
    else:
        steps = count_steps(train, len(batches), batch_size, 0.0, 0.0)
    plan = Plan(
        steps, len(batches), batch_size, measured.precision, measured.threads, rows.held_out_kind
    )
    return Prepared(
        vae,
        batches,
        Shuffle(len(batches), seed=train.seed, device=device),
        judge,
        _generator(train, "noise", device),
        plan,
        _exact_config(dataset, model, train, plan, device),
    )


def _generator(train: TrainSpec, use: str, device: torch.device) -> torch.Generator:
    return torch.Generator(device).manual_seed(stream(train.seed, use))


def _on_device(
    dataset: Dataset, rows: Rows, train: TrainSpec, device: torch.device
) -> tuple[Batches, Judge]:
    batches = Batches(
        dataset,
        rows.train,
        device,
        labels=rows.train_labels,
        seed=stream(train.seed, "objective"),
    )
    batches.dynamic = train.binarize == "dynamic"
    judged = Batches(dataset, rows.held_out, device)
    if train.binarize != "none":
        judged.binarize(binary_seed(train))
    if train.binarize == "static":
        batches.binarize(binary_seed(train))
    seed = stream(train.seed, "judge")
    return batches, Judge(judged, device, seed)


def _probe(vae: VAE, batches: Batches, train: TrainSpec) -> tuple[int, Measured]:
    """Measure a step on a copy, halving the batch until it fits the memory."""
    batch_size = min(train.batch_size, len(batches))
    timed = train.time_limit_s is not None and train.steps is None
    if train.precision != "auto" and not timed:
        return batch_size, Measured(train.precision, torch.get_num_threads(), 0.0)
    budget_s = min(2.0, 0.04 * (train.time_limit_s or 1.0)) if timed else 0.4
    for _ in range(HALVINGS + 1):
        try:
            look = measure if train.threads else measure_threads
            budget_s = max(budget_s, 0.05)
            found = look(
                vae, train.objective, batches, batch_size, train.precision, budget_s=budget_s
            )
            return batch_size, found
        except torch.OutOfMemoryError:
            free_memory()
            batch_size = max(1, batch_size // 2)
    raise no_memory()


def _exact_config(
    dataset: Dataset, model: ModelSpec, train: TrainSpec, plan: Plan, device: torch.device
) -> RunConfig:
    exact = replace(
        train,
        steps=plan.steps,
        batch_size=plan.batch_size,
        device=device.type,
        precision=plan.precision,
        threads=plan.threads,
    )
    return RunConfig(
        model=model,
        train=exact,
        data=dataset.source,
        checksums=dict(dataset.checksums),
        versions=versions(),
        data_name=dataset.name,
        label_names=dataset.label_names,
    )


def header_of(
    dataset: Dataset, config: RunConfig, held_out: Terms | None, epochs: float
) -> ModelHeader:
    """What a model file says of a model that was trained on `dataset` by `config`."""
    return ModelHeader(
        name=dataset.name,
        model=config.model,
        train=config.train,
        data=config.data,
        data_name=dataset.name,
        checksums=config.checksums,
        value_range=dataset.value_range,
        label_names=dataset.label_names,
        epochs=epochs,
        held_out=None if held_out is None else Figures(**asdict(held_out)),
        versions=config.versions,
    )


def must_be_the_data_of(config: RunConfig, dataset: Dataset) -> None:
    """Check that a run can go on with `dataset`.

    Raises:
        RefusedError: The files are not those that it began with.
    """
    if config.checksums and dataset.checksums and config.checksums != dict(dataset.checksums):
        raise RefusedError(
            "The data have changed since this run began.",
            where=dataset.name,
            do="Open the data that it was trained on, or train a new model.",
        )


def _copy_weights(source: VAE, target: VAE) -> None:
    if source.spec != target.spec:
        raise UsageError(
            "The open model is built differently.",
            do="Choose the same network, latents and likelihood, or train from scratch.",
        )
    target.load_state_dict({k: v.detach().cpu() for k, v in source.state_dict().items()})


def versions() -> dict[str, str]:
    """What the bytes of a result depend on, beside config and data."""
    return {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def free_memory() -> None:
    """Give cached GPU memory back."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def no_memory() -> LatentlabError:
    """The sentence for when halving the batch did not help."""
    return LatentlabError(
        "There is not enough memory for this model, even with a small batch.",
        do="Choose a smaller network, or train on the CPU.",
    )
