"""Recorders, and a check that no thread outlives a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import pytest

from latentlab.data.dataset import Dataset
from latentlab.engine.engine import Engine
from latentlab.specs import DataSpec, Mlp, ModelSpec, TrainSpec

E = TypeVar("E")
PATIENCE_S = 30.0


class Recorder:
    """A list of events that a test can wait on."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.threads: set[str] = set()
        self._changed = threading.Condition()

    def __call__(self, event: Any) -> None:
        with self._changed:
            self.events.append(event)
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def of(self, kind: type[E], ticket: int | None = None) -> list[E]:
        with self._changed:
            return [
                e
                for e in self.events
                if isinstance(e, kind) and (ticket is None or e.ticket == ticket)
            ]

    def wait(self, kind: type[E], ticket: int | None = None, count: int = 1) -> E:
        """The newest event of a kind, once there are `count`."""
        with self._changed:
            arrived = self._changed.wait_for(
                lambda: len(self.of_unlocked(kind, ticket)) >= count, PATIENCE_S
            )
        assert arrived, f"no {kind.__name__}; there were {self.events[-5:]}"
        return self.of(kind, ticket)[-1]

    def of_unlocked(self, kind: type[E], ticket: int | None) -> list[E]:
        return [
            e for e in self.events if isinstance(e, kind) and (ticket is None or e.ticket == ticket)
        ]

    def wait_until(self, true: Callable[[list[Any]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: true(self.events), PATIENCE_S)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    until_s = time.monotonic() + 10
    while (left := set(threading.enumerate()) - before) and time.monotonic() < until_s:
        time.sleep(0.01)
    assert not {t.name for t in left if not t.daemon}


@pytest.fixture
def events() -> Recorder:
    return Recorder()


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def engine(events: Recorder) -> Iterator[Engine]:
    engine = Engine(events, device="cpu")
    engine.start()
    yield engine
    assert engine.close()


@pytest.fixture(scope="session")
def data() -> Dataset:
    """Four classes of bars, easy to learn: 400 pictures of 8 x 8."""
    source = np.random.default_rng(0)
    labels = np.arange(400, dtype=np.int64) % 4
    x = source.integers(0, 3, (400, 1, 8, 8)).astype(np.uint8)
    for row, label in enumerate(labels):
        x[row, 0, 2 * label : 2 * label + 2] += 14
    return Dataset(
        "bars",
        x,
        "image",
        17,
        labels,
        ("one", "two", "three", "four"),
        (np.arange(400) % 5 == 0).astype(np.int8),
        DataSpec(source="bars"),
        value_range=(0.0, 16.0),
        checksums={"bars": "0"},
    )


@pytest.fixture
def model() -> ModelSpec:
    return ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(32,)))


@pytest.fixture
def short() -> TrainSpec:
    return TrainSpec(steps=40, batch_size=64, precision="float32", device="cpu")


@pytest.fixture
def endless() -> TrainSpec:
    return TrainSpec(steps=10_000_000, batch_size=32, precision="float32", device="cpu")
