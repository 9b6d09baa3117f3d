"""What a training does, and what it says when something goes wrong."""

from __future__ import annotations

import errno
import os
import time

import numpy as np
import pytest
import torch

from latentlab.errors import LatentlabError, UsageError
from latentlab.files import Disk
from latentlab.models.build import build
from latentlab.specs import BetaVae, Elbo, RunConfig, TrainSpec, replace
from latentlab.training import keeper, stepper
from latentlab.training import trainer as trainers
from latentlab.training.objectives import Record, WeightedBound
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer

TRAIN = TrainSpec(epochs=4, batch_size=32, device="cpu", precision="float32", threads=1)


def finished(*args, **kwargs) -> Trainer:
    trainer = Trainer(*args, **kwargs)
    for _ in trainer:
        pass
    return trainer


def test_training_raises_the_held_out_bound(dataset, mlp):
    trainer = finished(dataset, mlp, replace(TRAIN, epochs=30, learning_rate=1e-2))
    first, last = trainer.history[0].held_out, trainer.history[-1].held_out
    assert trainer.outcome == "finished"
    assert last.bound_nats > first.bound_nats + 1
    assert last.bound_nats == pytest.approx(last.reconstruction_nats - last.kl_nats)
    assert last.loss == pytest.approx(-last.bound_nats)


def test_each_step_yields_and_each_epoch_reports(dataset, mlp):
    seen = list(Trainer(dataset, mlp, TRAIN))
    assert seen.count(None) == 23  # 180 training rows, batches of 32, 4 epochs
    assert [m.epoch for m in seen if m] == [1, 2, 3, 4]


def test_progress_tells_where_it_is(dataset, mlp):
    trainer = Trainer(dataset, mlp, replace(TRAIN, learning_rate_schedule="linear"))
    before = trainer.progress()
    assert (before.step, before.steps, before.train) == (0, 23, None)
    steps = iter(trainer)
    for _ in range(5):
        next(steps)
    at = trainer.progress()
    assert at.step == 5
    assert at.epoch == pytest.approx(5 * 32 / 180)
    assert at.images_per_s > 0
    assert at.left_s > 0
    assert at.learning_rate < before.learning_rate
    assert at.train.loss == pytest.approx(-at.train.bound_nats, rel=1e-5)


def test_a_stop_keeps_the_model_and_is_heard_within_one_batch(tmp_path, dataset, mlp):
    config = RunConfig(model=mlp, train=TRAIN, data=dataset.source)
    with Run.create(tmp_path / "run", config) as run:
        trainer = Trainer(dataset, mlp, TRAIN, run=run)
        steps = iter(trainer)
        for _ in range(7):
            next(steps)
        trainer.finish("stopped")
        assert list(steps) == []
        assert trainer.progress().step == 7 - 1  # the sixth yield was an epoch's metrics
        assert trainer.outcome == "stopped"
        assert run.newest().number == 1
        assert trainer.header().held_out is not None


def test_the_same_seed_gives_the_same_model_and_another_seed_another(dataset, mlp):
    weights = [
        finished(dataset, mlp, replace(TRAIN, epochs=1, seed=seed)).vae.state_dict()
        for seed in (1, 1, 2)
    ]
    same = [torch.equal(weights[0][name], weights[1][name]) for name in weights[0]]
    other = [torch.equal(weights[0][name], weights[2][name]) for name in weights[0]]
    assert all(same)
    assert not any(other)


def test_early_stopping_ends_with_the_best_weights(dataset, mlp):
    train = replace(
        TRAIN, epochs=100, early_stopping=3, learning_rate=0.05, learning_rate_schedule="constant"
    )
    trainer = finished(dataset, mlp, train)
    bounds = [m.held_out.bound_nats for m in trainer.history]
    assert trainer.outcome == "early"
    assert "3 epochs" in trainer.message
    assert all(m.held_out_kind == "validation" for m in trainer.history)
    assert max(bounds) not in bounds[-3:]
    assert trainer.held_out.bound_nats == pytest.approx(max(bounds))


def test_a_loss_that_is_no_number_stops_before_it_is_kept(tmp_path, dataset, mlp, monkeypatch):
    real, calls = WeightedBound.record, []

    def broken(self, batch):
        found = real(self, batch)
        if not self.vae.training:
            return found
        calls.append(None)
        bad = found.kl * (float("nan") if len(calls) == 13 else 0.0)
        return Record(found.loss + bad, found.reconstruction, found.kl + bad)

    monkeypatch.setattr(WeightedBound, "record", broken)
    monkeypatch.setattr(trainers, "CAPTURE_EVERY_S", 0.0)
    config = RunConfig(model=mlp, train=TRAIN, data=dataset.source)
    with Run.create(tmp_path / "run", config) as run:
        trainer = finished(dataset, mlp, TRAIN, run=run)
        kept = run.newest()
    assert trainer.outcome == "diverged"
    assert trainer.message == "The training diverged at step 13: the KL is not a number any more."
    assert trainer.progress().step == 12  # two epochs: the last good state
    assert b'"step": 12' in kept.state
    assert all(bool(w.isfinite().all()) for w in trainer.vae.state_dict().values())


def test_a_learning_rate_far_too_high_diverges_and_leaves_finite_weights(dataset, mlp):
    train = replace(TRAIN, learning_rate=10.0, epochs=30, learning_rate_schedule="constant")
    gaussian = replace(mlp, latent_dim=4)
    trainer = finished(dataset, gaussian, train)
    assert all(bool(w.isfinite().all()) for w in trainer.vae.state_dict().values())
    assert trainer.outcome in ("diverged", "finished")


def test_a_last_step_that_breaks_the_weights_ends_with_the_state_before_it(
    tmp_path, dataset, mlp, monkeypatch
):
    descend = stepper.Descent.step

    def breaking(self, learning_rate):
        descend(self, learning_rate)
        breaking.calls += 1
        if breaking.calls == 12:
            with torch.no_grad():
                next(iter(self.parameters.values())).fill_(float("nan"))

    breaking.calls = 0
    monkeypatch.setattr(stepper.Descent, "step", breaking)
    train = replace(TRAIN, steps=12)
    with Run.create(
        tmp_path / "run", RunConfig(model=mlp, train=train, data=dataset.source)
    ) as run:
        trainer = finished(dataset, mlp, train, run=run)
        run.newest()
    assert trainer.outcome == "diverged"
    assert "a weight is no number" in trainer.message
    assert all(bool(w.isfinite().all()) for w in trainer.vae.state_dict().values())
    assert trainer.header().held_out is None or trainer.header().held_out.bound_nats < 0


class FullDisk(Disk):
    full = False

    def write(self, descriptor, data):
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(descriptor, data)

    def append(self, path, data):
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().append(path, data)


def test_a_full_disk_warns_and_the_training_goes_on(tmp_path, dataset, mlp, monkeypatch):
    monkeypatch.setattr(keeper, "CHECKPOINT_EVERY_S", 0.0)
    disk, warnings = FullDisk(), []
    config = RunConfig(model=mlp, train=TRAIN, data=dataset.source)
    with Run.create(tmp_path / "run", config, disk=disk) as run:
        trainer = Trainer(dataset, mlp, TRAIN, run=run, warn=lambda *said: warnings.append(said))
        for metrics in trainer:
            if metrics:
                disk.full = metrics.epoch in (1, 2)
        assert trainer.outcome == "finished"
        assert [m.epoch for m in run.read_metrics()] == [1, 2, 3, 4]
        assert b'"step": 23' in run.newest().state
    *missed, last = warnings
    assert missed
    assert all("checkpoint could not be saved. The disk is full." in what for what, _, _ in missed)
    assert all("another place" in do for _, do, _ in missed)
    assert {about for _, _, about in missed} == {"checkpoint"}
    assert last == ("The checkpoint could be saved this time.", "", "saved")


def test_a_removed_folder_warns_and_another_place_can_be_given(tmp_path, dataset, mlp):
    warnings: list[str] = []
    config = RunConfig(model=mlp, train=TRAIN, data=dataset.source)
    with Run.create(tmp_path / "run", config) as run:
        trainer = Trainer(dataset, mlp, TRAIN, run=run, warn=lambda what, *_: warnings.append(what))
        steps = iter(trainer)
        for _ in range(9):
            next(steps)
        run.path.rename(tmp_path / "gone")
        trainer.checkpoint()
        assert len(warnings) == 1
        assert "not there" in warnings[0]
        with Run.create(tmp_path / "other", config) as other:
            trainer.move_to(other)
            for _ in steps:
                pass
            assert [m.epoch for m in other.read_metrics()] == [1, 2, 3, 4]
            assert other.config.train.steps == 23
            assert b'"step": 23' in other.newest().state


def test_only_the_chosen_classes_are_trained_on(dataset, mlp):
    trainer = Trainer(dataset, mlp, replace(TRAIN, classes=(0, 2)))
    learned = np.isin(dataset.labels[dataset.rows("train")], (0, 2)).sum()
    assert trainer.plan.rows == learned
    with pytest.raises(UsageError, match="no row to train on"):
        Trainer(dataset, mlp, replace(TRAIN, classes=(7,)))


def test_a_warm_start_begins_with_the_given_weights_and_leaves_them_alone(dataset, mlp):
    initial = build(mlp, seed=99)
    before = {n: t.clone() for n, t in initial.state_dict().items()}
    trainer = Trainer(dataset, mlp, TRAIN, initial=initial)
    assert all(torch.equal(before[n], t) for n, t in trainer.vae.state_dict().items())
    for _ in trainer:
        pass
    assert all(torch.equal(before[n], t) for n, t in initial.state_dict().items())


def test_a_warm_start_of_another_model_is_refused(dataset, mlp):
    with pytest.raises(UsageError, match="built differently"):
        Trainer(dataset, mlp, TRAIN, initial=build(replace(mlp, latent_dim=5)))


def test_data_of_another_shape_are_refused(dataset, mlp):
    with pytest.raises(UsageError, match="takes data of shape"):
        Trainer(dataset, replace(mlp, shape=(1, 7, 7)), TRAIN)


def out_of_memory_until(size: int, monkeypatch) -> None:
    """Let every batch larger than `size` fail as a full GPU does."""
    real = stepper.Stepper.step

    def step(self, batch, *args, **kwargs):
        if len(batch.x) > size:
            raise torch.OutOfMemoryError("no memory")
        return real(self, batch, *args, **kwargs)

    monkeypatch.setattr(stepper.Stepper, "step", step)


def test_a_full_memory_halves_the_batch_and_sees_as_many_rows(dataset, mlp, monkeypatch):
    out_of_memory_until(10, monkeypatch)
    warnings: list[str] = []
    trainer = finished(dataset, mlp, TRAIN, warn=lambda what, *_: warnings.append(what))
    assert trainer.outcome == "finished"
    assert [w.split(": ")[1] for w in warnings] == ["the batch is 16 now.", "the batch is 8 now."]
    at = trainer.progress()
    assert at.steps == at.step == 92  # 23 steps of 32 are 92 of 8
    assert at.epoch >= 4


def test_a_memory_too_small_for_a_sixteenth_of_the_batch_is_said(dataset, mlp, monkeypatch):
    out_of_memory_until(1, monkeypatch)
    trainer = Trainer(dataset, mlp, TRAIN)
    with pytest.raises(LatentlabError, match="not enough memory"):
        list(trainer)
    assert trainer.outcome == "failed"


def test_the_probe_halves_the_batch_too(dataset, mlp, monkeypatch):
    out_of_memory_until(8, monkeypatch)
    trainer = Trainer(dataset, mlp, replace(TRAIN, precision="auto"))
    assert trainer.plan.batch_size == 8


def test_the_plan_is_recorded_in_the_config(tmp_path, dataset, mlp):
    train = replace(TRAIN, precision="auto", batch_size=5000)
    config = RunConfig(model=mlp, train=train, data=dataset.source)
    with Run.create(tmp_path / "run", config) as run:
        trainer = Trainer(dataset, mlp, train, run=run)
        exact = run.config.train
    assert exact == trainer.config.train
    assert (exact.steps, exact.batch_size) == (4, 180)
    assert exact.threads == trainer.plan.threads
    assert exact.precision == trainer.plan.precision
    assert trainer.config.checksums == dict(dataset.checksums)
    assert trainer.config.versions["torch"] == torch.__version__


def test_a_time_limit_that_is_nearly_over_still_makes_a_step(dataset, mlp):
    trainer = finished(dataset, mlp, replace(TRAIN, time_limit_s=1e-3))
    assert trainer.plan.steps == 1
    assert trainer.outcome in ("finished", "stopped")


def test_a_day_so_slow_that_the_limit_went_into_getting_ready_still_learns(dataset, mlp):
    long_ago_s = time.perf_counter() - 60
    trainer = finished(dataset, mlp, replace(TRAIN, time_limit_s=0.2), started_s=long_ago_s)
    assert trainer.plan.steps > 1
    assert trainer.progress().step > 1


def test_an_overrun_time_limit_stops_and_says_so(dataset, mlp):
    train = replace(TRAIN, steps=10**9, time_limit_s=0.2)
    trainer = finished(dataset, mlp, train)
    assert trainer.outcome == "stopped"
    assert "can be resumed" in trainer.message


@pytest.mark.parametrize("objective", [Elbo(samples=3), BetaVae(beta=4.0, schedule="linear")])
@pytest.mark.parametrize("binarize", ["none", "static", "dynamic"])
def test_objectives_and_binarisations_train(dataset, mlp, objective, binarize):
    trainer = finished(dataset, mlp, replace(TRAIN, objective=objective, binarize=binarize))
    last = trainer.history[-1]
    assert np.isfinite(last.held_out.bound_nats)
    assert last.beta == pytest.approx(4.0 if isinstance(objective, BetaVae) else 1.0)


def test_float_rows_train_like_byte_rows(dataset, mlp):
    whole = dataset
    floats = type(whole)(
        **{
            **{f: getattr(whole, f) for f in whole.__slots__},
            "x": whole.inputs(np.arange(len(whole))).copy(),
            "value_range": (0.0, 1.0),
        }
    )
    spec = replace(TRAIN, epochs=1)
    a, b = (finished(data, mlp, spec).vae.state_dict() for data in (whole, floats))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_the_header_says_what_a_model_file_needs(dataset, mlp):
    trainer = finished(dataset, mlp, TRAIN)
    header = trainer.header()
    assert header.model == mlp
    assert header.train == trainer.config.train
    assert header.label_names == dataset.label_names
    assert header.epochs == pytest.approx(23 * 32 / 180)
    assert header.held_out.bound_nats == trainer.held_out.bound_nats
