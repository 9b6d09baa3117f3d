"""Training as one call."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.data.dataset import Dataset
from latentlab.errors import LatentlabError, RefusedError, UsageError
from latentlab.rules import caution
from latentlab.specs import ModelSpec, RunConfig, TrainSpec, replace
from latentlab.training.records import EpochMetrics, Progress
from latentlab.training.runs import Run
from latentlab.verbs import recipe
from latentlab.verbs.opening import Data, ModelLike, load_model, open_dataset

if TYPE_CHECKING:
    from latentlab.models.model import Model
    from latentlab.training.trainer import Trainer

REPORT_S = 0.2

TrainReport = Callable[[Progress | EpochMetrics], None]


def train(
    data: Data,
    *,
    out: Path | str | None = None,
    model: ModelSpec | None = None,
    training: TrainSpec | None = None,
    resume: bool = False,
    start: ModelLike | None = None,
    report: TrainReport | None = None,
    warn: Callable[[str, str], None] | None = None,
    stop: Callable[[], bool] | None = None,
    **options: Any,
) -> Model:
    """Train a VAE.

    Without further words the defaults suit the data. `options` are fields of `ModelSpec` and
    `TrainSpec` by name, parts by tag: `latent_dim=2, network="conv", epochs=5, beta=4.0,
    time_limit_s=60`; see `latentlab.verbs.recipe.apply`.

    Args:
        data: What to learn from.
        out: A run folder to write, which keeps checkpoints; None keeps none.
        model: The model; None suggests one.
        training: How it learns; None suggests it.
        resume: Go on with the run that is in `out`, in its own configuration.
        start: Begin with the weights of this model.
        report: Called a few times a second with where it is, and at the end of each epoch.
        warn: Called with what a person should know while it goes on, and what to do.
        stop: Asked after each step; True ends the training, and what was learned is kept.
        options: Laid over `model` and `training`.

    Returns:
        The trained model; `model.header.held_out` has its held-out bound in nats per datum.

    Raises:
        UsageError: An option does not exist or does not fit.
        RefusedError: The data or the run are missing, or `out` exists.
        LatentlabError: The training came to nothing.

    Example:
        >>> model = train("digits", steps=3, latent_dim=2, seed=1)
        >>> model.sample(4).shape
        (4, 1, 8, 8)
    """
    started_s = time.perf_counter()
    dataset = open_dataset(data)
    if resume:
        if out is None:
            raise UsageError("There is no run to resume.", where="out", do="Give its folder.")
        opened = Run.open(Path(out))
        run: Run | None = opened
        model_spec, train_spec = _resumed(opened, options)
    else:
        model_spec, train_spec = specs_for(dataset, model, training, options)
        run = _new_run(out, dataset, model_spec, train_spec)
    what, do = caution(model_spec)
    if what and warn is not None:
        warn(what, do)
    try:
        first = load_model(start, device="cpu").vae if start is not None else None
        from latentlab.training.trainer import Trainer

        trainer = Trainer(
            dataset,
            model_spec,
            train_spec,
            run=run,
            initial=first,
            resume=resume,
            warn=None if warn is None else lambda what, do, _about: warn(what, do),
            started_s=started_s,
        )
        return _drive(trainer, report, stop)
    finally:
        if run is not None:
            run.close()


def specs_for(
    dataset: Dataset,
    model: ModelSpec | None,
    training: TrainSpec | None,
    options: dict[str, Any],
) -> tuple[ModelSpec, TrainSpec]:
    """The specs of a new training: what is given, over what suits the data.

    Raises:
        UsageError: An option does not exist or does not fit.
        RefusedError: A value is out of range, or the model is of another shape than the data.
    """
    from latentlab.training.defaults import suggest

    suggested = suggest(dataset)
    wish = model or suggested[0], training or suggested[1]
    specs = recipe.apply(*wish, options, dataset.facts)
    if specs[0].shape != dataset.shape:
        raise RefusedError(
            f"The data have the shape {dataset.shape}, the model takes {specs[0].shape}.",
            where=dataset.name,
            do="Choose other data.",
        )
    return specs


def _new_run(
    out: Path | str | None, dataset: Dataset, model: ModelSpec, training: TrainSpec
) -> Run | None:
    if out is None:
        return None
    config = RunConfig(
        model=model, train=training, data=dataset.source, checksums=dict(dataset.checksums)
    )
    return Run.create(Path(out), config)


def _resumed(run: Run, options: dict[str, Any]) -> tuple[ModelSpec, TrainSpec]:
    """The run's own specs; options may repeat them, but not change them."""
    config = run.config
    kept = {
        name: value
        for name, value in options.items()
        if name not in recipe.LENGTH_OPTIONS and name != "device"
    }
    model, training = recipe.apply(config.model, config.train, kept)
    if (model, training) != (config.model, config.train):
        run.close()
        raise UsageError(
            "A run that is resumed keeps its own configuration.",
            where=str(run.path),
            do="Leave out what differs from its config.json, or train into another folder.",
        )
    _refuse_length(run, options)
    device = options.get("device")
    return model, replace(training, device=device) if device else training


def _refuse_length(run: Run, options: dict[str, Any]) -> None:
    """Refuse a length that is not the run's own: its schedules were made for that one."""
    train = run.config.train
    for name in recipe.LENGTH_OPTIONS:
        if options.get(name) not in (None, getattr(train, name)):
            run.close()
            raise UsageError(
                f"A run that is resumed keeps its own length, {train.steps or 0:,} steps.",
                where=str(run.path),
                do="Leave the length out, or train on in another folder (--start-from).",
            )


def _drive(trainer: Trainer, report: TrainReport | None, stop: Callable[[], bool] | None) -> Model:
    """Run a trainer to its end, or to where it is stopped."""
    from latentlab.models.model import Model

    outcome, told_s = None, 0.0
    for metrics in trainer:
        now_s = time.perf_counter()
        if report is not None and (metrics is not None or now_s - told_s >= REPORT_S):
            told_s = now_s
            report(trainer.progress())
            if metrics is not None:
                report(metrics)
        if stop is not None and stop():
            outcome = "stopped"
            break
    ended = "stopped" if outcome else trainer.outcome
    trainer.finish(ended)
    if ended in ("diverged", "failed"):
        raise LatentlabError(trainer.message or "The training came to nothing.", where="training")
    return Model(trainer.vae, trainer.header())
