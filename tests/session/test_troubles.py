"""What goes wrong while a model trains, in the real window with the real worker."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import numpy as np
import pytest

from latentlab.engine import teaching
from latentlab.files import Disk
from latentlab.session.settings import read_settings
from latentlab.specs import Gaussian, Mlp, replace
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer
from latentlab.views import choose, commands


def decodes_here(desk) -> bool:
    decoded = desk.session.decoded
    return decoded is not None and np.array_equal(decoded.z, desk.session.z)


def remove(run: Path) -> None:
    """Take a run's folder away in one step: the training may be writing to it."""
    gone = run.rename(run.with_name("gone"))
    shutil.rmtree(gone)


def test_a_training_whose_folder_is_removed_goes_on_and_moves_to_another_place(
    desk, tmp_path, monkeypatch
):
    run = desk.train()
    desk.until(lambda: desk.whole(run))
    remove(run)
    banner = desk.banner("move_run")
    assert banner.notice.level == "warn"
    assert "folder is not there" in banner.notice.text
    assert "training goes on" in banner.notice.text
    desk.goes_on()

    elsewhere = tmp_path / "another disk"
    elsewhere.mkdir()
    monkeypatch.setattr(choose, "folder", lambda *_: elsewhere)
    banner.action_button.click()
    desk.until(lambda: desk.session.training.run != run)
    moved = desk.session.training.run
    assert moved.parent == elsewhere
    assert desk.session.model.run == moved
    desk.until(lambda: any("is kept in" in notice.text for notice in desk.notices))
    assert not [b for b in desk.window.notices.banners if b.notice.action == "move_run"]
    assert read_settings(desk.folder / "settings.json")[0].unfinished_run == str(moved)
    desk.goes_on()
    desk.session.stop_training()
    desk.until(lambda: desk.session.training.status == "stopped")
    with Run.open(moved, read_only=True) as kept:  # the last map is still being made
        generation, lines = kept.newest(), kept.read_metrics()
    assert f'"step":{desk.step}'.encode() in generation.state.replace(b" ", b"")
    assert [line.epoch for line in lines] == list(range(1, len(lines) + 1))


def test_a_folder_that_comes_back_takes_the_banner_away(desk):
    run = desk.train()
    desk.until(lambda: desk.whole(run))
    gone = run.rename(run.with_name("gone"))
    desk.banner("move_run")
    gone.rename(run)
    desk.until(lambda: desk.notices[-1].level == "good")
    assert "could be saved this time" in desk.notices[-1].text
    assert not [b for b in desk.window.notices.banners if b.notice.action == "move_run"]
    run.rename(gone)
    desk.banner("move_run")  # it is said again, however soon
    gone.rename(run)
    desk.goes_on()


def test_a_place_that_fails_too_is_said_and_another_is_offered(desk, tmp_path, monkeypatch):
    run = desk.train()
    remove(run)
    banner = desk.banner("move_run")
    monkeypatch.setattr(choose, "folder", lambda *_: tmp_path / "file" / "below")
    (tmp_path / "file").write_text("no folder")
    banner.action_button.click()
    desk.until(lambda: desk.notices[-1].level == "bad")
    assert desk.notices[-1].action == "move_run"
    desk.goes_on()


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "The disk is full."), (errno.EROFS, "Writing here is not allowed.")],
)
def test_the_notice_of_a_full_or_locked_disk_also_saves_the_model(
    desk, monkeypatch, number, sentence
):
    def failing(*_: object) -> None:
        raise OSError(number, "the test's trouble")

    asked = []

    class Dialog:
        def __init__(self, *_: object) -> None:
            pass

        def open(self) -> None:
            asked.append(True)

    desk.train()
    monkeypatch.setattr(Disk, "create", failing)
    monkeypatch.setattr(commands, "SaveModelDialog", Dialog)
    banner = desk.banner("move_run")
    assert sentence in banner.notice.text
    banner.second_button.click()
    assert asked
    desk.goes_on()
    monkeypatch.undo()


def test_the_trouble_of_a_disk_is_told_once_not_at_each_epoch(desk, monkeypatch):
    monkeypatch.setattr(teaching, "WARN_AGAIN_S", float("inf"))  # however slow the machine
    run = desk.train()
    remove(run)
    desk.banner("move_run")
    epochs = len(desk.session.training.history)
    desk.until(lambda: len(desk.session.training.history) > epochs + 5)
    assert len([n for n in desk.notices if n.action == "move_run"]) == 1


def test_after_the_training_the_offer_to_move_it_becomes_one_to_save_the_model(desk):
    run = desk.train()
    remove(run)
    banner = desk.banner("move_run")
    desk.session.stop_training()
    desk.until(lambda: not desk.session.training.active)
    banner.action_button.click()
    assert desk.notices[-1].action == "save_model"


def test_a_training_that_diverges_says_where_and_goes_on_at_a_tenth_of_the_rate(desk):
    steep = replace(desk.ENDLESS, learning_rate=10.0, learning_rate_schedule="constant")
    deep = replace(desk.MODEL, network=Mlp(hidden=(64,) * 4), likelihood=Gaussian(scale=0.01))
    desk.session.train(deep, steep)
    desk.until(lambda: desk.session.training.status == "diverged")
    banner = desk.banner("train_lower")
    assert "diverged at step" in banner.notice.text
    assert any(term in banner.notice.text for term in ("KL", "reconstruction", "loss"))
    first = desk.session.training.run
    assert np.isfinite(desk.session.codes.z).all()
    banner.action_button.click()
    desk.until(lambda: desk.session.training.status in ("running", "diverged"))
    second = desk.session.training.run
    assert second != first
    with Run.open(second, read_only=True) as run:
        assert run.config.train.learning_rate == pytest.approx(1.0)
    assert not [b for b in desk.window.notices.banners if b.notice.action == "train_lower"]


def test_a_fault_in_the_worker_leaves_a_run_that_goes_on(desk, monkeypatch):
    make_step = Trainer._make_step
    fault = []

    def faulty(self):
        if self._course.step >= 200 and not fault:
            fault.append(self._course.step)
            raise ValueError("a fault of the test")
        return make_step(self)

    monkeypatch.setattr(Trainer, "_make_step", faulty)
    desk.session.train(desk.MODEL, desk.ENDLESS)
    desk.until(lambda: desk.session.training.status == "failed")
    banner = desk.banner("resume_run")
    run = desk.session.training.run
    assert "a fault of the test" in banner.notice.text
    assert desk.whole(run)
    assert read_settings(desk.folder / "settings.json")[0].unfinished_run == str(run)
    desk.session.move_cursor((0.5, 0.5))
    desk.until(lambda: decodes_here(desk))
    banner.action_button.click()
    desk.until(lambda: desk.session.training.status == "running" and desk.step > fault[0])
    assert desk.session.training.run == run


def test_a_fault_outside_the_steps_writes_what_was_learned(desk, monkeypatch):
    from latentlab.engine.teaching import Lesson

    move_map = Lesson._move_map

    def faulty(self, *, last=False):
        if self._trainer.progress().step > 0:
            raise ValueError("the map's fault")
        return move_map(self, last=last)

    monkeypatch.setattr(Lesson, "_move_map", faulty)
    desk.session.train(desk.MODEL, desk.ENDLESS)
    desk.until(lambda: desk.session.training.status == "failed")
    assert "the map's fault" in desk.banner("resume_run").notice.text
    assert desk.whole(desk.session.training.run)


def test_pause_holds_and_stop_keeps_the_model(desk):
    desk.train()
    desk.session.pause_training()
    desk.until(lambda: desk.session.training.status == "paused")
    assert desk.window.training.status.text() == "Paused"
    desk.session.resume_training()
    desk.until(lambda: desk.session.training.status == "running")
    desk.goes_on()
    desk.session.stop_training()
    desk.until(lambda: desk.session.training.status == "stopped")
    assert desk.session.model is not None
    desk.session.move_cursor((0.1, 0.2))
    desk.until(lambda: decodes_here(desk))
