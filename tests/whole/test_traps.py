"""Traps of PySide and of Python's garbage collection that the program is built around."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from latentlab.app import Program
from latentlab.specs import Mlp, replace

TIMEOUT_MS = 60_000
TIMES = 2_000
NOISE = TIMES // 10

# PySide6 6.12.0 on CPython 3.11 takes a reference of True with each emit and one of None with each
# void call, and ends the process with them: so in a process of its own.
REFERENCES = """
import ctypes, sys
from PySide6.QtCore import QCoreApplication, QObject, Signal

class Source(QObject):
    told = Signal(bool)
    rang = Signal()

class Sink(QObject):
    heard = 0
    def hear(self, *_):
        self.heard += 1

TIMES = int(sys.argv[1])
application = QCoreApplication([])
source, sink = Source(), Sink()
source.told.connect(sink.hear)
source.rang.connect(sink.hear)

def emit():
    source.told.emit(True)
    source.rang.emit()

def call_void():
    source.setObjectName("source")
    source.blockSignals(False)

def drop():
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(None))

def lost(do):
    before = [sys.getrefcount(thing) for thing in (True, False, None)]
    for _ in range(TIMES):
        do()
    after = [sys.getrefcount(thing) for thing in (True, False, None)]
    return max(b - a for b, a in zip(before, after))

print(lost(emit), lost(call_void))
assert sink.heard == 2 * TIMES
if sys.version_info < (3, 12):  # from then on they are immortal, and not counted
    for _ in range(TIMES):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
    print(lost(drop))
"""


def test_signals_and_void_calls_of_qt_lose_no_reference() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", REFERENCES, str(TIMES)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    losses, *control = ended.stdout.splitlines()
    assert all(int(lost) < NOISE for lost in losses.split()), losses
    # The count sees what is lost, where there is one to see.
    assert all(int(lost) > TIMES - NOISE for lost in control), control


class Collections:
    """In which threads Python looked for garbage."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self.threads.append(threading.get_ident())


@pytest.fixture
def collections() -> Iterator[Collections]:
    seen = Collections()
    gc.callbacks.append(seen)
    yield seen
    gc.callbacks.remove(seen)


def test_while_a_training_runs_garbage_is_collected_in_the_gui_thread_alone(
    qapp, qtbot, collections
):
    elsewhere = threading.Thread(target=gc.collect)
    elsewhere.start()
    elsewhere.join()
    assert collections.threads[-1] != threading.get_ident()  # another thread's would be noticed

    was_enabled = gc.isenabled()
    program = Program(device="cpu")
    try:
        assert not gc.isenabled()
        program.window.show()
        program.start()
        program.open("digits")
        session = program.session
        qtbot.waitUntil(lambda: session.dataset is not None, timeout=TIMEOUT_MS)
        model, train = session.suggest()
        train = replace(
            train, time_limit_s=None, steps=10_000_000, precision="float32", device="cpu"
        )
        session.train(replace(model, network=Mlp(hidden=(32,))), train)
        qtbot.waitUntil(lambda: session.training.progress is not None, timeout=TIMEOUT_MS)
        collections.threads.clear()
        qtbot.waitUntil(lambda: len(collections.threads) >= 3, timeout=TIMEOUT_MS)
        assert session.training.status == "running"
        assert not gc.isenabled()
        session.stop_training()
        qtbot.waitUntil(lambda: not session.training.active, timeout=TIMEOUT_MS)
        assert set(collections.threads) == {threading.get_ident()}
    finally:
        assert program.close()
    assert gc.isenabled() == was_enabled
