"""The door from the worker threads into the GUI thread, and PySide's traps."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QObject, QThread, Signal, Slot

from latentlab import guards
from latentlab.engine import messages as m
from latentlab.session.bridge import Bridge


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[object, bool]] = []

    @Slot(object)
    def apply(self, event: object) -> None:
        in_gui_thread = QThread.currentThread() is self.thread()
        self.seen.append(
            (event, in_gui_thread and threading.current_thread() is threading.main_thread())
        )


def test_events_of_a_worker_thread_arrive_in_order_in_the_gui_thread(qtbot):
    bridge, receiver = Bridge(), Receiver()
    bridge.arrived.connect(receiver.apply)
    events = [m.Cancelled(ticket) for ticket in range(300)]
    worker = threading.Thread(target=lambda: [bridge.post(event) for event in events])
    worker.start()
    worker.join()
    assert receiver.seen == []
    qtbot.waitUntil(lambda: len(receiver.seen) == 300, timeout=5000)
    assert [event for event, _ in receiver.seen] == events
    assert all(right for _, right in receiver.seen)


class Bell(QObject):
    rung = Signal()


@pytest.mark.parametrize("value", [True, None])
def test_signals_and_void_calls_drop_no_references(qapp, value):
    """PySide6 6.12.0 on CPython 3.11 lost one for each, and aborted after about 580."""
    if sys.version_info >= (3, 12):
        assert sys.getrefcount(value) == sys.getrefcount(value)  # immortal
        return
    bell = Bell()
    before = sys.getrefcount(value)
    for _ in range(2000):
        bell.rung.emit()
        bell.setObjectName("bell")
    assert abs(sys.getrefcount(value) - before) < 200


def test_garbage_is_collected_in_the_gui_thread_alone(qtbot, monkeypatch):
    threads: set[str] = set()

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            threads.add(threading.current_thread().name)

    collector = guards.Collector()
    try:
        assert not gc.isenabled()
        worker = threading.Thread(target=lambda: [Cycle() for _ in range(5000)], name="worker")
        worker.start()
        worker.join()
        assert threads == set()
        collector.wait()
        collector.collect()
        assert threads == set()  # a library is being imported: there is nothing to find
        monkeypatch.setattr(guards, "PATIENCE_S", -1.0)
        collector.wait()  # it came to its end without `settle`
        collector.collect()
        assert threads == {threading.main_thread().name}
    finally:
        collector.stop()
    assert gc.isenabled()


def test_a_freeze_of_the_gui_thread_is_written_down(tmp_path):
    report = tmp_path / "freezes.log"
    code = f"""
import time
from PySide6.QtCore import QCoreApplication, QTimer
from latentlab import guards
guards.FREEZE_S = 0.2
app = QCoreApplication([])
stream = open({str(report)!r}, "w")
watch = guards.FreezeWatch(stream)
def hold_the_thread(): time.sleep(0.8); app.quit()
QTimer.singleShot(0, hold_the_thread)
app.exec()
watch.stop()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert "hold_the_thread" in report.read_text()


def test_what_nobody_caught_is_told_in_any_thread(qapp):
    told: list[str] = []
    hooks = guards.Hooks(told.append)
    try:
        worker = threading.Thread(target=lambda: 1 / 0)
        worker.start()
        worker.join()
    finally:
        hooks.remove()
    assert "ZeroDivisionError" in told[0]
