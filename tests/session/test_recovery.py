"""What other programs, a crash or a closed window leave behind, and how it goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from latentlab.data.open import open_dataset
from latentlab.session.settings import Settings, read_settings, write_settings
from latentlab.specs import DataSpec, Mlp, ModelSpec, RunConfig, TrainSpec, replace
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer


def test_a_second_program_may_look_at_a_run_but_not_train_in_it(desk, new_desk):
    run = desk.train()
    desk.until(lambda: desk.whole(run))
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
    desk.until(lambda: desk.whole(run))
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
        qtbot.waitUntil(lambda: len(list(runs.glob("*/config.json"))) == 1, timeout=60_000)
        (run,) = runs.glob("*")
        with Run.open(run, read_only=True) as growing:
            qtbot.waitUntil(lambda: len(growing.read_metrics()) >= 2, timeout=60_000)
            # One may be half written, of an earlier step; the next holds these epochs.
            later = max(growing.generations(), default=0) + 2
            qtbot.waitUntil(lambda: growing.generations()[-1:] >= (later,), timeout=60_000)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    with Run.open(run, read_only=True) as kept:
        before = kept.read_metrics()[:2]
    assert len(before) == 2
    desk = new_desk("home/latentlab", source="")
    banner = desk.banner("resume_run")
    assert banner.notice.argument == str(run)
    banner.action_button.setFocus()
    qtbot.keyClick(banner.action_button, Qt.Key.Key_Return)
    desk.until(lambda: desk.session.training.status == "running" and desk.step > 0)
    assert desk.session.training.run == run
    assert desk.session.training.history[:2] == tuple(before)


def cut_short(folder: Path, steps: int) -> Path:
    """A run that ended without a word, after so many steps of its first epoch and a checkpoint."""
    dataset = open_dataset(DataSpec(source="digits"))
    model = ModelSpec(shape=dataset.shape, network=Mlp(hidden=(8,)))
    train = TrainSpec(steps=10_000_000, batch_size=8, precision="float32", device="cpu")
    path = folder / "runs" / "digits"
    path.parent.mkdir(parents=True)
    config = RunConfig(
        model=model, train=train, data=dataset.source, checksums=dict(dataset.checksums)
    )
    with Run.create(path, config) as run:
        trainer = Trainer(dataset, model, train, run=run)
        for _ in range(steps):
            assert next(iter(trainer)) is None
        if steps:
            trainer.checkpoint()
    write_settings(folder / "settings.json", Settings(unfinished_run=str(path)))
    return path


@pytest.mark.parametrize("steps", [0, 5])
def test_a_training_cut_short_in_its_first_epoch_is_offered_and_goes_on(new_desk, tmp_path, steps):
    run = cut_short(tmp_path / "home", steps)
    desk = new_desk(source="")
    banner = desk.banner("resume_run")
    assert banner.action_button.text() == ("Go on" if steps else "Begin again")
    seen: list[int] = []
    desk.session.training_changed.connect(lambda: seen.append(desk.step))
    banner.action_button.click()
    desk.until(lambda: desk.session.training.history)
    assert desk.session.training.run == run
    assert desk.session.training.history[0].epoch == 1
    told = [step for step in seen if step]
    assert min(told) >= max(steps, 1)  # nothing that was learned is learned again
    assert not [n for n in desk.notices if n.level in ("bad", "warn")]


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
    desk.train(replace(desk.ENDLESS, steps=30))
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
