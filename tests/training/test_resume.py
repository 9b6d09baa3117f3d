"""A run that was interrupted ends with the same bytes as one that was not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from latentlab.errors import RefusedError, UsageError
from latentlab.specs import BetaVae, RunConfig, TrainSpec, replace
from latentlab.training import captures, keeper
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer

INTERRUPTS = int(os.environ.get("LATENTLAB_INTERRUPTS", "12"))

PLAIN = TrainSpec(
    steps=60, batch_size=32, device="cpu", precision="float32", binarize="dynamic", threads=1
)
RICH = replace(
    PLAIN,
    objective=BetaVae(beta=2.0, schedule="cyclical", samples=2),
    binarize="static",
    warmup_steps=5,
    learning_rate_schedule="linear",
)


def new_run(path, model, train, dataset) -> Run:
    config = RunConfig(model=model, train=train, data=dataset.source)
    return Run.create(path, config)


def weights(trainer: Trainer) -> dict[str, bytes]:
    return {n: t.numpy().tobytes() for n, t in trainer.vae.state_dict().items()}


def uninterrupted(dataset, model, train) -> Trainer:
    trainer = Trainer(dataset, model, train)
    for _ in trainer:
        pass
    return trainer


def interrupted(path, dataset, model, train, stops) -> Trainer:
    """Train, stopping after each number of steps in `stops` and opening the run anew."""
    run = new_run(path, model, train, dataset)
    resume = False
    for stop in (*stops, None):
        trainer = Trainer(dataset, model, train, run=run, resume=resume)
        made = 0
        for metrics in trainer:
            made += metrics is None
            if made == stop:
                break
        trainer.finish("stopped" if stop else trainer.outcome)
        run.close()
        run, resume = Run.open(path), True
    run.close()
    return trainer


@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_interrupts_leave_no_trace_in_the_final_weights(tmp_path, dataset, kind, request):
    model = request.getfixturevalue(kind)
    train = PLAIN if kind == "mlp" else RICH
    whole = uninterrupted(dataset, model, train)
    stops = [1 + (7 * k) % 5 for k in range(INTERRUPTS)]
    pieces = interrupted(tmp_path / "run", dataset, model, train, stops)
    assert pieces.outcome == "finished"
    assert weights(pieces) == weights(whole)
    assert [m.step for m in pieces.history] == [m.step for m in whole.history]
    assert [m.train for m in pieces.history] == [m.train for m in whole.history]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_single_step_can_be_the_interrupt(tmp_path, dataset, mlp, precision):
    train = replace(PLAIN, steps=18, precision=precision)
    whole = uninterrupted(dataset, mlp, train)
    pieces = interrupted(tmp_path / "run", dataset, mlp, train, [1] * 17)
    assert weights(pieces) == weights(whole)


def test_early_stopping_resumes_to_the_same_end(tmp_path, dataset, mlp):
    train = replace(
        PLAIN, steps=400, early_stopping=2, learning_rate=0.03, learning_rate_schedule="constant"
    )
    whole = uninterrupted(dataset, mlp, train)
    assert whole.outcome == "early"
    pieces = interrupted(tmp_path / "run", dataset, mlp, train, [5, 1, 4, 6, 1, 1, 12])
    assert (pieces.outcome, pieces.message) == (whole.outcome, whole.message)
    assert weights(pieces) == weights(whole)
    assert pieces.history[-1].step == whole.history[-1].step


def test_without_the_generators_state_the_weights_differ(tmp_path, dataset, mlp, monkeypatch):
    whole = uninterrupted(dataset, mlp, PLAIN)

    def forgetful(capture, stepper, noise):
        fresh = torch.Generator().manual_seed(0)
        return captures_put_back(capture, stepper, fresh)

    captures_put_back = captures.put_back
    monkeypatch.setattr(captures, "put_back", forgetful)
    pieces = interrupted(tmp_path / "run", dataset, mlp, PLAIN, [9])
    assert weights(pieces) != weights(whole)


def test_without_the_optimisers_state_the_weights_differ(tmp_path, dataset, mlp, monkeypatch):
    whole = uninterrupted(dataset, mlp, PLAIN)

    def forgetful(capture, stepper, noise):
        best = captures_put_back(capture, stepper, noise)
        for descent in stepper.descents:
            descent.optimiser.state.clear()
        return best

    captures_put_back = captures.put_back
    monkeypatch.setattr(captures, "put_back", forgetful)
    pieces = interrupted(tmp_path / "run", dataset, mlp, PLAIN, [9])
    assert weights(pieces) != weights(whole)


def test_a_training_draws_nothing_from_the_global_generator(dataset, mlp):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    uninterrupted(dataset, mlp, replace(PLAIN, steps=8, precision="auto"))
    assert torch.equal(before, torch.get_rng_state())


def test_what_its_caller_draws_does_not_change_a_training(dataset, mlp):
    trainer = Trainer(dataset, mlp, PLAIN)
    for _ in trainer:
        torch.rand(3)
        trainer.progress()
        trainer.snapshot()
    assert weights(trainer) == weights(uninterrupted(dataset, mlp, PLAIN))


def test_a_time_limit_becomes_steps_that_repeat_the_run(tmp_path, dataset, mlp):
    train = replace(PLAIN, steps=None, time_limit_s=0.3, precision="auto")
    pieces = interrupted(tmp_path / "run", dataset, mlp, train, [20])
    recorded = Run.open(tmp_path / "run", read_only=True).config.train
    assert recorded.steps == pieces.progress().step
    assert (recorded.threads, recorded.device) == (1, "cpu")
    assert recorded.precision in ("float32", "bfloat16")
    # The steps are what the limit came to: on a busy machine it must not cut them again.
    repeated = replace(recorded, time_limit_s=None)
    assert weights(pieces) == weights(uninterrupted(dataset, mlp, repeated))


def test_a_run_that_died_before_its_first_checkpoint_starts_again(tmp_path, dataset, mlp):
    run = new_run(tmp_path / "run", mlp, PLAIN, dataset)
    trainer = Trainer(dataset, mlp, PLAIN, run=run)
    next(iter(trainer))
    run.close()  # no finish: as a crash leaves it
    again = Trainer(dataset, mlp, PLAIN, run=Run.open(tmp_path / "run"), resume=True)
    for _ in again:
        pass
    assert weights(again) == weights(uninterrupted(dataset, mlp, PLAIN))


@pytest.mark.parametrize(("first_s", "every_s", "written"), [(0.0, 1e9, 1), (1e9, 0.0, 3)])
def test_a_checkpoint_comes_soon_and_within_a_long_epoch(
    tmp_path, dataset, mlp, monkeypatch, first_s, every_s, written
):
    monkeypatch.setattr(keeper, "FIRST_S", first_s)
    monkeypatch.setattr(keeper, "CHECKPOINT_EVERY_S", every_s)
    run = new_run(tmp_path / "run", mlp, PLAIN, dataset)
    trainer = Trainer(dataset, mlp, PLAIN, run=run)
    assert trainer.plan.steps_per_epoch > 3
    steps = iter(trainer)
    for _ in range(3):
        next(steps)
    run.close()  # no finish: as a crash leaves it
    run = Run.open(tmp_path / "run")
    assert len(run.generations()) == written
    again = Trainer(dataset, mlp, PLAIN, run=run, resume=True)
    assert again.progress().step == (1 if written == 1 else 3)
    for _ in again:
        pass
    assert weights(again) == weights(uninterrupted(dataset, mlp, PLAIN))


CRASH = """
import sys, os, signal
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import blobs
from latentlab.specs import *
from latentlab.training import keeper
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer
keeper.CHECKPOINT_EVERY_S = 0.0
run = Run.open(Path(sys.argv[1]))
for made, _ in enumerate(Trainer(blobs(), run.config.model, run.config.train, run=run)):
    if made == 40:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_was_killed_ends_with_the_same_bytes(tmp_path, dataset, mlp):
    new_run(tmp_path / "run", mlp, PLAIN, dataset).close()
    here = os.path.dirname(__file__)  # noqa: PTH120
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CRASH, str(tmp_path / "run"), here]
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    with Run.open(tmp_path / "run") as run:
        assert run.generations()
        trainer = Trainer(dataset, mlp, PLAIN, run=run, resume=True)
        assert 0 < trainer.progress().step <= 40
        for _ in trainer:
            pass
        steps = [m.step for m in run.read_metrics()]
    assert weights(trainer) == weights(uninterrupted(dataset, mlp, PLAIN))
    assert steps == sorted(set(steps))


def test_a_finished_run_has_nothing_left_to_do(tmp_path, dataset, mlp):
    first = interrupted(tmp_path / "run", dataset, mlp, PLAIN, [])
    with Run.open(tmp_path / "run") as run:
        again = Trainer(dataset, mlp, PLAIN, run=run, resume=True)
        assert list(again) == []
        assert again.outcome == "finished"
        assert weights(again) == weights(first)
        assert again.header().held_out == first.header().held_out


def test_other_data_are_refused(tmp_path, dataset, mlp):
    run = new_run(tmp_path / "run", mlp, PLAIN, dataset)
    run.save_config(replace(run.config, checksums={"blobs": "1" * 64}))
    with pytest.raises(RefusedError, match="data have changed"):
        Trainer(dataset, mlp, PLAIN, run=run, resume=True)


def test_a_checkpoint_of_another_model_is_refused(tmp_path, dataset, mlp, conv):
    interrupted(tmp_path / "run", dataset, mlp, PLAIN, [3])
    with Run.open(tmp_path / "run") as run:
        run.save_config(replace(run.config, model=conv))
        with pytest.raises(RefusedError, match="another model"):
            Trainer(dataset, mlp, PLAIN, run=run, resume=True)


def test_there_must_be_a_run_to_resume(dataset, mlp):
    with pytest.raises(UsageError, match="no run to resume"):
        Trainer(dataset, mlp, PLAIN, resume=True)
