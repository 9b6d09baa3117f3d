"""Pointer to picture: moves that are due at 60 Hz, each timed until it is on screen."""

from __future__ import annotations

import math
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QProcess, Qt, QTimer

from latentlab.cli.driver import Driver
from latentlab.errors import LatentlabError
from latentlab.session.session import Session
from latentlab.training.records import Progress

RATE_HZ = 60
HEARTBEAT_MS = 10
START_S = 1.0  # for the child process to come up
GRACE_S = 2.0

# A process of its own, so that a busy interpreter here can't make a move late unnoticed: a byte
# for each move, at the instant at which a real pointer's event would reach the window's queue.
# A pointer is not late because programs are busy: where it may, the process comes before them.
_METRONOME = """
import os, sys, time
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
except (AttributeError, OSError):
    pass
start, count, rate = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
for i in range(count):
    left = start + i / rate - time.perf_counter()
    if left > 0:
        time.sleep(left)
    os.write(1, b".")
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a drag came to.

    Args:
        p50_ms: Median, over all moves, from the instant a move was due to the end of the paint of
            its picture or of a newer one.
        p99_ms: The 99th percentile of the same.
        shown: Moves whose own picture was painted.
        sent: Moves in all.
        stall_max_ms: The longest the GUI thread did not come round.
        seconds: How long the drag took.
        strips: Whole film strips that were decoded and shown while it went on.
    """

    p50_ms: float
    p99_ms: float
    shown: int
    sent: int
    stall_max_ms: float
    seconds: float
    strips: int = 0

    @classmethod
    def of(cls, drags: Sequence[Drag]) -> Figures:
        """All moves of some drags together.

        Raises:
            LatentlabError: No picture was shown.
        """
        latency_ms = np.asarray([one for drag in drags for one in drag.latency_s]) * 1e3
        if not len(latency_ms):
            raise LatentlabError("No picture was shown.", where="drag")
        return cls(
            p50_ms=float(np.quantile(latency_ms, 0.5)),
            p99_ms=float(np.quantile(latency_ms, 0.99)),
            shown=sum(len(drag.own) for drag in drags),
            sent=sum(drag.count for drag in drags),
            stall_max_ms=max(drag.stall_max_ms for drag in drags),
            seconds=sum(drag.count for drag in drags) / RATE_HZ,
            strips=sum(drag.strips for drag in drags),
        )


class Pace:
    """How fast a training is in the times between `begin` and `end`.

    Counted from report to report, by the training's own clock. Where the map moved between two
    reports, or the training went back to an earlier state, or its clock took a long wait back,
    neither steps nor time count.

    Args:
        session: Whose training.

    Attributes:
        seconds: How long was counted.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: Progress | None = None
        self._counts = self._broken = False
        self._steps, self.seconds = 0, 0.0
        session.training_changed.connect(self._look)
        session.codes_changed.connect(self._break)

    def begin(self) -> None:
        """Count from the next report on."""
        self._counts, self._last = True, None

    def end(self) -> None:
        """Count no more."""
        self._counts = False

    @property
    def steps_per_s(self) -> float:
        """Steps in a second of training.

        Raises:
            LatentlabError: There was no time without a refresh of the map.
        """
        if not self.seconds:
            raise LatentlabError(
                "The training was too slow to be measured in that time.",
                where="--seconds",
                do="Give more of them.",
            )
        return self._steps / self.seconds

    def _break(self) -> None:
        self._broken = True

    def _look(self) -> None:
        now, last = self._session.training.progress, self._last
        if now is None or now is last or not self._counts:
            return
        if last is not None and not self._broken:
            steps, seconds = now.step - last.step, now.elapsed_s - last.elapsed_s
            if steps > 0 and seconds > 0:
                self._steps += steps
                self.seconds += seconds
        self._last, self._broken = now, False


class Drag:
    """Drags along a curve for a while, and times every picture.

    Args:
        driver: The window; its button must be down.
        place: Where the pointer is at move i, in the canvas's pixels.
        seconds: How long.
    """

    def __init__(self, driver: Driver, place: Callable[[int], QPointF], seconds: float) -> None:
        self._driver = driver
        self._place = place
        self.count = round(seconds * RATE_HZ)
        self.on_first: Callable[[], object] | None = None  # called with the first move
        self.on_last: Callable[[], object] | None = None
        self._start_s = 0.0
        self._sent_s: list[float] = []
        self.latency_s: list[float] = []
        self.own: set[int] = set()
        self.strips = 0
        self._beats = Heartbeat()

    @property
    def stall_max_ms(self) -> float:
        """The longest the GUI thread did not come round."""
        return self._beats.longest_ms

    def run(self) -> None:
        """Drag; returns when the last move is on screen.

        Raises:
            LatentlabError: A picture did not come.
        """
        panel = self._driver.window.decoded
        panel.shown.connect(self._painted)
        self._driver.session.strip_changed.connect(self._count_strip)
        process = QProcess()
        process.readyReadStandardOutput.connect(lambda: self._ticked(process))
        # perf_counter is one clock for all processes of a machine
        self._start_s = time.perf_counter() + START_S
        arguments = [f"{self._start_s!r}", str(self.count), str(RATE_HZ)]
        process.start(sys.executable, ["-I", "-c", _METRONOME, *arguments])
        self._driver.rest(max(self._start_s - time.perf_counter() - 0.05, 0.0))
        self._beats.start()
        try:
            self._driver.wait(
                lambda: len(self.latency_s) >= self.count,
                "the pictures of a drag",
                self.count / RATE_HZ + START_S + GRACE_S + 30.0,
            )
        finally:
            self._beats.stop()
            panel.shown.disconnect(self._painted)
            self._driver.session.strip_changed.disconnect(self._count_strip)
            process.kill()
            process.waitForFinished()

    def _ticked(self, process: QProcess) -> None:
        # Moves that waited in the queue are handled one by one: nothing is left out.
        for _ in range(len(process.readAllStandardOutput().data())):
            move = len(self._sent_s)
            if move == 0 and self.on_first is not None:
                self.on_first()
            self._sent_s.append(time.perf_counter())
            self._driver.move(self._place(move))
            if move + 1 == self.count and self.on_last is not None:
                self.on_last()

    def _count_strip(self) -> None:
        strip = self._driver.session.strip
        if strip is not None and self._sent_s and len(self._sent_s) < self.count:
            self.strips += 1

    def _painted(self, decoded: object, _elapsed_ms: float) -> None:
        now_s = time.perf_counter()
        asked_s: float = decoded.asked_s  # type: ignore[attr-defined]
        move = bisect_right(self._sent_s, asked_s) - 1
        if move < 0:
            return  # a picture of before the drag
        self.own.add(move)
        while len(self.latency_s) <= move:
            due_s = self._start_s + len(self.latency_s) / RATE_HZ
            self.latency_s.append(now_s - due_s)


class Heartbeat:
    """The longest time between two rounds of the GUI thread's loop."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(HEARTBEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._last_s = 0.0
        self.longest_ms = 0.0

    def start(self) -> None:
        """Begin to watch."""
        self._last_s = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """End it."""
        self._timer.stop()

    def _beat(self) -> None:
        now_s = time.perf_counter()
        self.longest_ms = max(self.longest_ms, (now_s - self._last_s) * 1e3)
        self._last_s = now_s


def lissajous(driver: Driver, begin_s: float = 0.0) -> Callable[[int], QPointF]:
    """A curve over the middle of the map that a hand could draw, never twice the same pixel.

    Args:
        driver: The window.
        begin_s: How far along it move 0 is.
    """
    area = driver.window.map.canvas.plot_area
    middle, reach = area.center(), 0.4 * min(area.width(), area.height())

    def place(move: int) -> QPointF:
        t = begin_s + move / RATE_HZ
        return middle + QPointF(reach * math.sin(2.1 * t), reach * math.sin(1.3 * t + 0.5))

    return place
