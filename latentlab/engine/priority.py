"""Who goes first where the cores are few."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

STEPS_BACK = 5  # of niceness


def stand_back() -> None:
    """Let the window and the live lane go before this thread and the threads that it starts.

    torch's own workers are started by the thread that trains, and inherit its place. Linux alone
    keeps a niceness for each thread; elsewhere nothing is done.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(19, now + STEPS_BACK))
