"""Decoding many pictures on all cores, in processes of their own.

Why not `multiprocessing`: its children import the program that started them once more, which runs
an unguarded script again and loads a window's modules in every child. These load Pillow and NumPy
alone, and a picture that crashes its decoder is named and left out.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import Any

from latentlab.data import worker
from latentlab.data.guard import Reading, child_environment

CHUNK = 16
POOL_FROM = 96  # pictures; below, starting processes costs more than it saves
MAX_WORKERS = 16

Request = dict[str, Any]
Answer = tuple[list[Any], bytes]
Ask = Callable[[Request], Answer]
CRASHED = "it crashed its decoder"


class WorkerDiedError(Exception):
    """The process ended in the middle of a request."""


class Worker:
    """One decoding process, started at the first request and again after a crash."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def ask(self, request: Request) -> Answer:
        """Send one request and wait for its answer.

        Raises:
            WorkerDiedError: The process ended.
        """
        if self._process is None:
            self._process = _start()
        assert self._process.stdin is not None  # noqa: S101  for the type checker: pipes were asked for
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()
            head = json.loads(self._process.stdout.readline())
            pixels = self._process.stdout.read(head["bytes"])
        except (OSError, ValueError) as error:
            raise WorkerDiedError from error
        if len(pixels) != head["bytes"]:
            raise WorkerDiedError
        return head["results"], pixels

    def ask_patiently(self, request: Request) -> Answer:
        """Like `ask`; after a crash once more, one picture at a time, to name the one."""
        try:
            return self.ask(request)
        except WorkerDiedError:
            self._restart()
        results: list[Any] = []
        pixels: list[bytes] = []
        for path in request["paths"]:
            try:
                found, data = self.ask({**request, "paths": [path]})
                results += found
                pixels.append(data)
            except WorkerDiedError:
                results.append(CRASHED)
                self._restart()
        return results, b"".join(pixels)

    def _restart(self) -> None:
        self._stop()
        if self._closed:
            raise WorkerDiedError

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def kill(self) -> None:
        """End the process now; a request that waits fails."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process and free its pipes."""
        self._closed = True
        self._stop()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "latentlab.data.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def answers(
    paths: Sequence[str], request: Request, reading: Reading, text: str
) -> Iterator[tuple[int, list[Any], bytes]]:
    """Send `paths` through workers in chunks.

    Yields:
        (first row of a chunk, its results, its pixels), in the order in which they are ready.

    Raises:
        CancelledError: A person stopped it.
    """
    chunks = [(start, list(paths[start : start + CHUNK])) for start in range(0, len(paths), CHUNK)]
    if len(paths) < POOL_FROM:
        for start, chunk in chunks:
            reading.check()
            reading.report(text, start / len(paths))
            yield start, *worker.answer({**request, "paths": chunk})
        return
    with _pool(min(os.cpu_count() or 1, MAX_WORKERS, len(chunks))) as submit:
        waiting = {submit({**request, "paths": chunk}): start for start, chunk in chunks}
        done = 0
        while waiting:
            reading.check()
            ready, _ = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in ready:
                results, pixels = future.result()
                done += len(results)
                yield waiting.pop(future), results, pixels
            reading.report(text, done / len(paths))


@contextmanager
def _pool(count: int) -> Iterator[Callable[[Request], Future[Answer]]]:
    """`count` workers, each driven by a thread that waits for it."""
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    workers = [Worker() for _ in range(count)]
    for one in workers:
        idle.put(one)

    def run(request: Request) -> Answer:
        one = idle.get()
        try:
            return one.ask_patiently(request)
        finally:
            idle.put(one)

    with ExitStack() as stack:
        threads = ThreadPoolExecutor(count, thread_name_prefix="pictures")
        for one in workers:
            stack.callback(one.close)
        stack.callback(threads.shutdown, cancel_futures=True)
        for one in workers:
            stack.callback(one.kill)
        yield lambda request: threads.submit(run, request)
