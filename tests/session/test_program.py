"""The composed program: real window, real worker, tiny training, orderly end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from latentlab import app
from latentlab.app import Program, display_works
from latentlab.engine import messages as m
from latentlab.specs import Mlp, TrainSpec, replace

TIMEOUT_MS = 60_000


@pytest.fixture
def program(qapp) -> Iterator[Program]:
    before = {thread for thread in threading.enumerate() if not thread.daemon}
    program = Program(device="cpu")
    program.window.show()
    program.start()
    yield program
    assert program.close()
    assert {thread for thread in threading.enumerate() if not thread.daemon} <= before


def test_digits_are_trained_dragged_saved_and_reopened(program, qtbot, tmp_path):
    session = program.session
    troubles = []
    session.notice.connect(lambda n: troubles.append(n) if n.level in ("bad", "warn") else None)
    program.open("digits")
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=TIMEOUT_MS)
    model, train = session.suggest()
    train = replace(train, time_limit_s=None, steps=60, precision="float32", device="cpu")
    session.train(replace(model, network=Mlp(hidden=(32,))), train)
    qtbot.waitUntil(lambda: session.codes is not None, timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: not session.training.active, timeout=TIMEOUT_MS)
    assert session.training.status == "finished"
    assert session.training.history
    assert len(session.codes.z) == 1797
    assert session.rows_are_data

    session.begin_drag((-1.0, 0.0))
    for step in range(20):
        session.drag_to((-1.0 + step / 10, 0.5))
    session.end_drag()
    frames = session.path.frames
    qtbot.waitUntil(
        lambda: session.strip is not None and len(session.strip.images) == frames,
        timeout=TIMEOUT_MS,
    )
    qtbot.waitUntil(
        lambda: session.decoded is not None and (session.decoded.z == session.z).all(),
        timeout=TIMEOUT_MS,
    )
    assert session.decoded.nearest_row >= 0

    file = tmp_path / "digits.safetensors"
    with qtbot.waitSignal(session.saved, timeout=TIMEOUT_MS):
        session.save_model(file)
    with qtbot.waitSignal(session.model_changed, timeout=TIMEOUT_MS):
        session.open_path(file)
    qtbot.waitUntil(lambda: session.engine.live and session.decoded is not None, timeout=TIMEOUT_MS)
    assert session.model.data_name == session.dataset.name
    assert not troubles


def test_data_named_beside_a_model_are_read_once_and_before_it(qapp, tmp_path, monkeypatch):
    """A model without its map opens its own data where there are none."""
    program = Program(
        device="cpu", settings_path=tmp_path / "settings.json", runs_folder=tmp_path / "runs"
    )
    asked = []
    monkeypatch.setattr(program.engine, "submit", asked.append)
    file = tmp_path / "vae.safetensors"
    file.write_bytes(b"")
    program.open(str(file), "digits")
    assert [type(request).__name__ for request in asked] == ["OpenData", "OpenModel"]
    program.window.show()
    assert program.close()


def test_closing_while_a_training_runs_keeps_the_run(qapp, qtbot, tmp_path):
    from latentlab.training.runs import Run

    program = Program(
        device="cpu", settings_path=tmp_path / "settings.json", runs_folder=tmp_path / "runs"
    )
    program.window.show()
    program.start()
    program.open("digits")
    session = program.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=TIMEOUT_MS)
    model, _ = session.suggest()
    session.train(model, TrainSpec(steps=10_000_000, precision="float32", device="cpu"))
    qtbot.waitUntil(lambda: session.training.progress is not None, timeout=TIMEOUT_MS)
    path = session.training.run
    assert program.close()
    with Run.open(path) as run:
        run.newest()


RUN = """
import sys
from PySide6.QtCore import QTimer
from latentlab import app

settled = {}
def leave(program):
    settled["torch"] = "torch" in sys.modules
    program.window.close()

original = app.Program.start
def start(self):
    assert self.window.isVisible()
    assert "torch" not in sys.modules
    original(self)
    QTimer.singleShot(%d, self.window, lambda: leave(self))

app.Program.start = start
code = app.run_window(%s)
sys.exit(code)
"""


@pytest.mark.parametrize(("after_ms", "source"), [(1, "'digits'"), (1500, "'digits'"), (300, "")])
def test_the_program_ends_with_exit_code_0_whenever_its_window_is_closed(
    tmp_path, after_ms, source
):
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    ended = subprocess.run(
        [sys.executable, "-c", RUN % (after_ms, source)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_prompt_that_is_left_with_the_window_open_ends(tmp_path):
    code = """
import time
from latentlab import app
application = app.make_application()
program = app.Program(device="cpu")
program.window.show()
program.start()
program.open("digits")
until_s = time.monotonic() + 1
while time.monotonic() < until_s:
    application.processEvents()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in ended.stderr


def test_explore_inside_a_running_event_loop_returns_and_closes_with_its_window(qapp, qtbot):
    from PySide6.QtCore import QTimer

    from latentlab import app

    returned = []
    QTimer.singleShot(0, lambda: returned.append(app.explore(None, "digits", device="cpu")))
    qtbot.waitUntil(lambda: bool(returned), timeout=TIMEOUT_MS)
    program = returned[0]
    qtbot.waitUntil(lambda: program.session.dataset is not None, timeout=TIMEOUT_MS)
    program.window.close()
    qtbot.waitUntil(lambda: program not in app.OPEN, timeout=TIMEOUT_MS)
    assert not [t for t in threading.enumerate() if t.name.startswith("latentlab")]


def test_an_unreachable_display_is_found_out_without_an_abort(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_works()
    if sys.platform.startswith("linux"):
        monkeypatch.delenv("QT_QPA_PLATFORM")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.delenv("DISPLAY", raising=False)
        assert not display_works()
        monkeypatch.setenv("DISPLAY", ":987")
        assert not display_works()


def test_threads_take_quicker_turns_while_a_window_is_open_and_no_longer(qapp):
    before = sys.getswitchinterval()
    program = Program(device="cpu")
    assert sys.getswitchinterval() < before
    assert program.close()
    assert sys.getswitchinterval() == before


def test_a_thread_that_outlives_the_window_still_finds_its_door(qapp, monkeypatch):
    program = Program(device="cpu")
    monkeypatch.setattr(program.engine, "close", lambda: False)  # it did not end in time
    assert not program.close()
    program.bridge.post(m.Cancelled(1))  # to nobody, and without harm
    app.LEFT.pop().deleteLater()
