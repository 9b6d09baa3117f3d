"""The project's one writer of files: atomic, durable, and testable to the single operation.

Everything that must survive a crash or a full disk goes through `write_atomic`. The operations
themselves are methods of `Disk`, which a test replaces by one that fails, or dies, at the n-th.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
import time
from pathlib import Path

from latentlab.errors import LatentlabError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_LEFT = re.compile(r"\.[0-9a-f]{16}\.(tmp|mp4)")  # what is written before it takes its place
_OLD_S = 3600.0  # no writer waits so long between two pieces
_CHUNK = 64 * 2**20  # bytes; some kernels refuse or cut writes above 2 GiB


class Disk:
    """The file operations that change a disk, one method each."""

    def create(self, path: Path) -> int:
        """Make a new file with the umask's mode; fails where it exists. Returns a descriptor."""
        return os.open(path, _CREATE, 0o666)

    def write(self, descriptor: int, data: memoryview) -> None:
        """Write all of `data`."""
        while data:
            data = data[os.write(descriptor, data[:_CHUNK]) :]

    def fsync(self, descriptor: int) -> None:
        """Wait until the file's bytes are on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def append(self, path: Path, data: bytes) -> None:
        """Add `data` at the end of a file, which is made where it is missing."""
        with path.open("ab") as file:
            file.write(data)

    def chmod(self, path: Path, mode: int) -> None:
        """Set the permission bits."""
        path.chmod(mode)

    def replace(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target` in one step."""
        source.replace(target)

    def fsync_dir(self, path: Path) -> None:
        """Wait until the folder's entries are on the disk."""
        if os.name == "nt":  # Windows can't open a folder; NTFS journals its entries
            return
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def mkdir(self, path: Path) -> None:
        """Make one folder."""
        path.mkdir()

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def rmdir(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    def write_bytes(self, path: Path, data: bytes, *, fsync: bool = True) -> None:
        """Write a new file whole; where that fails, nothing of it is left."""
        descriptor = self.create(path)
        try:
            try:
                self.write(descriptor, memoryview(data))
                if fsync:
                    self.fsync(descriptor)
            finally:
                self.close(descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                self.remove(path)
            raise


DISK = Disk()


def write_atomic(path: Path, data: bytes, *, disk: Disk = DISK, mode: int | None = None) -> None:
    """Put `data` at `path` in one step: after a crash the file is the old one or the new one.

    A temporary file in the same folder is written and fsynced, takes the place of the old file,
    and the folder is fsynced. The old file's mode is kept; a new file gets the umask's. A symbolic
    link stays, the file that it points to is replaced.

    Args:
        path: Where to; its folder must exist.
        data: The whole content.
        disk: The file layer.
        mode: Permission bits; None keeps those of the file that is replaced.

    Raises:
        LatentlabError: The disk is full, the folder is read-only or gone, or the path is no file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_atomic(Path(folder) / "a.txt", b"whole")
        ...     (Path(folder) / "a.txt").read_bytes()
        b'whole'
    """
    try:
        _write_atomic(Path(os.path.realpath(path)), data, disk, mode)
    except OSError as error:
        raise disk_error(error, path) from error


def sweep(folder: Path) -> None:
    """Remove what a writer that was killed left in a folder more than an hour ago.

    Files alone, by the names that `write_atomic` and films give them: what is being written now
    is younger.

    Args:
        folder: Where something was written; one that is gone or closed is left alone.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _LEFT.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_old(entry)


def _remove_old(entry: os.DirEntry[str]) -> None:
    state = entry.stat(follow_symlinks=False)
    if stat.S_ISREG(state.st_mode) and time.time() - state.st_mtime > _OLD_S:
        DISK.remove(Path(entry.path))


def _write_atomic(target: Path, data: bytes, disk: Disk, mode: int | None) -> None:
    mode = _mode_of(target) if mode is None else mode
    temporary = target.parent / f".{secrets.token_hex(8)}.tmp"
    disk.write_bytes(temporary, data)
    try:
        if mode is not None:
            disk.chmod(temporary, mode)
        disk.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.remove(temporary)
        raise
    disk.fsync_dir(target.parent)


def _mode_of(target: Path) -> int | None:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return stat.S_IMODE(mode)


def disk_error(error: OSError, path: Path) -> LatentlabError:
    """Turn an operating system's error into a sentence that a person can act on.

    Example:
        >>> print(disk_error(OSError(errno.ENOSPC, "No space left on device"), Path("run")))
        run: The disk is full. Free some space or choose another place.
    """
    where = str(path)
    if error.errno in _FULL:
        return LatentlabError(
            "The disk is full.", where=where, do="Free some space or choose another place."
        )
    if error.errno in _FORBIDDEN:
        return LatentlabError(
            "Writing here is not allowed.", where=where, do="Choose another place."
        )
    if error.errno in _GONE:
        return LatentlabError(
            "The folder is not there.", where=where, do="Make it again or choose another place."
        )
    if error.errno == errno.EISDIR:
        return LatentlabError(
            "This is a folder, not a file.", where=where, do="Choose another name."
        )
    reason = error.strerror or type(error).__name__
    return LatentlabError(
        f"The file could not be written: {reason}.", where=where, do="Choose another place."
    )


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal.

    Example:
        >>> sha256(b"")[:16]
        'e3b0c44298fc1c14'
    """
    return hashlib.sha256(data).hexdigest()
