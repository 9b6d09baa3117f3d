"""What goes wrong while a model trains, in the real window with the real worker."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from latentlab.app import Program
from latentlab.files import Disk
from latentlab.session.settings import read_settings
from latentlab.session.state import Notice
from latentlab.specs import Gaussian, Mlp, ModelSpec, TrainSpec, replace
from latentlab.training import keeper
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer
from latentlab.views import choose, commands
from latentlab.views.notices import Banner

TIMEOUT_MS = 60_000
MODEL = ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(32,)))
ENDLESS = TrainSpec(steps=10_000_000, batch_size=64, precision="float32", device="cpu")


class Desk:
    """A program with digits open, and ways to look at it."""

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

    @property
    def step(self) -> int:
        progress = self.session.training.progress
        return progress.step if progress is not None else 0

    def goes_on(self) -> None:
        """Wait for a step after those that were told."""
        before = self.step
        self.until(lambda: self.step > before)


@pytest.fixture
def new_desk(qapp, qtbot, tmp_path, monkeypatch) -> Iterator[Callable[..., Desk]]:
    monkeypatch.setattr(keeper, "CHECKPOINT_EVERY_S", 0.2)
    made: list[Desk] = []

    def make(name: str = "home", source: str = "digits") -> Desk:
        made.append(Desk(tmp_path / name, qtbot.waitUntil, source))
        return made[-1]

    yield make
    for desk in made:
        assert desk.program.close()


@pytest.fixture
def desk(new_desk) -> Desk:
    return new_desk()


def whole(run: Path) -> int:
    """Generations that a run folder holds."""
    return len(list(run.glob("generation-*/manifest.json")))


def test_a_training_whose_folder_is_removed_goes_on_and_moves_to_another_place(
    desk, tmp_path, monkeypatch
):
    run = desk.train()
    desk.until(lambda: whole(run))
    shutil.rmtree(run)
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
    with Run.open(moved) as kept:
        generation, lines = kept.newest(), kept.read_metrics()
    assert f'"step":{desk.step}'.encode() in generation.state.replace(b" ", b"")
    assert [line.epoch for line in lines] == list(range(1, len(lines) + 1))


def test_a_place_that_fails_too_is_said_and_another_is_offered(desk, tmp_path, monkeypatch):
    run = desk.train()
    shutil.rmtree(run)
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


def test_the_trouble_of_a_disk_is_told_once_not_at_each_epoch(desk):
    run = desk.train()
    shutil.rmtree(run)
    desk.banner("move_run")
    epochs = len(desk.session.training.history)
    desk.until(lambda: len(desk.session.training.history) > epochs + 5)
    assert len([n for n in desk.notices if n.action == "move_run"]) == 1


def test_after_the_training_the_offer_to_move_it_becomes_one_to_save_the_model(desk):
    run = desk.train()
    shutil.rmtree(run)
    banner = desk.banner("move_run")
    desk.session.stop_training()
    desk.until(lambda: not desk.session.training.active)
    banner.action_button.click()
    assert desk.notices[-1].action == "save_model"


def test_a_training_that_diverges_says_where_and_goes_on_at_a_tenth_of_the_rate(desk):
    steep = replace(ENDLESS, learning_rate=10.0, learning_rate_schedule="constant")
    deep = replace(MODEL, network=Mlp(hidden=(64,) * 4), likelihood=Gaussian(scale=0.01))
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
        if self._step >= 200 and not fault:
            fault.append(self._step)
            raise ValueError("a fault of the test")
        return make_step(self)

    monkeypatch.setattr(Trainer, "_make_step", faulty)
    desk.session.train(MODEL, ENDLESS)
    desk.until(lambda: desk.session.training.status == "failed")
    banner = desk.banner("resume_run")
    run = desk.session.training.run
    assert "a fault of the test" in banner.notice.text
    assert whole(run)
    assert read_settings(desk.folder / "settings.json")[0].unfinished_run == str(run)
    desk.session.move_cursor((0.5, 0.5))
    desk.until(lambda: (desk.session.decoded.z == desk.session.z).all())
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
    desk.session.train(MODEL, ENDLESS)
    desk.until(lambda: desk.session.training.status == "failed")
    assert "the map's fault" in desk.banner("resume_run").notice.text
    assert whole(desk.session.training.run)


def test_a_second_program_may_look_at_a_run_but_not_train_in_it(desk, new_desk):
    run = desk.train()
    desk.until(lambda: whole(run))
    second = new_desk("second")
    second.session.resume_run(run)
    banner = second.banner("look_at_run")
    assert "Another program is writing to this run." in banner.notice.text
    assert second.session.training.status == "failed"
    banner.action_button.click()
    second.until(lambda: second.session.model is not None and second.session.engine.live)
    second.session.move_cursor((0.3, -0.2))
    second.until(lambda: second.session.decoded is not None and second.session.codes is not None)
    assert second.session.decoded.source == "model"
    assert second.session.model.run == run
    desk.goes_on()


def test_a_run_that_another_program_trains_is_not_offered_at_the_start(desk, new_desk, tmp_path):
    run = desk.train()
    desk.until(lambda: whole(run))
    (tmp_path / "second").mkdir()
    shutil.copy(desk.folder / "settings.json", tmp_path / "second" / "settings.json")
    second = new_desk("second", source="")
    assert not [n for n in second.notices if n.action == "resume_run"]


KILLED = """
import sys
from latentlab import app
from latentlab.specs import Mlp, ModelSpec, TrainSpec
from latentlab.training import keeper

keeper.CHECKPOINT_EVERY_S = 0.1
start = app.Program.start
def train(self):
    start(self)
    def begin():
        self.session.data_changed.disconnect(begin)
        self.session.train(
            ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(32,))),
            TrainSpec(steps=10_000_000, batch_size=64, precision="float32", device="cpu"),
        )
    self.session.data_changed.connect(begin)
app.Program.start = train
sys.exit(app.run_window("digits", device="cpu"))
"""


def at_home(home: Path) -> dict[str, str]:
    """An environment in which nothing is remembered yet."""
    folders = ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME")
    own = {f"XDG_{name}": str(home) for name in folders}
    return {**os.environ, **own, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}


@pytest.mark.skipif(sys.platform != "linux", reason="kill -9 and XDG folders are Linux'")
def test_a_killed_program_offers_its_run_at_the_next_start(new_desk, qtbot, tmp_path):
    home = tmp_path / "home"
    child = subprocess.Popen([sys.executable, "-c", KILLED], env=at_home(home))
    runs = home / "latentlab" / "runs"
    try:
        qtbot.waitUntil(lambda: any(whole(run) >= 2 for run in runs.glob("*")), timeout=TIMEOUT_MS)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    (run,) = runs.glob("*")
    shutil.copytree(home / "latentlab", tmp_path / "copy")
    desk = new_desk("home/latentlab", source="")
    banner = desk.banner("resume_run")
    assert banner.notice.argument == str(run)
    banner.action_button.setFocus()
    qtbot.keyClick(banner.action_button, Qt.Key.Key_Return)
    desk.until(lambda: desk.session.training.status == "running" and desk.step > 0)
    assert desk.session.training.run == run
    with Run.open(run, read_only=True) as kept:
        before = kept.read_metrics()
    assert before
    assert desk.session.training.history[: len(before) // 2] == tuple(before[: len(before) // 2])


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
    desk.until(lambda: (desk.session.decoded.z == desk.session.z).all())


def test_a_run_folder_opens_with_its_data_where_they_are_at_hand(desk, new_desk):
    run = desk.train()
    desk.session.stop_training()
    desk.until(lambda: desk.session.training.status == "stopped")
    second = new_desk("second", source=str(run))
    second.until(lambda: second.session.rows_are_data)
    assert second.session.dataset.name == desk.session.dataset.name
    assert not [n for n in second.notices if n.level in ("bad", "warn")]
    assert not [b for b in second.window.notices.banners if b.notice.action]


def test_the_window_closed_in_the_middle_of_a_training_leaves_a_run_to_go_on_with(tmp_path):
    closing = KILLED.replace(
        "sys.exit(",
        "from PySide6.QtCore import QTimer\n"
        "def close():\n"
        "    for program in app.OPEN:\n"
        "        progress = program.session.training.progress\n"
        "        if progress is not None and progress.step > 50:\n"
        "            program.window.close()\n"
        "application = app.make_application()\n"
        "timer = QTimer()\n"
        "timer.timeout.connect(close)\n"
        "timer.start(20)\n"
        "sys.exit(",
    )
    ended = subprocess.run(
        [sys.executable, "-c", closing],
        env=at_home(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    (run,) = (tmp_path / "latentlab" / "runs").glob("*")
    with Run.open(run) as kept:
        assert kept.newest().number >= 1
    assert read_settings(tmp_path / "latentlab" / "settings.json")[0].unfinished_run == str(run)


def test_the_notice_of_a_model_without_its_data_opens_them_with_enter(
    desk, new_desk, qtbot, tmp_path
):
    desk.train(replace(ENDLESS, steps=30))
    desk.until(lambda: desk.session.training.status == "finished")
    file = tmp_path / "plain.safetensors"
    desk.session.save_model(file, with_map=False)
    desk.until(file.exists)
    second = new_desk("second", source=str(file))
    banner = second.banner("open_its_data")
    assert banner.action_button.text() == "Open digits"
    banner.action_button.setFocus()
    qtbot.keyClick(banner.action_button, Qt.Key.Key_Return)
    second.until(lambda: second.session.rows_are_data)
    assert not second.window.notices.banners or banner not in second.window.notices.banners
