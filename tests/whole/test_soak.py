"""Dragging on and on costs no memory.

20,000 moves of a drag on each change; LATENTLAB_LONG makes them 100,000, with a stricter bound.
"""

from __future__ import annotations

import gc
import math
import os
from typing import Any

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QEventLoop, QPointF, QTimer

LONG = bool(os.environ.get("LATENTLAB_LONG"))
MOVES = 100_000 if LONG else 20_000
MOST_SLOPE = 0.02 if LONG else 0.1  # MiB for each 1,000 moves
WARM_UP = 3_000  # allocators and caches fill
AT_ONCE = 8  # moves in one turn of the event loop
A_DRAG = 400  # moves from press to release
EVERY = 500  # moves between two measurements
MIB = 2**20


class Soak:
    """Drags round and round, a few moves a turn, as fast as the window takes them."""

    def __init__(self, whole: Any, hand: Any, loop: QEventLoop) -> None:
        self._whole = whole
        self._hand = hand
        self._loop = loop
        self._process = psutil.Process()
        self._done = 0
        self._decoded_at = 0
        self.decoded = self.strips = 0
        self.measured: list[tuple[int, float]] = []
        whole.session.decoded_changed.connect(self._count_decoded)
        whole.session.strip_changed.connect(self._count_strips)

    def _count_decoded(self) -> None:
        self.decoded += 1

    def _count_strips(self) -> None:
        self.strips += 1

    def turn(self) -> None:
        """A few moves; waits for a decode of the ones before."""
        if self.decoded == self._decoded_at and self._done:
            return
        self._decoded_at = self.decoded
        for _ in range(AT_ONCE):
            self._move()
        if self._done >= WARM_UP + MOVES:
            self._hand.release(self._place())
            self._loop.quit()

    def _move(self) -> None:
        if self._done % A_DRAG == 0:
            self._hand.release(self._place())
            self._hand.press(self._place())
        else:
            self._hand.move(self._place())
        self._done += 1
        if self._done >= WARM_UP and self._done % EVERY == 0:
            gc.collect()  # what waits to be collected is no leak
            self.measured.append((self._done, self._process.memory_info().rss / MIB))

    def _place(self) -> QPointF:
        size, t = self._hand.widget.size(), self._done * 0.013
        return QPointF(
            size.width() * (0.5 + 0.3 * math.cos(t)),
            size.height() * (0.5 + 0.3 * math.sin(1.7 * t)),
        )


def slope(measured: list[tuple[int, float]]) -> float:
    """MiB for each 1,000 moves, by least squares."""
    moves, rss = np.asarray(measured).T
    return float(np.polyfit(moves / 1000.0, rss, 1)[0])


@pytest.mark.timeout(3600 if LONG else 180)
def test_memory_does_not_grow_with_drags(whole, flat_model, make_hand, qtbot):
    session = whole.session
    whole.program.open("digits")
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=60_000)
    session.open_model(flat_model)
    qtbot.waitUntil(lambda: session.engine.live and session.codes is not None, timeout=60_000)
    loop, timer = QEventLoop(), QTimer()
    soak = Soak(whole, make_hand(whole.window.map.canvas.viewport()), loop)
    timer.timeout.connect(soak.turn)
    timer.start(0)
    loop.exec()
    timer.stop()
    grown = slope(soak.measured)
    print(f"{grown:.4f} MiB per 1,000 moves; {soak.decoded} decodes, {soak.strips} strips")
    assert soak.decoded >= MOVES / AT_ONCE / 2
    assert soak.strips >= MOVES / A_DRAG
    assert session.path is not None
    assert not whole.ears.heard
    assert not whole.freezes
    assert grown <= MOST_SLOPE


def test_a_leak_of_a_tenth_of_a_mebibyte_would_be_seen():
    rng = np.random.default_rng(0)
    moves = np.arange(WARM_UP, WARM_UP + MOVES, EVERY)
    flat = 500.0 + rng.normal(0.0, 0.1, len(moves))
    leak = flat + moves / 1000.0 * 0.15
    assert slope(list(zip(moves, flat, strict=True))) < MOST_SLOPE < 0.12
    assert slope(list(zip(moves, leak, strict=True))) > MOST_SLOPE
