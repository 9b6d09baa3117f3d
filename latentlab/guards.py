"""What keeps a long-lived window healthy: garbage collection, freeze reports, fault hooks.

`app` installs them and takes them away again; importing this module changes nothing.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)

COLLECT_MS = 1000
PATIENCE_S = 20.0
FREEZE_S = 2.0
ARM_MS = 500

log = logging.getLogger("latentlab")


class Collector(QObject):
    """Python's cyclic garbage collection, in the GUI thread alone.

    Left to itself it runs in whichever thread allocates, and collecting a dropped widget in a
    worker thread ends the program.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._until_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(COLLECT_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect as much as automatic collection would have by now."""
        if time.monotonic() < self._until_s:
            return
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return

    def wait(self) -> None:
        """Collect nothing for a while, until `settle`: another thread is importing.

        torch is 200,000 new objects and no garbage; to look through them takes the window a tenth
        of a second.
        """
        self._until_s = time.monotonic() + PATIENCE_S

    def settle(self) -> None:
        """Leave what has been imported by now out of later collections, which stay short."""
        gc.freeze()
        self._until_s = 0.0

    def stop(self) -> None:
        """Give garbage collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()


class FreezeWatch(QObject):
    """Writes every thread's stack when the GUI thread has not come round for two seconds.

    A thread of its own reads the stacks with Python's lock held, so that no other one runs
    meanwhile. `faulthandler.dump_traceback_later` reads them as they change: one report in a few
    hundred ended the program without a trace (measured on CPython 3.11).

    Args:
        stream: Where to; a real file, which stays open.
        parent: Qt's owner.
    """

    def __init__(self, stream: IO[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = _Watcher(stream)
        self.destroyed.connect(self._watcher.end)
        self._timer = QTimer(self)
        self._timer.setInterval(ARM_MS)
        self._timer.timeout.connect(self.arm)
        self._timer.start()
        self._watcher.start()

    def arm(self) -> None:
        """Begin the two seconds anew."""
        self._watcher.armed_s = time.monotonic()

    def report(self) -> None:
        """Write the stacks as they are now."""
        self._watcher.report()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()
        self._watcher.end()
        self._watcher.join()


class _Watcher(threading.Thread):
    """Looks whether it was told in time that the GUI thread is well; one report a freeze."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(name="latentlab-watch")
        self._stream = stream
        self._over = threading.Event()
        self.armed_s = time.monotonic()

    def end(self, *_: object) -> None:
        self._over.set()

    def run(self) -> None:
        told_s, wait_s = 0.0, FREEZE_S
        # A main thread that ended without a word (a prompt that was left) ends this one too.
        while not self._over.wait(wait_s) and threading.main_thread().is_alive():
            armed_s = self.armed_s
            left_s = armed_s + FREEZE_S - time.monotonic()
            wait_s = left_s if left_s > 0.0 else FREEZE_S
            if left_s <= 0.0 and armed_s != told_s:
                told_s = armed_s
                self.report()

    def report(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk, a closed file
            self._stream.write(f"The window was held for {FREEZE_S:g} s.\n")
            self._stream.flush()
            faulthandler.dump_traceback(self._stream, all_threads=True)


class Hooks:
    """Catches what nobody caught: exceptions of any thread, and Qt's own messages.

    Args:
        tell: Called with one sentence, from any thread.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable
        self._qt_before = qInstallMessageHandler(_from_qt)

    def remove(self) -> None:
        """Put back the hooks that were there before."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        qInstallMessageHandler(self._qt_before)

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        log.error("".join(traceback.format_exception(kind, error, trace)))
        self._tell(f"Something went wrong inside ({kind.__name__}: {error}).")

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def _unraisable(self, unraisable: Any) -> None:
        if unraisable.exc_value is not None:
            self._uncaught(unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback)


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _from_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    category = f"{context.category}: " if context.category else ""
    log.log(_LEVELS.get(kind, logging.WARNING), "Qt: %s%s", category, message)


def open_log(folder: Path) -> tuple[logging.Handler | None, IO[str]]:
    """Write the program's log into `folder`; where that can't be written, to standard error.

    Returns:
        The handler to remove at the end, and the stream for freeze reports.
    """
    from logging.handlers import RotatingFileHandler

    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "latentlab.log", maxBytes=1 << 20, backupCount=2, encoding="utf-8", delay=True
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        return handler, (folder / "freezes.log").open("a", encoding="utf-8")
    return None, sys.stderr
