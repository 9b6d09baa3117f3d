"""Timers that fire once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def single_shot(parent: QObject | None, do: Callable[[], object], ms: int = 0) -> QTimer:
    """A timer that, once started, does it once after `ms` milliseconds.

    Args:
        parent: Qt's owner; None where the caller holds the timer.
        do: What it does.
        ms: How long after its start; `start(ms)` may say another time.
    """
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(ms)
    timer.timeout.connect(do)
    return timer
