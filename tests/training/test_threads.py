"""The guard against threads that wait for each other."""

from __future__ import annotations

import pytest
import torch

from latentlab.specs import Conv, RunConfig, TrainSpec, replace
from latentlab.training.runs import Run
from latentlab.training.threads import ThreadGuard
from latentlab.training.trainer import Trainer


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_a_storm_leaves_one_thread():
    guard = ThreadGuard(active=True)
    for _ in range(1000):
        guard.note(0.003)
    assert torch.get_num_threads() == 2
    for _ in range(20):
        guard.note(0.2)
    assert torch.get_num_threads() == 1


@pytest.mark.usefixtures("two_threads")
def test_one_slow_step_among_many_is_no_storm():
    guard = ThreadGuard(active=True)
    for step in range(2000):
        guard.note(0.3 if step == 900 else 0.003)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_a_number_of_threads_that_was_asked_for_stays():
    guard = ThreadGuard(active=False)
    for _ in range(3):
        with guard:
            pass
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_letting_threads_go_is_said_and_recorded(tmp_path, dataset, mlp):
    heard = []
    train = TrainSpec(steps=4, device="cpu", precision="float32")
    with Run.create(
        tmp_path / "run", RunConfig(model=mlp, train=train, data=dataset.source)
    ) as run:
        trainer = Trainer(dataset, mlp, train, run=run, warn=lambda what, *_: heard.append(what))
        next(iter(trainer))
        assert run.config.train.threads == 2
        trainer._guard.note(1.1)
        trainer._guard.note(1.1 * 9)
        assert torch.get_num_threads() == 1
        trainer.finish("stopped")
    assert heard == ["The computer is busy: training goes on with one thread from step 2."]
    assert Run.open(tmp_path / "run").config.train.threads == 1 == trainer.config.train.threads


@pytest.mark.usefixtures("two_threads")
def test_a_training_leaves_the_threads_as_it_found_them(dataset, mlp):
    for _ in Trainer(dataset, mlp, TrainSpec(steps=3, threads=1, device="cpu")):
        pass
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_mlps_weights_do_not_depend_on_the_number_of_threads(dataset, mlp, precision):
    weights = []
    for threads in (1, 2):
        train = TrainSpec(steps=12, threads=threads, device="cpu", precision=precision)
        trainer = Trainer(dataset, mlp, train)
        for _ in trainer:
            pass
        weights.append(trainer.vae.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.usefixtures("two_threads")
def test_a_core_is_left_to_the_hand_and_taken_back(dataset, mlp):
    plain = Trainer(dataset, mlp, TrainSpec(steps=12, device="cpu", precision="float32"))
    if plain.plan.threads == 1:
        pytest.skip("on this computer one thread was measured to be twice as fast as two")
    weights = []
    for yields in (False, True):
        trainer = Trainer(dataset, mlp, TrainSpec(steps=12, device="cpu", precision="float32"))
        for step, _ in enumerate(trainer):
            on = yields and step % 4 < 2
            trainer.yield_core(on)
            assert torch.get_num_threads() == (1 if on else trainer.plan.threads)
        weights.append(trainer.vae.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.usefixtures("two_threads")
def test_threads_that_were_asked_for_are_not_left(dataset, mlp):
    trainer = Trainer(dataset, mlp, TrainSpec(steps=3, threads=2, device="cpu"))
    for _ in trainer:
        trainer.yield_core(True)
        assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("convolves", [False, True])
def test_a_run_says_from_which_step_other_threads_took_its_sums(tmp_path, dataset, mlp, convolves):
    """A convolutional network's last bits depend on them, an MLP's do not."""
    conv = replace(mlp, network=Conv(channels=(4,), hidden=8))
    train = TrainSpec(steps=4, device="cpu", precision="float32")
    config = RunConfig(model=mlp, train=train, data=dataset.source)
    with Run.create(tmp_path / "run", config) as run:
        trainer = Trainer(dataset, conv if convolves else mlp, train, run=run)
        for count, _ in enumerate(trainer, 1):
            if count in (2, 3):
                trainer.yield_core(count == 2)
    recorded = Run.open(tmp_path / "run", read_only=True).config.threads_changed
    assert recorded == (2 if convolves else None)
