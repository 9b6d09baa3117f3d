"""The run folder: what a training has learned, safe against a crash at any instant.

    config.json                   the exact specs, checksums and versions
    metrics.jsonl                 one `EpochMetrics` a line
    generation-000007/
        weights.safetensors
        optimiser.safetensors
        state.json                step, generators, counters
        manifest.json             size and SHA-256 of the three; written last, in one step

A generation counts when its manifest is there and everything in it verifies; readers walk back
to the newest that does. The last `KEEP` generations are kept. Nothing here needs torch.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock
import msgspec

from latentlab.errors import LatentlabError, RefusedError
from latentlab.files import DISK, Disk, disk_error, sha256, write_atomic
from latentlab.specs import RunConfig, Spec, decode_json, encode_json
from latentlab.training.records import EpochMetrics

KEEP = 3
CONFIG, METRICS, MANIFEST, LOCK = "config.json", "metrics.jsonl", "manifest.json", ".lock"
WEIGHTS, OPTIMISER, STATE = "weights.safetensors", "optimiser.safetensors", "state.json"
FORMAT = 1

_FOLDER = re.compile(r"generation-(\d{6,12})")
_MAX_TEXT = 4 * 2**20  # bytes of config.json, manifest.json, state.json
_MAX_TENSORS = 8 * 2**30  # bytes of one tensor file: 500 M parameters with two moments, and room
_MAX_METRICS = 512 * 2**20


class _File(Spec, frozen=True, kw_only=True):
    size_bytes: int
    sha256: str


class _Manifest(Spec, frozen=True, kw_only=True):
    format: int = FORMAT
    generation: int
    files: dict[str, _File]


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """One verified state of a training, as bytes."""

    number: int
    path: Path
    weights: bytes
    optimiser: bytes
    state: bytes


class Run:
    """A run folder, opened to write (locked) or to read.

    Args:
        path: The folder.
        config: What `config.json` says.
        lock: Held while the run is open to write; None reads only.
        disk: The file layer.
    """

    def __init__(
        self, path: Path, config: RunConfig, lock: filelock.BaseFileLock | None, disk: Disk = DISK
    ) -> None:
        self.path = path
        self.config = config
        self._lock = lock
        self._disk = disk

    @classmethod
    def create(cls, path: Path, config: RunConfig, *, disk: Disk = DISK) -> Run:
        """Make a new run folder, locked for this program.

        Raises:
            RefusedError: There is something at `path` already.
            LatentlabError: The folder can't be written.
        """
        if _is_taken(path):
            raise RefusedError(
                "This place is taken already.",
                where=str(path),
                do="Choose another name, or resume the run that is there.",
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(error, path) from error
        lock = _acquire(path)
        try:
            write_atomic(path / CONFIG, encode_json(config), disk=disk)
        except BaseException:
            lock.release()
            raise
        return cls(path, config, lock, disk)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, disk: Disk = DISK) -> Run:
        """Open a run folder; to write it, this program must be the only one that does.

        Raises:
            RefusedError: There is no run at `path`, or its config is not valid.
            LatentlabError: Another program trains in it, or the folder can't be written.
        """
        if not is_run(path):
            raise RefusedError(
                "There is no run here.", where=str(path), do="Choose a folder with a config.json."
            )
        lock = None if read_only else _acquire(path)
        try:
            text = _read(path / CONFIG, _MAX_TEXT)
            run = cls(path, decode_json(text, RunConfig, where=str(path / CONFIG)), lock, disk)
            if not read_only:
                run._mend_metrics()
        except BaseException as error:
            if lock is not None:
                lock.release()
            if isinstance(error, OSError):
                raise RefusedError("The run can't be read.", where=str(path)) from error
            raise
        return run

    @property
    def read_only(self) -> bool:
        """Whether nothing may be written here."""
        return self._lock is None

    def close(self) -> None:
        """Let other programs write here."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Config

    def save_config(self, config: RunConfig) -> None:
        """Put `config` in the place of the old one.

        Raises:
            LatentlabError: The folder can't be written.
        """
        self._must_be_writable()
        write_atomic(self.path / CONFIG, encode_json(config), disk=self._disk)
        self.config = config

    # Generations

    def generations(self) -> tuple[int, ...]:
        """Numbers of the generations that were completed, ascending; not yet verified."""
        return tuple(n for n, path in self._folders() if (path / MANIFEST).is_file())

    def save_generation(self, weights: bytes, optimiser: bytes, state: bytes) -> int:
        """Write a new generation and drop the oldest ones; returns its number.

        Whatever happens, the generations before it stay whole.

        Raises:
            LatentlabError: The disk is full, the folder is read-only or gone.
        """
        self._must_be_writable()
        parts = {WEIGHTS: weights, OPTIMISER: optimiser, STATE: state}
        number = max((n for n, _ in self._folders()), default=0) + 1
        folder = self.path / f"generation-{number:06d}"
        try:
            self._write_generation(folder, number, parts)
        except BaseException as error:
            self._discard(folder)
            if isinstance(error, OSError):
                raise disk_error(error, self.path) from error
            raise
        self._prune(number)
        return number

    def newest(self) -> Generation:
        """Return the newest generation of which every byte verifies.

        Raises:
            RefusedError: There is none.
        """
        for number, folder in reversed(self._folders()):
            found = _verified(number, folder)
            if found is not None:
                return found
        raise RefusedError(
            "This run holds no complete checkpoint.",
            where=str(self.path),
            do="Train it from the start.",
        )

    def _write_generation(self, folder: Path, number: int, parts: dict[str, bytes]) -> None:
        disk = self._disk
        disk.mkdir(folder)
        for name, data in parts.items():
            disk.write_bytes(folder / name, data)
        disk.fsync_dir(folder)
        disk.fsync_dir(self.path)
        files = {n: _File(size_bytes=len(d), sha256=sha256(d)) for n, d in parts.items()}
        manifest = _Manifest(generation=number, files=files)
        write_atomic(folder / MANIFEST, encode_json(manifest), disk=disk)

    def _prune(self, newest: int) -> None:
        kept = self.generations()[-KEEP:]
        for number, folder in self._folders():
            if number not in kept and number != newest:
                self._discard(folder)

    def _discard(self, folder: Path) -> None:
        """Remove a generation, manifest first, so that a half removed one never counts."""
        with contextlib.suppress(OSError):
            for path in sorted(folder.iterdir(), key=lambda path: path.name != MANIFEST):
                self._disk.remove(path)
            self._disk.rmdir(folder)

    def _folders(self) -> list[tuple[int, Path]]:
        try:
            names = os.listdir(self.path)  # noqa: PTH208 - names alone, no Path for each
        except OSError:
            return []
        found = [(int(m[1]), self.path / m[0]) for n in names if (m := _FOLDER.fullmatch(n))]
        return sorted(found)

    # Metrics

    def append_metrics(self, metrics: EpochMetrics) -> None:
        """Add one line to `metrics.jsonl`.

        Raises:
            LatentlabError: The folder can't be written.
        """
        self._must_be_writable()
        try:
            self._disk.append(self.path / METRICS, msgspec.json.encode(metrics) + b"\n")
        except OSError as error:
            raise disk_error(error, self.path) from error

    def read_metrics(self) -> list[EpochMetrics]:
        """Return what was appended, without a line that a crash cut short."""
        try:
            lines = _read(self.path / METRICS, _MAX_METRICS).split(b"\n")
        except OSError:
            return []
        return list(_parsed(lines))

    def rewrite_metrics(self, metrics: Iterable[EpochMetrics]) -> None:
        """Put `metrics` in the place of what the file says (a resume repeats later epochs).

        Raises:
            LatentlabError: The folder can't be written.
        """
        self._must_be_writable()
        text = b"".join(msgspec.json.encode(line) + b"\n" for line in metrics)
        write_atomic(self.path / METRICS, text, disk=self._disk)

    def _mend_metrics(self) -> None:
        path = self.path / METRICS
        if path.is_file() and not _read(path, _MAX_METRICS).endswith(b"\n"):
            self.rewrite_metrics(self.read_metrics())

    def _must_be_writable(self) -> None:
        if self._lock is None:
            raise LatentlabError(
                "This run is open to read only.",
                where=str(self.path),
                do="Close the other program that uses it, and open it again.",
            )


def is_run(path: Path) -> bool:
    """Whether `path` is a run folder."""
    return path.is_dir() and (path / CONFIG).is_file()


def newest_run(folder: Path) -> Path | None:
    """Return the run under `folder` that was written last, or None: what a crash left behind."""
    try:
        runs = [path for path in folder.iterdir() if is_run(path)]
        return max(runs, key=lambda path: path.stat().st_mtime_ns, default=None)
    except OSError:
        return None


def _is_taken(path: Path) -> bool:
    if path.is_dir():
        # An unfinished `create` leaves nothing but hidden files.
        return any(not entry.name.startswith(".") for entry in path.iterdir())
    return path.exists()


def _acquire(path: Path) -> filelock.BaseFileLock:
    lock = filelock.FileLock(path / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise LatentlabError(
            "Another program is writing to this run.",
            where=str(path),
            do="Close that program, or open the run to read only.",
        ) from error
    except OSError as error:
        raise disk_error(error, path) from error
    return lock


def _read(path: Path, limit_bytes: int) -> bytes:
    """Read a regular file of bounded size whole."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > limit_bytes:
        raise RefusedError(
            f"The file is no regular file under {limit_bytes} bytes.", where=str(path)
        )
    return path.read_bytes()


def _verified(number: int, folder: Path) -> Generation | None:
    """The generation in `folder`, or None where anything is missing, changed or cut."""
    try:
        manifest = decode_json(_read(folder / MANIFEST, _MAX_TEXT), _Manifest)
        if manifest.format != FORMAT or manifest.generation != number:
            return None
        parts = [_verified_part(folder / n, manifest.files[n]) for n in (WEIGHTS, OPTIMISER, STATE)]
    except (OSError, RefusedError, KeyError):
        return None
    weights, optimiser, state = parts
    if weights is None or optimiser is None or state is None:
        return None
    return Generation(number, folder, weights, optimiser, state)


def _verified_part(path: Path, expected: _File) -> bytes | None:
    data = _read(path, min(expected.size_bytes, _MAX_TENSORS))
    right = len(data) == expected.size_bytes and sha256(data) == expected.sha256
    return data if right else None


def _parsed(lines: Iterable[bytes]) -> Iterable[EpochMetrics]:
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            yield msgspec.json.decode(line, type=EpochMetrics)
