"""Kills a process that saves generations, over and over, and looks at what it left behind.

    python kill_harness.py FOLDER --writer run|naive|unsynced --kills 200
    python kill_harness.py FOLDER --writer run|naive|unsynced --every-operation

Prints one JSON object: kills, bad (what was unreadable or lost), operations. It imports no torch:
children are forked from a small process, so a kill costs milliseconds. A death in
`--every-operation` also loses what was not fsynced, as a power cut may.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from latentlab.errors import LatentlabError
from latentlab.files import DISK, Disk
from latentlab.specs import DataSpec, ModelSpec, RunConfig, TrainSpec
from latentlab.training.runs import Run

CONFIG = RunConfig(
    model=ModelSpec(shape=(1, 8, 8)), train=TrainSpec(), data=DataSpec(source="digits")
)
SAVES = 6  # enough that old generations are pruned


def contents(number: int, size: int = 20_000) -> tuple[bytes, bytes, bytes]:
    word = f"{number:08d}".encode()
    return b"w" + word * (size // 8), b"o" + word * (size // 4), json.dumps([number]).encode()


def number_of(weights: bytes, optimiser: bytes, state: bytes) -> int:
    """The one number that all three parts were written for; raises where they are not whole."""
    (number,) = json.loads(state)
    if (weights, optimiser, state) != contents(number):
        raise ValueError("the parts differ")
    return int(number)


class DyingDisk(Disk):
    """Dies by kill -9 at its n-th operation: before it, or in the middle of a write.

    Files that were not fsynced by then are cut to half, as after a power cut.
    """

    def __init__(self, dies_at: int | None, *, ignores_fsync: bool = False) -> None:
        self.operations = 0
        self.dies_at = dies_at
        self.ignores_fsync = ignores_fsync
        self.open: dict[int, Path] = {}
        self.unsynced: set[Path] = set()

    def _step(self, half_write: tuple[int, memoryview] | None = None) -> None:
        self.operations += 1
        if self.operations != self.dies_at:
            return
        if half_write is not None:
            os.write(half_write[0], half_write[1][: len(half_write[1]) // 2])
        for path in self.unsynced:
            os.truncate(path, path.stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)

    def create(self, path):
        self._step()
        descriptor = super().create(path)
        self.open[descriptor] = path
        self.unsynced.add(path)
        return descriptor

    def write(self, descriptor, data):
        self._step((descriptor, data))
        super().write(descriptor, data)

    def fsync(self, descriptor):
        self._step()
        if not self.ignores_fsync:
            super().fsync(descriptor)
            self.unsynced.discard(self.open[descriptor])

    def close(self, descriptor):
        self._step()
        del self.open[descriptor]
        super().close(descriptor)

    def append(self, path, data):
        self._step()
        super().append(path, data)

    def chmod(self, path, mode):
        self._step()
        super().chmod(path, mode)

    def replace(self, source, target):
        self._step()
        super().replace(source, target)
        if source in self.unsynced:
            self.unsynced.remove(source)
            self.unsynced.add(target)

    def fsync_dir(self, path):
        self._step()
        super().fsync_dir(path)

    def mkdir(self, path):
        self._step()
        super().mkdir(path)

    def remove(self, path):
        self._step()
        super().remove(path)
        self.unsynced.discard(path)

    def rmdir(self, path):
        self._step()
        super().rmdir(path)


class RunWriter:
    """The project's own writer."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.run = (
            Run.open(folder, disk=disk)
            if folder.exists()
            else Run.create(folder, CONFIG, disk=disk)
        )

    def save(self, number: int) -> None:
        self.run.save_generation(*contents(number))

    @staticmethod
    def read(folder: Path) -> int:
        with Run.open(folder) as run:
            found = run.newest()
        return number_of(found.weights, found.optimiser, found.state)


class NaiveWriter:
    """What most programs do: write over the old files. The check that must fail."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.disk = folder, disk

    def save(self, number: int) -> None:
        for name, data in zip("wos", contents(number), strict=True):
            path = self.folder / name
            path.unlink(missing_ok=True)  # as open(path, "wb") cuts the old file to nothing
            self.disk.write_bytes(path, data)

    @staticmethod
    def read(folder: Path) -> int:
        return number_of(*((folder / name).read_bytes() for name in "wos"))


WRITERS = {"run": RunWriter, "naive": NaiveWriter, "unsynced": RunWriter}


def child(writer: type, folder: Path, disk: Disk, saves: int, told: int) -> None:
    """Save generation after generation, telling the number of each that is finished."""
    first = writer.read(folder) + 1 if folder.exists() else 1
    target = writer(folder, disk)
    for number in range(first, first + saves):
        target.save(number)
        os.write(told, f"{number} ".encode())


def fork_and_kill(writer: type, folder: Path, disk: Disk, saves: int, after_s: float | None) -> str:
    """Run a child until it dies; returns what is wrong with what it left, or nothing."""
    reader, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            child(writer, folder, disk, saves, told)
        except BaseException:  # noqa: BLE001 - the child of a fork must never return into the parent's code
            os._exit(3)
        os._exit(0)
    os.close(told)
    if after_s is not None:
        os.read(reader, 64)  # it has begun to save
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
    with os.fdopen(reader) as lines:
        words = lines.read().split()
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        return "the writer failed"
    return judge(writer, folder, int(words[-1]) if words else 0)


def judge(writer: type, folder: Path, finished: int) -> str:
    try:
        number = writer.read(folder)
    except (LatentlabError, OSError, ValueError) as error:
        return f"unreadable: {error}" if finished else ""
    return "" if number >= finished else f"lost generation {finished}, newest is {number}"


def random_kills(writer: type, folder: Path, kills: int, seed: int) -> list[str]:
    rng = random.Random(seed)  # noqa: S311
    first = fork_and_kill(writer, folder, DISK, 1, None)
    bad = [first] if first else []
    for _ in range(kills):
        wrong = fork_and_kill(writer, folder, DISK, 10_000, rng.uniform(0, 0.02))
        if wrong:
            bad.append(wrong)
            shutil.rmtree(folder, ignore_errors=True)
            fork_and_kill(writer, folder, DISK, 1, None)
    return bad


def kills_at_every_operation(
    writer: type, folder: Path, ignores_fsync: bool
) -> tuple[int, list[str]]:
    counting = DyingDisk(None)
    child(writer, folder, counting, SAVES, os.open(os.devnull, os.O_WRONLY))
    bad = []
    for operation in range(1, counting.operations + 1):
        shutil.rmtree(folder, ignore_errors=True)
        disk = DyingDisk(operation, ignores_fsync=ignores_fsync)
        wrong = fork_and_kill(writer, folder, disk, SAVES, None)
        if wrong:
            bad.append(f"operation {operation}: {wrong}")
    return counting.operations, bad


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--writer", choices=WRITERS, default="run")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--every-operation", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    writer, folder = WRITERS[arguments.writer], arguments.folder / "run"
    operations, bad = 0, []
    if arguments.every_operation:
        operations, bad = kills_at_every_operation(writer, folder, arguments.writer == "unsynced")
    if arguments.kills:
        bad += random_kills(writer, folder.with_name("random"), arguments.kills, arguments.seed)
    kills = arguments.kills + operations
    answer = {"kills": kills, "bad": bad, "operations": operations, "torch": "torch" in sys.modules}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
