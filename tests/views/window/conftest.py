"""A real session over an engine that only records, and worlds of made-up data for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session.session import Session
from latentlab.specs import DataSpec, ModelSpec, TrainSpec
from latentlab.training.records import EpochMetrics, Progress, Terms
from latentlab.views.window import MainWindow

NAMES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "<b>Coat</b>", "Sandal & co")
MODEL_FILE = Path("/models/fashion.safetensors")


class Recorder:
    """What was asked of the engine, in order."""

    def __init__(self) -> None:
        self.work: list[Any] = []
        self.live: list[Any] = []
        self.calls: list[tuple[str, Any]] = []

    def submit(self, request: m.WorkRequest) -> None:
        self.work.append(request)

    def show(self, request: m.LiveRequest) -> None:
        self.live.append(request)

    def pause_training(self) -> None:
        self.calls.append(("pause", None))

    def resume_training(self) -> None:
        self.calls.append(("resume", None))

    def stop_training(self) -> None:
        self.calls.append(("stop", None))

    def cancel(self, ticket: int) -> None:
        self.calls.append(("cancel", ticket))

    def close(self, timeout_s: float = 10.0) -> bool:
        return True


class World:
    """A session, its recorder, and events to feed it."""

    def __init__(self, settings_path: Path | None = None) -> None:
        self.engine = Recorder()
        self.session = Session(self.engine, settings_path)
        self.rng = np.random.default_rng(0)

    def last(self, kind: type[Any]) -> Any:
        asked = [r for r in (*self.engine.work, *self.engine.live) if isinstance(r, kind)]
        assert asked, f"no {kind.__name__} was asked for"
        return asked[-1]

    def dataset(self, count: int = 600, side: int = 8, names: tuple[str, ...] = NAMES) -> Dataset:
        classes = max(len(names), 1)
        labels = np.arange(count) % classes if names else np.full(count, -1)
        return Dataset(
            name="Made-up",
            x=self.rng.integers(0, 256, (count, 1, side, side), dtype=np.uint8),
            kind="image",
            levels=256,
            labels=labels.astype(np.int64),
            label_names=names,
            split=(np.arange(count) % 10 == 0).astype(np.int8),
            source=DataSpec(source="made-up"),
            value_range=(0.0, 255.0),
            notes=("brought to 8 x 8",),
        )

    def ready(self) -> None:
        self.session.apply(m.EngineReady("cpu", ("cpu",), {"torch": "2.13"}))

    def open_data(self, dataset: Dataset | None = None) -> Dataset:
        dataset = dataset or self.dataset()
        self.session.open_data(dataset.source)
        self.session.apply(m.DataOpened(self.last(m.OpenData).ticket, dataset))
        return dataset

    def info(self, latent_dim: int = 2, side: int = 8, **changes: Any) -> m.ModelInfo:
        told: dict[str, Any] = {
            "name": "fashion",
            "spec": ModelSpec(shape=(1, side, side), latent_dim=latent_dim),
            "train": TrainSpec(),
            "data_name": "Made-up",
            "data": DataSpec(source="made-up"),
            "label_names": NAMES,
            "epochs": 12.0,
            "held_out": Terms(-231.4, -225.1, 6.3, 231.4),
            "parameter_count": 669_000,
        }
        return m.ModelInfo(**{**told, **changes})

    def codes(self, count: int = 600, latent_dim: int = 2) -> m.Codes:
        z = self.rng.standard_normal((count, latent_dim)).astype(np.float32)
        plane = axes_plane(latent_dim)
        xy = plane.project(z).astype(np.float32)
        return m.Codes(
            z=z,
            xy=xy,
            labels=np.arange(count, dtype=np.int64) % len(NAMES),
            split=(np.arange(count) % 10 == 0).astype(np.int8),
            plane=plane,
            index=PointIndex(xy),
            spread=0.1,
        )

    def open_model(self, latent_dim: int = 2, count: int = 600, **changes: Any) -> None:
        self.session.open_model(MODEL_FILE)
        ticket = self.last(m.OpenModel).ticket
        codes = self.codes(count, latent_dim)
        info = self.info(latent_dim, **changes)
        self.session.apply(m.ModelOpened(ticket, info, codes, None))
        self.session.apply(m.ModelReady(ticket, "cpu"))

    def decode(self, **changes: Any) -> m.Decoded:
        """Answer the newest decode."""
        asked = self.last(m.Decode)
        told: dict[str, Any] = {
            "ticket": asked.ticket,
            "z": asked.z,
            "image": self.rng.integers(0, 256, (8, 8), dtype=np.uint8),
            "nearest_row": 17,
            "nearest_distance": 0.25,
            "far": False,
            "source": "model",
            "asked_s": time.perf_counter(),
            "decode_ms": 1.0,
        }
        decoded = m.Decoded(**{**told, **changes})
        self.session.apply(decoded)
        return decoded

    def draw_path(self) -> None:
        self.session.begin_drag((-1.0, 0.0))
        self.session.drag_to((1.0, 0.5))
        self.session.end_drag()

    def answer_strip(self) -> m.StripDecoded:
        asked = self.last(m.DecodeStrip)
        images = self.rng.integers(0, 256, (len(asked.z), 8, 8), dtype=np.uint8)
        strip = m.StripDecoded(asked.ticket, asked.z, images, "model", asked.asked_s)
        self.session.apply(strip)
        return strip

    def start_training(self) -> int:
        model, train = ModelSpec(shape=(1, 8, 8)), TrainSpec(epochs=30)
        self.session.train(model, train)
        ticket: int = self.last(m.Train).ticket
        started = m.TrainingStarted(
            ticket, self.info(epochs=0.0), None, "cpu", "bfloat16", 3000, "test"
        )
        self.session.apply(started)
        return ticket

    def progress(self, ticket: int, step: int, *, paused: bool = False) -> None:
        terms = Terms(-240.0 + step / 100, -230.0, 6.0 + step / 1000, 240.0 - step / 100)
        progress = Progress(step, 3000, step / 100, 30.0, 10.0, 64.0, 25_300.0, terms, 2e-3, 1.0)
        self.session.apply(m.Progressed(ticket, progress, paused))

    def epoch(self, ticket: int, number: int) -> None:
        bound = -250.0 + 15.0 * np.log1p(number)
        train = Terms(bound, bound + 6.0, 6.0, -bound)
        held = Terms(bound - 1.5, bound + 4.5, 6.0, 1.5 - bound)
        metrics = EpochMetrics(
            number, number * 100, number * 2.0, train, held, "test", 25_300.0, 2e-3, 1.0
        )
        self.session.apply(m.EpochEnded(ticket, metrics))


@pytest.fixture
def world(qapp: Any) -> Iterator[World]:
    made = World()
    yield made
    made.session.close()
    made.session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def new_world(qapp: Any) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(settings_path: Path | None = None) -> World:
        made.append(World(settings_path))
        return made[-1]

    yield make
    for each in made:
        if shiboken6.isValid(each.session):
            each.session.close()
            each.session.deleteLater()


@pytest.fixture
def window(world: World, qtbot: Any) -> Iterator[MainWindow]:
    shown = MainWindow(world.session)
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    shown.close()
    shown.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def lively(window: MainWindow, world: World) -> MainWindow:
    """The window with data, a model, and a cursor whose picture came."""
    world.ready()
    world.open_data()
    world.open_model()
    world.session.move_cursor((0.42, -1.17))
    world.decode()
    return window
