"""The CUDA path: the same results as on the CPU, and a live lane that answers while it trains."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from latentlab.data.dataset import Dataset
from latentlab.data.open import open_dataset
from latentlab.engine.engine import Engine
from latentlab.engine.messages import Decode, Decoded, Event, Failed, Train, Trained
from latentlab.models.model import Model
from latentlab.specs import Conv, DataSpec, Diagonal, FullCovariance, Mlp, ModelSpec, TrainSpec
from latentlab.training.trainer import Trainer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_dataset(DataSpec(source="digits"))


def trained(dataset: Dataset, model: ModelSpec, **changes: object) -> Trainer:
    train = TrainSpec(device="cuda", epochs=20, batch_size=64, **changes)  # type: ignore[arg-type]
    trainer = Trainer(dataset, model, train)
    for _ in trainer:
        pass
    return trainer


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
@pytest.mark.parametrize("network", [Mlp(hidden=(128,)), Conv(channels=(16, 32), hidden=64)])
def test_a_model_learns_on_cuda(digits, network, precision):
    trainer = trained(digits, ModelSpec(shape=(1, 8, 8), network=network), precision=precision)
    assert trainer.device.type == "cuda"
    assert trainer.outcome == "finished"
    first, last = trainer.history[0].train, trainer.history[-1].train
    assert last.bound_nats > first.bound_nats + 1


@pytest.mark.parametrize("posterior", [Diagonal(), FullCovariance()])
def test_cuda_and_the_cpu_encode_and_decode_alike(digits, posterior):
    trainer = trained(digits, ModelSpec(shape=(1, 8, 8), posterior=posterior))
    on_gpu = Model(trainer.vae, trainer.header())
    on_cpu = Model.from_file(on_gpu.to_file())
    x = digits.inputs(np.arange(200))
    z = on_cpu.encode(x)
    np.testing.assert_allclose(on_gpu.encode(x), z, atol=2e-2)
    np.testing.assert_allclose(on_gpu.decode(z), on_cpu.decode(z), atol=2e-2)


@pytest.fixture
def engine() -> Iterator[tuple[Engine, list[Event]]]:
    events: list[Event] = []
    engine = Engine(events.append, device="cuda")
    engine.start()
    yield engine, events
    assert engine.close(30)


def test_the_live_lane_answers_while_a_model_trains_on_cuda(digits, engine):
    lanes, events = engine
    model = ModelSpec(shape=(1, 8, 8), network=Conv(channels=(32, 64), hidden=128))
    lanes.submit(Train(1, digits, model, TrainSpec(device="cuda", epochs=100_000)))
    end = time.monotonic() + 60
    asked = 0
    while time.monotonic() < end and sum(isinstance(e, Decoded) for e in events) < 100:
        asked += 1
        lanes.show(Decode(asked, np.random.default_rng(asked).normal(size=2), time.perf_counter()))
        time.sleep(1 / 60)
    lanes.stop_training()
    while time.monotonic() < end and not any(isinstance(e, Trained) for e in events):
        time.sleep(0.05)
    decoded = [e for e in events if isinstance(e, Decoded)]
    assert not [e for e in events if isinstance(e, Failed)]
    assert len(decoded) >= 100
    assert all(e.image.shape == (8, 8) for e in decoded)
    assert [e.ticket for e in decoded] == sorted(e.ticket for e in decoded)
