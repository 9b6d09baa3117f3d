"""Whether the window was held by the program itself, or by a machine that had no time for it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QObject, QTimer

HELD_S = 2.0  # as `guards.FREEZE_S`
STARVED_S = 1.0  # that threads were ready to run in that time, and had no core
LOOK_MS = 250


def queued_ns() -> dict[str, int]:
    """For each thread of this process: nanoseconds that it was ready to run and had no core.

    Empty where the system does not say.
    """
    found = {}
    for told in Path("/proc/self/task").glob("*/schedstat"):
        try:
            found[told.parent.name] = int(told.read_text().split()[1])
        except (OSError, IndexError, ValueError):  # the thread has ended
            continue
    return found


class Holds(QObject):
    """Looks again and again from the event loop: how long was it until the loop came round?

    A turn of two seconds is the program's own fault where the window's thread computed so long, or
    waited for something. It is not where the process was stopped from outside (SIGSTOP), or its
    threads stood in the queue for a core: beside other work no program can keep such a promise.

    Args:
        clock: Seconds of now.
        cpu: Seconds that this thread computed.
        queued: How long each thread stood in the queue for a core.
        parent: Qt's owner.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
        queued: Callable[[], dict[str, int]] = queued_ns,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock, self._cpu, self._queued = clock, cpu, queued
        self._last = (clock(), cpu(), queued())
        self._stopped = False
        self.told: list[str] = []
        self._before = signal.signal(signal.SIGCONT, self._went_on)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def _went_on(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True

    def look(self) -> None:
        """Measure the turn that has ended."""
        last, self._last = self._last, (self._clock(), self._cpu(), self._queued())
        stopped, self._stopped = self._stopped, False
        wall, cpu = self._last[0] - last[0], self._last[1] - last[1]
        queued = sum(now - last[2].get(thread, 0) for thread, now in self._last[2].items())
        excused = stopped or queued / 1e9 >= STARVED_S
        if cpu >= HELD_S or (wall >= HELD_S and not excused):
            self.told.append(f"held for {wall:.1f} s, {cpu:.1f} s of it computing")

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        signal.signal(signal.SIGCONT, self._before)
