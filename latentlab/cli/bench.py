"""The commands `bench drag`, `bench map` and `bench train`: this machine, measured."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from latentlab import api
from latentlab.cli.common import Common
from latentlab.cli.progress import Progress
from latentlab.errors import LatentlabError, UsageError
from latentlab.specs import DataSpec
from latentlab.training.records import EpochMetrics
from latentlab.training.records import Progress as TrainProgress

if TYPE_CHECKING:
    from latentlab.cli.driver import Driver
    from latentlab.cli.latency import Drag, Figures, Pace

SIDE = 28
ROWS = 60_000
NETWORKS = ("mlp", "conv")
BATCHES = (100, 256, 500)
ROUNDS = 4  # of a rest and a drag in turn, so that what else the machine does hits both
PACE_S = 120.0  # for which a rest is waited for
SETTLE_S = 0.5  # after a drag: its strip and the curves are brought up to date
FOREVER = 10_000_000

DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="DATA", help="Real data; else 60,000 enlarged digits."),
]


def drag(
    common: Common,
    network: Annotated[str, typer.Option("--network", metavar="KIND", help="mlp or conv.")] = "mlp",
    while_training: Annotated[
        bool, typer.Option("--while-training", help="Drag while a model trains.")
    ] = False,
    over_lattice: Annotated[
        bool, typer.Option("--over-lattice", help="Drag while the plane is decoded.")
    ] = False,
    handle: Annotated[
        bool, typer.Option("--handle", help="Drag a handle of a path: its strip follows.")
    ] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=1.0, help="How long.")] = 10.0,
    data: DataOption = None,
) -> None:
    """Pointer to picture, through the real window: moves due at 60 Hz, timed until painted."""
    _check_network(network)
    from latentlab.cli.driver import Driver

    with Progress(common) as progress, Driver(common) as driver:
        progress.line("Opening the data")
        _give_data(driver, data)
        progress.line("Training")
        _train(driver, network, steps=FOREVER if while_training else 50)
        if while_training:
            fields = _drag_while_training(driver, seconds, progress, handle=handle)
        else:
            driver.wait(lambda: not driver.session.training.active, "a model", 300.0)
            _must_not_have_failed(driver)
            driver.wait(lambda: driver.session.engine.live, "its decoder")
            progress.line("Dragging")
            more = {"training_speed_kept": None}
            if over_lattice:
                fields = _drag_over_lattice(driver, seconds) | more
            else:
                fields = _drag(driver, seconds, handle=handle) | more
        fields |= {"network": network, "device": driver.session.engine.device}
    common.result(fields)


def lattice(
    common: Common,
    network: Annotated[str, typer.Option("--network", metavar="KIND", help="mlp or conv.")] = "mlp",
    data: DataOption = None,
) -> None:
    """The decoded plane: its first 20 x 20 pictures, and from a zoom until it is sharp."""
    _check_network(network)
    from latentlab.cli.driver import Driver

    with Progress(common) as progress, Driver(common) as driver:
        progress.line("Opening the data")
        _give_data(driver, data)
        progress.line("Training")
        _train(driver, network, steps=50)
        driver.wait(lambda: not driver.session.training.active, "a model", 300.0)
        _must_not_have_failed(driver)
        driver.wait(lambda: driver.session.engine.live, "its decoder")
        progress.line("Decoding")
        from latentlab.cli.latticebench import measure

        fields = measure(driver, common.seed or 0)
        fields |= {"network": network, "device": driver.session.engine.device}
    common.result(fields)


def map_(
    common: Common,
    points: Annotated[
        int, typer.Option("--points", min=10, max=10_000_000, help="How many.")
    ] = 70_000,
) -> None:
    """The map: first picture, frames while panning, repaint while dragging, look-ups."""
    from latentlab.cli.driver import Driver

    with Progress(common) as progress, Driver(common) as driver:
        progress.line(f"Drawing {points:,} points")
        from latentlab.cli.mapbench import measure

        fields = measure(driver, points, common.seed or 0)
    common.result(fields)


def train(
    common: Common,
    seconds: Annotated[float, typer.Option("--seconds", min=1.0, help="For each.")] = 5.0,
    data: DataOption = None,
) -> None:
    """Training speed in images per second, by network and batch."""
    with Progress(common) as progress:
        dataset = _dataset(data)
        speeds: dict[str, dict[str, float]] = {}
        for network in NETWORKS:
            for batch_size in BATCHES:
                progress.line(f"{network}, batch {batch_size}")
                speed = _images_per_s(common, dataset, network, batch_size, seconds)
                speeds.setdefault(network, {})[str(batch_size)] = speed
        from latentlab.models.devices import choose_device

        device = str(choose_device(common.device))
    common.result({"images_per_s": speeds, "device": device, "shape": list(dataset.shape)})


# Dragging


def _drag(driver: Driver, seconds: float, *, handle: bool = False) -> dict[str, Any]:
    from latentlab.cli.latency import Figures

    begin_cpu_s = time.thread_time()
    figures = Figures.of([_one_drag(driver, seconds, 0.0, handle=handle)])
    own_ms = (time.thread_time() - begin_cpu_s) * 1e3
    return _fields(figures, seconds) | {"window_processor_ms_per_move": own_ms / figures.sent}


def _drag_over_lattice(driver: Driver, seconds: float) -> dict[str, Any]:
    """The plane is decoded anew all the time, and never waited for."""
    from latentlab.cli.latticebench import Restless, load

    driver.trigger("Lattice")
    driver.wait(lambda: driver.window.map.sharp, "the plane")
    restless = Restless(driver)
    restless.start()
    begin_cpu_s = time.process_time()
    fields = _drag(driver, seconds)
    restless.stop()
    return fields | {
        "planes_decoded": restless.rounds,
        "processor_s": time.process_time() - begin_cpu_s,
        "load": load(),
    }


def _one_drag(
    driver: Driver,
    seconds: float,
    begin_s: float,
    pace: Pace | None = None,
    *,
    handle: bool = False,
) -> Drag:
    """Press, draw along the curve from `begin_s` on, let go; or take a drawn path's end along."""
    from latentlab.cli.latency import RATE_HZ, Drag, lissajous

    place = lissajous(driver, begin_s)
    driver.press(place(-90))
    driver.move(place(-10))
    if handle:
        driver.release(place(-10))
        driver.press(place(-10))
    driver.rest(0.3)
    drag = Drag(driver, place, seconds)
    if pace is not None:
        drag.on_first, drag.on_last = pace.begin, pace.end
    drag.run()
    driver.release(place(round(RATE_HZ * seconds)))
    return drag


def _fields(figures: Figures, seconds: float) -> dict[str, Any]:
    return {
        "p50_ms": figures.p50_ms,
        "p99_ms": figures.p99_ms,
        "shown": figures.shown,
        "sent": figures.sent,
        "stall_max_ms": figures.stall_max_ms,
        "strips_per_s": figures.strips / max(figures.seconds, 1e-9),
        "seconds": seconds,
    }


def _drag_while_training(
    driver: Driver, seconds: float, progress: Progress, *, handle: bool = False
) -> dict[str, Any]:
    """Rests and drags in turn; what is kept is the speed during the drags over that of the rests.

    Only the moves count as drag, and neither side counts the time in which the map moved: its
    refreshes are rare and long, so that their number in so short a time is chance.
    """
    from latentlab.cli.latency import Figures, Pace

    session = driver.session
    driver.wait(
        lambda: not session.training.active or (_steps(driver) > 20 and session.codes is not None),
        "the training",
        300.0,
    )
    _must_not_have_failed(driver)
    driver.rest(2.0)  # what a training's first steps load and warm up
    progress.line("Dragging and resting in turn")
    alone, dragging = Pace(session), Pace(session)
    drags = []
    part_s = max(seconds / ROUNDS, 1.0)
    for turn in range(ROUNDS):
        _rest(driver, alone, part_s / 2)
        drags.append(_one_drag(driver, part_s, turn * part_s, dragging, handle=handle))
        session.clear_path()
        driver.rest(SETTLE_S)
        _rest(driver, alone, part_s / 2)
    session.stop_training()
    driver.wait(lambda: not session.training.active, "the training to stop")
    return _fields(Figures.of(drags), ROUNDS * part_s) | {
        "training_speed_kept": dragging.steps_per_s / max(alone.steps_per_s, 1e-9),
        "steps_per_s_alone": alone.steps_per_s,
        "steps_per_s_dragging": dragging.steps_per_s,
    }


def _rest(driver: Driver, pace: Pace, seconds: float) -> None:
    """Until so long was counted: the map of a large network moves for longer than a rest."""
    wanted_s = pace.seconds + seconds
    pace.begin()
    driver.rest(seconds)
    driver.wait(lambda: pace.seconds >= wanted_s, "a training's pace", PACE_S)
    pace.end()


def _must_not_have_failed(driver: Driver) -> None:
    training = driver.session.training
    if training.status in ("failed", "diverged"):
        raise LatentlabError(training.message or "The training failed.", where="training")


def _steps(driver: Driver) -> int:
    progress = driver.session.training.progress
    return 0 if progress is None else progress.step


def _train(driver: Driver, network: str, steps: int) -> None:
    suggestion = driver.session.suggest()
    if suggestion is None:
        raise AssertionError("the data are open")
    from latentlab.verbs.recipe import apply

    changes = {"network": network, "latent_dim": 2, "steps": steps}
    changes |= {"learning_rate_schedule": "constant"}
    driver.session.train(*apply(*suggestion, changes))


def _give_data(driver: Driver, data: str | None) -> None:
    from latentlab.engine.messages import DataOpened

    if data is not None:
        driver.open_data(data)
        return
    driver.session.apply(DataOpened(0, _dataset(None)))
    driver.wait(lambda: driver.session.dataset is not None, "the data")


def _check_network(network: str) -> None:
    if network not in NETWORKS:
        raise UsageError(
            f'There is no network "{network}".',
            where="--network",
            do=f"Choose {' or '.join(NETWORKS)}.",
        )


# Data and training


def _dataset(data: str | None) -> api.Dataset:
    """Real data, or digits enlarged to 28x28 and repeated with noise: the size is what counts."""
    if data is not None:
        return api.open_dataset(data)
    digits = api.open_dataset("digits")
    rng = np.random.default_rng(0)
    rows = np.arange(ROWS) % len(digits)
    small = (digits.inputs(slice(None))[:, 0] * 255.0).astype(np.uint8)  # (N, 8, 8)
    large = np.pad(small.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    x = large[rows]  # (ROWS, 28, 28)
    x ^= rng.integers(0, 16, x.shape, dtype=np.uint8)
    split = (np.arange(ROWS) % 10 == 0).astype(np.int8)
    return api.Dataset(
        name="enlarged digits",
        x=x[:, None],
        kind="image",
        levels=256,
        labels=digits.labels[rows],
        label_names=digits.label_names,
        split=split,
        source=DataSpec(source="digits"),
        value_range=(0.0, 255.0),
    )


def _images_per_s(
    common: Common, dataset: api.Dataset, network: str, batch_size: int, seconds: float
) -> float:
    """Steady speed: counted from the first report on, so that set-up is left out."""
    first: list[TrainProgress] = []
    last: list[TrainProgress] = []
    begin_s = 0.0

    def take(event: TrainProgress | EpochMetrics) -> None:
        nonlocal begin_s
        if isinstance(event, TrainProgress):
            if not first:
                begin_s = time.perf_counter()
                first.append(event)
            last[:] = [event]

    def stop() -> bool:
        return bool(first) and time.perf_counter() - begin_s > seconds

    api.train(
        dataset,
        network=network,
        batch_size=batch_size,
        latent_dim=2,
        steps=FOREVER,
        learning_rate_schedule="constant",
        device=common.device,
        seed=common.seed or 0,
        report=take,
        stop=stop,
    )
    steps = last[0].step - first[0].step
    return steps * batch_size / max(last[0].elapsed_s - first[0].elapsed_s, 1e-9)
