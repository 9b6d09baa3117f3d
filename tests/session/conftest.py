"""An engine that only writes down what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.app import Program
from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.engine.values import Codes, ModelInfo
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session.session import Session
from latentlab.session.state import Notice
from latentlab.specs import DataSpec, Mlp, ModelSpec, TrainSpec
from latentlab.training import keeper
from latentlab.views.notices import Banner

SHAPE = (1, 4, 4)


class FakeEngine:
    def __init__(self) -> None:
        self.submitted: list[Any] = []
        self.shown: list[Any] = []
        self.orders: list[str] = []

    def submit(self, request: Any) -> None:
        self.submitted.append(request)

    def show(self, request: Any) -> None:
        self.shown.append(request)

    def pause_training(self) -> None:
        self.orders.append("pause")

    def resume_training(self) -> None:
        self.orders.append("resume")

    def stop_training(self) -> None:
        self.orders.append("stop")

    def cancel(self, ticket: int) -> None:
        self.orders.append(f"cancel {ticket}")

    def close(self, timeout_s: float = 10.0) -> bool:
        return True

    def last(self, kind: type) -> Any:
        return [r for r in (*self.submitted, *self.shown) if isinstance(r, kind)][-1]


class Heard:
    """Counts a session's signals by name."""

    NAMES = (
        "data model codes chart classes cursor decoded path strip lattice training busy engine "
        "settings history view"
    )

    def __init__(self, session: Session) -> None:
        self.counts = dict.fromkeys(self.NAMES.split(), 0)
        self.notices: list[Any] = []
        self.sheets: list[Any] = []
        self.rows: list[int] = []
        for name in self.counts:
            getattr(session, f"{name}_changed").connect(lambda name=name: self._count(name))
        session.notice.connect(self.notices.append)
        session.sheet_ready.connect(self.sheets.append)
        session.picture_ready.connect(self.rows.append)

    def _count(self, name: str) -> None:
        self.counts[name] += 1


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def session(qapp, engine: FakeEngine) -> Iterator[Session]:
    session = Session(engine)
    yield session
    session.close()
    session.deleteLater()
    qapp.sendPostedEvents(None, 0)


@pytest.fixture
def heard(session: Session) -> Heard:
    return Heard(session)


@pytest.fixture
def dataset() -> Dataset:
    labels = np.arange(6, dtype=np.int64) % 3
    return Dataset(
        "six",
        np.zeros((6, *SHAPE), np.uint8),
        "image",
        256,
        labels,
        ("a", "b", "c"),
        np.zeros(6, np.int8),
        DataSpec(source="six"),
        value_range=(0.0, 255.0),
        checksums={"six": "1"},
    )


@pytest.fixture
def info(dataset: Dataset) -> ModelInfo:
    return ModelInfo(
        "vae",
        ModelSpec(shape=SHAPE),
        data_name="six",
        data=dataset.source,
        checksums=dict(dataset.checksums),
        label_names=dataset.label_names,
    )


@pytest.fixture
def codes(dataset: Dataset) -> Codes:
    return make_codes(dataset)


def make_codes(dataset: Dataset, latent_dim: int = 2) -> Codes:
    z = np.random.default_rng(0).normal(size=(len(dataset), latent_dim)).astype(np.float32)
    plane = axes_plane(latent_dim)
    xy = plane.project(z).astype(np.float32)
    return Codes(z, xy, dataset.labels, dataset.split, plane, PointIndex(xy), 0.1)


@pytest.fixture
def opened(session: Session, info: ModelInfo, codes: Codes) -> Session:
    """A session with a model and its map, without data; the file's own label array."""
    own = replace(codes, labels=codes.labels.copy())
    session.apply(m.ModelOpened(0, info, own, None))
    session.apply(m.ModelReady(0, "cpu"))
    return session


TIMEOUT_MS = 60_000
MODEL = ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(32,)))
ENDLESS = TrainSpec(steps=10_000_000, batch_size=64, precision="float32", device="cpu")


class Window:
    """A program with digits open, and ways to look at it."""

    MODEL, ENDLESS = MODEL, ENDLESS

    def __init__(self, folder: Path, wait: Callable[..., None], source: str = "digits") -> None:
        self.folder = folder
        self.program = Program(
            device="cpu", settings_path=folder / "settings.json", runs_folder=folder / "runs"
        )
        self.session, self.window = self.program.session, self.program.window
        self.notices: list[Notice] = []
        self.session.notice.connect(self.notices.append)
        self._wait = wait
        self.window.show()
        self.program.start()
        if source:
            self.program.open(source)
            self.until(lambda: self.session.model is not None or self.session.dataset is not None)

    def until(self, true: Callable[[], object]) -> None:
        self._wait(lambda: bool(true()), timeout=TIMEOUT_MS)

    def train(self, train: TrainSpec = ENDLESS) -> Path:
        """Train until the first word of where it is; returns the run's folder."""
        self.session.train(MODEL, train)
        self.until(lambda: self.session.training.progress is not None)
        run = self.session.training.run
        assert run is not None
        return run

    def banner(self, action: str) -> Banner:
        def found() -> list[Banner]:
            return [b for b in self.window.notices.banners if b.notice.action == action]

        self.until(found)
        return found()[-1]

    def saved(self, path: Path, *, copy: bool = True) -> Path:
        """Save a project."""
        heard = []
        self.session.saved.connect(heard.append)
        self.session.project.save(path, copy=copy)
        self.until(lambda: heard)
        return path

    def reopened(self, path: Path) -> Session:
        """Open a project, and wait until all of it is back."""
        back = []
        self.session.project.came_back.connect(back.append)
        self.session.open_path(path)
        self.until(lambda: back)
        return self.session

    @property
    def step(self) -> int:
        progress = self.session.training.progress
        return progress.step if progress is not None else 0

    @staticmethod
    def whole(run: Path) -> int:
        """Generations that a run folder holds."""
        return len(list(run.glob("generation-*/manifest.json")))

    def goes_on(self) -> None:
        """Wait for a step after those that were told."""
        before = self.step
        self.until(lambda: self.step > before)


@pytest.fixture
def new_desk(qapp, qtbot, tmp_path, monkeypatch) -> Iterator[Callable[..., Window]]:
    monkeypatch.setattr(keeper, "CHECKPOINT_EVERY_S", 0.2)
    made: list[Window] = []

    def make(name: str = "home", source: str = "digits") -> Window:
        made.append(Window(tmp_path / name, qtbot.waitUntil, source))
        return made[-1]

    yield make
    for desk in made:
        assert desk.program.close()


@pytest.fixture
def desk(new_desk) -> Window:
    return new_desk()
