"""A training in the work lane, from the first step to the thread's end."""

from __future__ import annotations

import time

import numpy as np

from latentlab.engine.engine import Engine
from latentlab.engine.messages import (
    Cancelled,
    Decode,
    Decoded,
    Embedded,
    EngineReady,
    EpochEnded,
    Failed,
    Progressed,
    Rechart,
    Reconstruct,
    Reconstructed,
    Sample,
    Sampled,
    Saved,
    SaveModel,
    Train,
    Trained,
    TrainingStarted,
)
from latentlab.engine.values import ChartSpec
from latentlab.models.files import read_model_file
from latentlab.specs import ModelSpec, replace
from latentlab.training.runs import Run


def test_a_training_tells_its_story_in_order(engine, events, data, model, short):
    engine.submit(Train(1, data, model, short))
    events.wait(Trained)
    kinds = [type(e) for e in events.events if type(e) is not EngineReady]
    kinds = kinds[kinds.index(TrainingStarted) :]
    assert kinds[1] is Embedded  # the untrained map, at once
    assert kinds[-1] is Trained
    assert {Progressed, EpochEnded} <= set(kinds)
    started, trained = events.of(TrainingStarted)[0], events.of(Trained)[0]
    assert (started.steps, started.device) == (40, "cpu")
    assert trained.outcome == "finished"
    assert trained.info.held_out is not None
    assert trained.info.label_names == data.label_names
    assert events.of(Progressed)[-1].progress.step == 40
    first, last = events.of(Embedded)[0], events.of(Embedded)[-1]
    assert first.step == 0
    assert last.step is None
    assert first.codes.z.shape == last.codes.z.shape == (400, 2)
    assert not np.allclose(first.codes.z, last.codes.z)
    assert last.codes.labels is data.labels
    assert not events.of(Failed)


def test_stop_acts_within_a_batch_and_keeps_the_model(engine, events, data, model, endless):
    engine.submit(Train(1, data, model, endless))
    events.wait(Progressed, count=3)
    before = events.of(Progressed)[-1].progress.step
    asked_s = time.perf_counter()
    engine.stop_training()
    trained = events.wait(Trained)
    took_s = time.perf_counter() - asked_s
    rate = before / max(events.of(Progressed)[-1].progress.elapsed_s, 1e-3)
    assert trained.outcome == "stopped"
    events.wait_until(lambda seen: isinstance(seen[-1], Embedded) and seen[-1].step is None)
    assert events.of(Progressed)[-1].progress.step - before <= rate * took_s + 0.1 * rate + 50
    engine.submit(Sample(2, 5, 0))
    assert events.wait(Sampled).images.shape == (5, 8, 8)


def test_the_step_after_stop_is_the_last(events, data, model, endless, monkeypatch):
    """Counted, not timed: of all the steps none comes after the flag was seen."""
    from latentlab.training.trainer import Trainer

    engine = Engine(events, device="cpu")
    steps = []
    original = Trainer._make_step

    def counted(self):
        ended = original(self)
        steps.append(self._course.step)
        if self._course.step == 7:
            engine.stop_training()
        return ended

    monkeypatch.setattr(Trainer, "_make_step", counted)
    engine.start()
    engine.submit(Train(1, data, model, endless))
    events.wait(Trained)
    assert engine.close()
    assert steps[-1] == 7


def test_a_paused_training_holds_and_serves_until_it_goes_on(engine, events, data, model, endless):
    engine.submit(Train(1, data, model, endless))
    events.wait(Progressed, count=2)
    engine.pause_training()
    events.wait_until(lambda seen: any(isinstance(e, Progressed) and e.paused for e in seen))
    held = events.of(Progressed)[-1].progress.step
    engine.submit(Sample(2, 3, 0))
    events.wait(Sampled)
    time.sleep(0.2)
    assert events.of(Progressed)[-1].progress.step == held
    engine.resume_training()
    events.wait_until(
        lambda seen: any(isinstance(e, Progressed) and e.progress.step > held for e in seen)
    )
    engine.stop_training()
    assert events.wait(Trained).outcome == "stopped"


def test_quick_requests_are_answered_between_two_steps(
    engine, events, data, model, endless, tmp_path
):
    engine.submit(Train(1, data, model, endless))
    codes = events.wait(Embedded).codes
    engine.submit(Sample(2, 4, 0))
    engine.submit(Reconstruct(3, data, (0, 7), samples=3))
    engine.submit(Rechart(4, codes, ChartSpec("principal")))
    engine.submit(SaveModel(5, tmp_path / "m.safetensors", codes))
    events.wait(Sampled)
    answer = events.wait(Reconstructed)
    assert answer.samples.shape == (2, 3, 8, 8)
    assert (answer.originals[1] == data.picture(7)).all()
    assert events.wait(Embedded, 4).codes.plane.names == ("PC1", "PC2")
    events.wait(Saved)
    assert not events.of(Trained)
    later = len(events.of(Embedded, 1))
    events.wait(Embedded, 1, count=later + 1)
    assert events.of(Embedded, 1)[-1].codes.plane.names == ("PC1", "PC2")
    engine.stop_training()
    events.wait(Trained)


def test_decodes_follow_the_weights_while_they_are_learned(engine, events, data, model, endless):
    engine.submit(Train(1, data, replace(model, latent_dim=2), endless))
    events.wait(TrainingStarted)
    engine.show(Decode(2, np.asarray([1.5, 1.5]), 0.0))
    first = events.wait(Decoded, 2).image.copy()
    events.wait(Progressed, count=20)
    engine.show(Decode(3, np.asarray([1.5, 1.5]), 0.0))
    second = events.wait(Decoded, 3)
    assert second.source == "model"
    assert second.nearest_row >= 0
    assert (second.image != first).any()
    engine.stop_training()
    events.wait(Trained)


def test_messages_come_at_most_twenty_times_a_second(engine, events, data, model, endless):
    began_s = time.perf_counter()
    engine.submit(Train(1, data, model, replace(endless, batch_size=320)))  # a step is an epoch
    events.wait(Progressed, count=20)
    engine.stop_training()
    trained = events.wait(Trained)
    span_s = time.perf_counter() - began_s
    assert len(events.of(Progressed)) <= 20 * span_s + 3  # the first, the last, and a fraction
    assert len(events.of(EpochEnded)) <= 20 * span_s + 3
    epochs = [m.epoch for e in events.of(EpochEnded) for m in (*e.earlier, e.metrics)]
    assert epochs == list(range(1, len(epochs) + 1))
    assert epochs[-1] >= int(trained.info.epochs) - 1  # a stop may come before its figures


def test_drags_draw_nothing_from_the_trainings_noise(recorder, data, model, short, tmp_path):
    # Same seed, with and without drags: the same bytes.
    results = []
    for drag in (False, True):
        events = recorder()
        engine = Engine(events, device="cpu")
        engine.start()
        engine.submit(Train(1, data, model, short))
        if drag:
            for ticket in range(200):
                engine.show(Decode(ticket, np.asarray([0.0, ticket / 100]), 0.0))
                time.sleep(0.001)
        events.wait(Trained)
        engine.submit(SaveModel(2, tmp_path / "m.safetensors", None))
        events.wait(Saved)
        results.append(read_model_file(tmp_path / "m.safetensors").weights)
        assert engine.close()
    for name, array in results[0].items():
        assert (array == results[1][name]).all()


def test_a_training_that_waits_in_line_is_called_off_by_stop(engine, events, data, model, endless):
    engine.submit(Train(1, data, model, endless))
    events.wait(TrainingStarted)
    engine.submit(Train(2, data, model, endless))
    engine.stop_training()
    events.wait(Trained, 1)
    events.wait(Cancelled, 2)


def test_what_can_not_be_trained_fails_with_a_sentence_and_the_lane_lives(
    engine, events, data, short
):
    engine.submit(Train(1, data, ModelSpec(shape=(1, 9, 9)), short))
    fault = events.wait(Failed, 1)
    assert fault.request == "Train"
    assert "shape" in fault.what
    engine.submit(Sample(2, 1, 0))
    assert "No model" in events.wait(Failed, 2).what


def test_a_fault_inside_a_step_is_an_answer_and_the_next_training_runs(
    engine, events, data, model, short, monkeypatch
):
    from latentlab.training.trainer import Trainer

    original = Trainer._make_step

    def faulty(self):
        if self._course.step == 5:
            raise RuntimeError("boom")
        return original(self)

    monkeypatch.setattr(Trainer, "_make_step", faulty)
    engine.submit(Train(1, data, model, short))
    fault = events.wait(Failed, 1)
    assert "boom" in fault.what
    assert "faulty" in fault.trace
    monkeypatch.setattr(Trainer, "_make_step", original)
    engine.submit(Train(2, data, model, short))
    assert events.wait(Trained, 2).outcome == "finished"


def test_closing_writes_the_last_checkpoint_and_the_run_can_go_on(
    events, recorder, data, model, endless, tmp_path
):
    run = tmp_path / "run"
    engine = Engine(events, device="cpu")
    engine.start()
    engine.submit(Train(1, data, model, endless, run=run))
    events.wait(Progressed, count=4)
    assert engine.close(30)
    step = events.of(Progressed)[-1].progress.step
    with Run.open(run) as left:
        left.newest()

    again = recorder()
    engine = Engine(again, device="cpu")
    engine.start()
    engine.submit(Train(2, data, model, endless, run=run, resume=True))
    assert again.wait(Progressed).progress.step >= step
    assert engine.close(30)


def test_fifty_trainings_are_started_and_stopped(engine, events, data, model, endless):
    for ticket in range(1, 51):
        engine.submit(Train(ticket, data, model, endless))
        if ticket % 3:
            events.wait(TrainingStarted, ticket)
        engine.stop_training()
        events.wait_until(
            lambda seen, ticket=ticket: any(
                isinstance(e, Trained | Cancelled) and e.ticket == ticket for e in seen
            )
        )
    assert not events.of(Failed)
