"""The command `train`."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from latentlab import api
from latentlab.cli import values
from latentlab.cli.common import Common, UnfinishedError
from latentlab.cli.progress import Progress
from latentlab.errors import CancelledError, RefusedError, UsageError
from latentlab.rules import BoundKind, bound_kind
from latentlab.specs import (
    LikelihoodSpec,
    NetworkSpec,
    ObjectiveSpec,
    PosteriorSpec,
    PriorSpec,
    RunConfig,
    decode_json,
    replace,
)
from latentlab.training import records
from latentlab.verbs.labels import labelled_count
from latentlab.verbs.recipe import ALIASES

_ = typer.Option

# What the figure is that a training shows.
NAMES: dict[BoundKind, str] = {
    "bound": "bound",
    "exact": "log-likelihood",
    "none": "reconstruction",
}


def train(
    common: Common,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A name, a file or a folder.")
    ] = None,
    out: Annotated[Path | None, _("--out", help="The run folder to write.")] = None,
    latent_dim: Annotated[int | None, _(min=1, help="Number of latents.")] = None,
    epochs: Annotated[int | None, _(min=1, help="Passes over the training rows.")] = None,
    time_limit: Annotated[
        str | None, _(metavar="TIME", help="Instead: as much as fits into 90s, 2m.")
    ] = None,
    steps: Annotated[int | None, _(min=1, help="Instead: an exact number of steps.")] = None,
    batch_size: Annotated[int | None, _(min=1, help="Rows of a step.")] = None,
    learning_rate: Annotated[float | None, _(help="Of Adam.")] = None,
    learning_rate_schedule: Annotated[
        str | None, _(metavar="KIND", help="constant, cosine or linear.")
    ] = None,
    warmup_steps: Annotated[int | None, _(min=0, help="Steps up to the learning rate.")] = None,
    early_stopping: Annotated[
        int | None, _(min=0, help="Epochs without progress before stopping; 0 is never.")
    ] = None,
    network: Annotated[str | None, _(metavar="KIND", help=values.tags(NetworkSpec))] = None,
    hidden: Annotated[
        str | None, _(metavar="LIST", help="Hidden widths: 512,256 (mlp) or 256 (conv).")
    ] = None,
    conv_channels: Annotated[
        str | None, _(metavar="LIST", help="Channels of the convolutions: 32,64.")
    ] = None,
    posterior: Annotated[str | None, _(metavar="KIND", help=values.tags(PosteriorSpec))] = None,
    prior: Annotated[str | None, _(metavar="KIND", help=values.tags(PriorSpec))] = None,
    likelihood: Annotated[str | None, _(metavar="KIND", help=values.tags(LikelihoodSpec))] = None,
    scale: Annotated[float | None, _(help="Standard deviation of gaussian.")] = None,
    objective: Annotated[
        str | None, _(metavar="KIND", help=values.tags(ObjectiveSpec, *ALIASES))
    ] = None,
    beta: Annotated[float | None, _(help="Weight of the KL (objective beta).")] = None,
    beta_schedule: Annotated[
        str | None, _(metavar="KIND", help="constant, linear or cyclical.")
    ] = None,
    beta_warmup: Annotated[
        float | None, _(help="Share of the steps in which beta rises (linear).")
    ] = None,
    samples: Annotated[int | None, _(min=1, help="L, draws of z for each datum.")] = None,
    binarize: Annotated[str | None, _(metavar="KIND", help="none, static or dynamic.")] = None,
    classes: Annotated[
        str | None, _(metavar="LIST", help="Train on these label values alone: 0,1,7.")
    ] = None,
    precision: Annotated[str | None, _(metavar="KIND", help="auto, float32 or bfloat16.")] = None,
    threads: Annotated[int | None, _(min=1, help="torch threads.")] = None,
    image_size: Annotated[
        str | None, _(metavar="SIZE", help="Bring pictures to 64, or 64x48 (high x wide).")
    ] = None,
    channels: Annotated[
        int | None, _(min=1, max=3, help="1 reads pictures grey, 3 in colour.")
    ] = None,
    x_key: Annotated[str | None, _(metavar="NAME", help="Array name inside an .npz.")] = None,
    y_key: Annotated[str | None, _(metavar="NAME", help="Label array or column.")] = None,
    split_seed: Annotated[int | None, _(min=0, help="Seed of the 90/10 split.")] = None,
    categories: Annotated[
        int | None, _(min=2, help="K of each latent (posterior categorical).")
    ] = None,
    transform: Annotated[
        str | None, _(metavar="KIND", help="iaf, maf, spline or planar (posterior flow).")
    ] = None,
    components: Annotated[int | None, _(help="Of the prior mixture or vamp.")] = None,
    noise: Annotated[
        str | None, _(metavar="KIND", help="gaussian, mask or salt-and-pepper (denoising).")
    ] = None,
    condition: Annotated[
        bool, _("--condition", help="Tell encoder and decoder the class of each datum.")
    ] = False,
    setting: Annotated[
        list[str] | None,
        _("--set", metavar="PART.FIELD=VALUE", help="Any other field: --set posterior.layers=4."),
    ] = None,
    labelled: Annotated[
        str | None, _(metavar="N or P%", help="Keep so many training labels, hide the others.")
    ] = None,
    labels: Annotated[
        Path | None, _(metavar="FILE.csv", help="Labels by row or path, instead of the data's.")
    ] = None,
    start_from: Annotated[
        str | None, _(metavar="MODEL", help="Begin with the weights of this model.")
    ] = None,
    save: Annotated[
        Path | None, _(metavar="FILE", help="Also save the model with its map as one file.")
    ] = None,
    resume: Annotated[bool, _("--resume", help="Go on with the run in --out.")] = False,
    config: Annotated[Path | None, _(metavar="FILE", help="Repeat a run: its config.json.")] = None,
) -> None:
    """Train a VAE into a run folder; without options, in a way that suits the data."""
    asked = dict(locals())
    if out is None:
        raise UsageError("Where to write the run is missing.", where="--out", do="Give a folder.")
    if out.exists() and not resume and not _is_empty(out):
        raise RefusedError(
            "This folder exists already.",
            where=str(out),
            do="Choose another --out, or go on with --resume.",
        )
    repeated = None if config is None else _read_config(config)
    options = _options(asked)
    with Progress(common) as progress, _stop_on_interrupt() as stop:
        dataset = _open(asked, repeated, progress)
        if labelled is not None:
            options["labelled"] = labelled_count(dataset, values.labelled(labelled))
        log = _Log(progress, out)
        model = api.train(
            dataset,
            out=out,
            model=None if repeated is None else repeated.model,
            training=None if repeated is None else repeated.train,
            resume=resume,
            start=start_from,
            report=log.take,
            warn=lambda what, do: progress.line(f"{what} {do}"),
            stop=stop.is_set,
            **options,
        )
        if save is not None:
            api.save_model(model, save, data=dataset)
    fields = _fields(model, out, log)
    if save is not None:
        fields["saved"] = save
    if stop.is_set():
        interrupted = CancelledError(
            "Interrupted; what was learned so far is kept.",
            where=str(out),
            do="Go on with --resume.",
        )
        raise UnfinishedError(interrupted, fields)
    common.result(fields)


class _Log:
    """What a training said last, and a line for each epoch."""

    def __init__(self, progress: Progress, run: Path) -> None:
        self._progress, self._run = progress, run
        self._began_s = time.monotonic()
        self.last: records.Progress | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began_s

    def take(self, event: records.Progress | records.EpochMetrics) -> None:
        if isinstance(event, records.Progress):
            self.last = event
            text = f"Epoch {event.epoch:.1f} of {event.epochs:.1f}"
            if event.train is not None:
                text += f", {NAMES[self._kind]} {event.train.bound_nats:.2f} nats"
            self._progress.report(text, event.step / max(event.steps, 1))
        elif event.held_out is not None:
            held_out, text = event.held_out, f"epoch {event.epoch}: held-out {NAMES[self._kind]}"
            text += f" {held_out.bound_nats:.2f} nats"
            if self._kind == "bound":
                terms = f"{held_out.reconstruction_nats:.2f}, KL {held_out.kl_nats:.2f}"
                text += f" (reconstruction {terms})"
            self._progress.line(f"{text}, {event.images_per_s:,.0f} images/s")

    @cached_property
    def _kind(self) -> BoundKind:
        # What the model came to be is in its run folder before the first report.
        from latentlab.training.runs import Run

        return bound_kind(Run.open(self._run, read_only=True).config.model)


def _fields(model: api.Model, out: Path, log: _Log) -> dict[str, Any]:
    header = model.header
    held_out, kind = header.held_out, bound_kind(header.model)
    bounded = None if kind == "none" else held_out
    return {
        "run": out,
        "epochs": header.epochs,
        "seconds": log.seconds,
        "images_per_s": log.last and log.last.images_per_s,
        "bound_nats": bounded and bounded.bound_nats,
        "bound_kind": kind,
        "reconstruction_nats": None
        if kind == "exact"
        else held_out and held_out.reconstruction_nats,
        "kl_nats": held_out and held_out.kl_nats if kind == "bound" else None,
        "extras": held_out and held_out.extras,
        "device": str(model.device),
    }


_SAME_NAME = (
    *("latent_dim", "epochs", "steps", "batch_size", "learning_rate", "learning_rate_schedule"),
    *("warmup_steps", "early_stopping", "network", "posterior", "prior", "likelihood", "scale"),
    *("objective", "beta", "beta_schedule", "beta_warmup", "samples", "binarize", "precision"),
    *("threads", "categories", "transform", "components", "noise"),
)


def _options(asked: dict[str, Any]) -> dict[str, Any]:
    """The command's options as those of the verb."""
    common: Common = asked["common"]
    options = {name: asked[name] for name in _SAME_NAME}
    for name in ("hidden", "conv_channels", "classes"):
        if asked[name] is not None:
            option = f"--{name.replace('_', '-')}"
            options[name] = values.whole_numbers(asked[name], option)
    if asked["time_limit"] is not None:
        options["time_limit_s"] = values.duration_s(asked["time_limit"])
    for text in asked["setting"] or ():
        name, value = values.setting(text)
        options[name] = value
    if asked["condition"]:
        options["labels"] = "condition"
    options["seed"] = common.seed
    options["device"] = None if common.device == "auto" else common.device
    return options


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _read_config(path: Path) -> RunConfig:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RefusedError(
            "The configuration can't be read.", where=str(path), do="Give a run's config.json."
        ) from error
    config = decode_json(text, RunConfig, where=str(path))
    if config.train.steps is None:
        return config
    # The steps are what the limit came to; on a slower day it must not cut them.
    return replace(config, train=replace(config.train, time_limit_s=None))


def _open(asked: dict[str, Any], repeated: RunConfig | None, progress: Progress) -> api.Dataset:
    source = asked["data"]
    if source is None:
        source = _resumed_source(asked) if repeated is None else repeated.data
    size = asked["image_size"]
    dataset = api.open_dataset(
        source,
        image_size=None if size is None else values.size(size),
        channels=asked["channels"],
        x_key=asked["x_key"],
        y_key=asked["y_key"],
        split_seed=asked["split_seed"],
        labels=asked["labels"],
        report=progress.report,
    )
    for note in dataset.notes:
        progress.line(note)
    if repeated is not None and repeated.checksums not in ({}, dict(dataset.checksums)):
        progress.line("The data are not those of the configuration: their checksums differ.")
    if repeated is not None and repeated.threads_changed is not None:
        progress.line(
            "That run went on with another number of threads from step"
            f" {repeated.threads_changed:,}: its last bits may differ from these."
        )
    return dataset


def _resumed_source(asked: dict[str, Any]) -> Any:
    if asked["resume"]:
        from latentlab.training.runs import Run

        return Run.open(asked["out"], read_only=True).config.data
    raise UsageError("What to train on is missing.", where="DATA", do="Give a name or a path.")


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl+C asks for an orderly end, the second one is Python's own."""
    stop = threading.Event()

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
