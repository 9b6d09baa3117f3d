"""Where a session is kept while it runs, so that a crash loses nothing; one place a program.

Each running program holds the lock of its place: the kernel lets go of it when the program dies.
What lies in a place that nobody holds was left by a crash. It is offered at each start until a
program that offered it is closed by its person: a second crash takes nothing away.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout

from latentlab.export.project import ENDING

MOST_PROGRAMS = 16
LAST, CRASHED = f"last-session{ENDING}", f"interrupted-session{ENDING}"
EARLIER = f"earlier-session{ENDING}"


class Slot:
    """A file of this program's own.

    Args:
        folder: Where all of them are; made where it is missing.

    Attributes:
        path: The file; None where there is no place to be had.
        crashed: Whether a session was found that ended without a word; it is in `interrupted`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: FileLock | None = None
        self.path: Path | None = None
        self.crashed = False
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self._take()
            first = self.path == self._place(0)  # a program beside it does not offer it again
            self.crashed = self.crashed or (first and self.interrupted.is_file())

    @property
    def last(self) -> Path:
        """The session as the window was closed last."""
        return self._folder / LAST

    @property
    def interrupted(self) -> Path:
        """The session that a crash ended."""
        return self._folder / CRASHED

    def _place(self, number: int) -> Path:
        return self._folder / f"running-{number}{ENDING}"

    def _take(self) -> None:
        for number in range(MOST_PROGRAMS):
            path = self._place(number)
            if self._lock is not None and not path.exists():
                continue
            lock = FileLock(self._folder / f"running-{number}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            if self._lock is None:
                self._lock, self.path = lock, path
            if path.exists():  # its program is no more
                self._rescue(path)
            if lock is not self._lock:
                lock.release()

    def _rescue(self, path: Path) -> None:
        """Keep what a crash left, the newest of it where there is more."""
        older = self.crashed and path.stat().st_mtime < self.interrupted.stat().st_mtime
        if older:
            path.unlink()
        else:
            path.replace(self.interrupted)
        self.crashed = True

    def close(self, *, keep: bool) -> None:
        """Let go of the place; with `keep`, what is in it becomes the last session.

        What a crash left was offered, and is not offered again; its file stays.
        """
        if self.crashed:
            with contextlib.suppress(OSError):
                self.interrupted.replace(self._folder / EARLIER)
        with contextlib.suppress(OSError):
            if self.path is not None and self.path.exists():
                if keep:
                    self.path.replace(self.last)
                else:
                    self.path.unlink()
        if self._lock is not None:
            self._lock.release()
        self._lock, self.path = None, None
