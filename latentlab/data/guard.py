"""What every reader keeps to: regular files, known sizes, a memory budget, progress, cancelling."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import platformdirs

from latentlab.errors import CancelledError, RefusedError

GIB = 1024**3
CHUNK = 4 * 1024**2
MAX_FILE = 64 * GIB
MAX_ROWS = 50_000_000
MAX_COLUMNS = 20_000
MEMORY_SHARE = 0.7  # of what is free now: the map, a model and the window want the rest

Report = Callable[[str, float | None], None]


def available_memory() -> int:
    """Bytes of memory that this process may still take; 4 GiB where nobody tells."""
    free = _meminfo_available()
    limit = _cgroup_room()
    known = [size for size in (free, limit) if size is not None]
    return min(known) if known else 4 * GIB


def _meminfo_available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return None
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _cgroup_room() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = (folder / "memory.current").read_text(encoding="ascii").strip()
        return max(int(limit) - int(used), 0)
    except (OSError, ValueError):
        return None


def _quiet(_text: str, _fraction: float | None) -> None:
    """Report to nobody."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Reading:
    """One act of reading: whom to tell, when to stop, and how much memory may be taken.

    Args:
        report: Told what is done now, and how far (0 to 1, or None where not known).
        cancelled: Asked often; True ends the reading with `CancelledError`.
        cache: The folder for downloads and resized pictures.
        budget: Bytes of memory that the arrays may take.
    """

    report: Report = _quiet
    cancelled: Callable[[], bool] = _never
    cache: Path = field(default_factory=lambda: platformdirs.user_cache_path("latentlab"))
    budget: int = field(default_factory=lambda: int(available_memory() * MEMORY_SHARE))

    def check(self) -> None:
        """Stop here if a person asked for it.

        Raises:
            CancelledError: The reading was cancelled.
        """
        if self.cancelled():
            raise CancelledError("Reading the data was cancelled.")

    def afford(self, size: int, *, where: str, copies: int = 1) -> None:
        """Refuse what does not fit into memory, before anything is taken.

        Args:
            size: Bytes of the array.
            where: The file it is read from.
            copies: How many arrays of that size are held at the same time.

        Raises:
            RefusedError: `size * copies` is over the budget.
        """
        need = size * copies
        if need > self.budget:
            raise RefusedError(
                f"It needs {human_size(need)} of memory and {human_size(self.budget)} can be used.",
                where=where,
                do="Close other programs, or make a smaller file of it.",
            )


def child_environment() -> dict[str, str]:
    """This process's environment, so that a child finds latentlab where this process found it."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def human_size(size: int) -> str:
    """A size in words, as "47 MB"."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit != "GB" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def regular_file(path: Path, *, limit: int = MAX_FILE) -> int:
    """Return the size of a regular file in bytes.

    Raises:
        RefusedError: It is missing, unreadable, empty, larger than `limit`, or not a regular file
            (a pipe or a device can be endless).
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise RefusedError(
            "There is no such file that can be read.", where=str(path), do="Check the name."
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError(
            "It is not a regular file.", where=str(path), do="Choose a file with data in it."
        )
    if found.st_size == 0:
        raise RefusedError("The file is empty.", where=str(path), do="Choose another file.")
    if found.st_size > limit:
        raise RefusedError(
            f"The file has {human_size(found.st_size)}; at most {human_size(limit)} are read.",
            where=str(path),
            do="Make a smaller file of it.",
        )
    return found.st_size


def open_regular(path: Path, *, limit: int = MAX_FILE) -> BinaryIO:
    """Open a regular file for reading; see `regular_file` for what is refused."""
    regular_file(path, limit=limit)
    try:
        # Never wait for a writer, should the file be swapped for a pipe after the look at it.
        number = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except OSError as error:
        raise RefusedError(
            f"The file cannot be read ({error.strerror}).", where=str(path), do="Check its rights."
        ) from error
    handle = os.fdopen(number, "rb")
    if not stat.S_ISREG(os.fstat(number).st_mode):
        handle.close()
        raise RefusedError("It is not a regular file.", where=str(path), do="Choose another file.")
    return handle


def sha256_file(path: Path, reading: Reading) -> str:
    """The sha256 of a regular file, in hex."""
    digest = hashlib.sha256()
    with open_regular(path) as handle:
        while chunk := handle.read(CHUNK):
            reading.check()
            digest.update(chunk)
    return digest.hexdigest()


def read_array(
    source: BinaryIO, dtype: np.dtype[np.generic], shape: Sequence[int], reading: Reading, text: str
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.generic]], int]:
    """Fill a new array from a stream, in pieces.

    Returns:
        The array of `shape` and `dtype`, and the number of bytes that were missing at its end.
    """
    array: np.ndarray[tuple[int, ...], np.dtype[np.generic]] = np.empty(tuple(shape), dtype)
    view = array.reshape(-1).view(np.uint8)  # (bytes,)
    done, total = 0, len(view)
    while done < total:
        reading.check()
        reading.report(text, done / total)
        piece = source.read(min(CHUNK, total - done))
        if not piece:
            break
        view[done : done + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
        done += len(piece)
    return array, total - done
