"""Laying out codes by t-SNE or UMAP, in a process of its own that can be ended at any time.

Both take seconds to minutes and hold the interpreter: in a thread they would be felt by the hand,
and could not be called off. The process is `python -m latentlab.analysis.layouts`: a JSON line and
the codes in, JSON lines of progress and the places out. It ends when its input ends, so it never
outlives the program that started it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, TextIO

import numpy as np
from numpy.typing import NDArray

from latentlab.data.guard import child_environment
from latentlab.errors import CancelledError, LatentlabError, UsageError
from latentlab.latent.layouts import NO_UMAP, TITLES, LayoutKind, has_umap, mix_weights

Floats = NDArray[np.float32]
Tell = Callable[[float], None]
Report = Callable[[str, float | None], None]

LEAST = 4  # data, below which nothing can be laid out
STEPS = 1000  # of t-SNE
PERPLEXITY = 30.0  # van der Maaten and Hinton, 2008
NEIGHBOURS, MIN_DISTANCE = 15, 0.1  # McInnes, Healy and Melville, 2018
BESIDE = 5  # laid-out codes among which another one is put
ROWS_AT_ONCE = 16_384
LAID, PLACED = 0.9, 1.0  # of the progress, when the data are laid out and all are placed
_STEP = re.compile(r"Iteration (\d+)")
_PERCENT = re.compile(r"(\d+)%\|")


def _quiet(_text: str, _fraction: float | None) -> None:
    pass


class Fitting:
    """One layout under way, in its own process.

    Args:
        kind: "tsne" or "umap".
        z: (N, d) codes; those that are not finite get no place.
        most: At most so many, drawn by `seed`, are laid out together; the others are put among
            their nearest of those.
        seed: The same seed gives the same layout, on the same machine.

    Raises:
        UsageError: The data are too few, or UMAP is not installed.
    """

    def __init__(self, kind: LayoutKind, z: Floats, most: int, seed: int = 0) -> None:
        known = int(np.isfinite(z).all(axis=1).sum())
        if known < LEAST:
            raise UsageError(f"{known} data are too few for a layout.", do="Choose a plane.")
        if kind == "umap" and not has_umap():
            what, _, how = NO_UMAP.partition(": ")
            raise UsageError(f"{what}.", do=f"Run: {how.rstrip('.')}, or choose t-SNE.")
        self.kind: LayoutKind = kind
        self.fitted = min(known, max(most, LEAST))
        self._z = z
        self._seed = seed
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._called_off = False

    def run(self, report: Report = _quiet) -> Floats:
        """Lay out; returns the places (N, 2), NaN for codes that are not finite.

        Raises:
            CancelledError: It was called off.
            LatentlabError: The process ended without a layout.
        """
        report(self._words(), 0.0)
        with self._lock:
            if self._called_off:
                raise CancelledError("Called off.")
            process = self._process = _start()
        try:
            return self._talk(process, report)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # nobody reads what was still to be written
                        pipe.close()

    def call_off(self) -> None:
        """End it now; from any thread."""
        with self._lock:
            self._called_off = True
            if self._process is not None:
                self._process.kill()

    def _words(self) -> str:
        all_of = len(self._z)
        some = f"{self.fitted:,} of {all_of:,}" if self.fitted < all_of else f"{all_of:,}"
        return f"Laying out {some} points by {TITLES[self.kind]}"

    def _talk(self, process: subprocess.Popen[bytes], report: Report) -> Floats:
        assert process.stdin is not None  # noqa: S101  for the type checker: pipes were asked for
        assert process.stdout is not None  # noqa: S101
        answer: dict[str, Any] = {}
        try:
            z = np.ascontiguousarray(self._z, np.float32)
            head = {"kind": self.kind, "shape": z.shape, "most": self.fitted, "seed": self._seed}
            process.stdin.write(json.dumps(head).encode("ascii") + b"\n")
            process.stdin.write(z.data)
            process.stdin.flush()
            while "places" not in answer:
                answer = json.loads(process.stdout.readline())
                if "error" in answer:
                    raise LatentlabError("The layout came to nothing.", where=answer["error"])
                if "progress" in answer:
                    report(self._words(), float(answer["progress"]))
            data = process.stdout.read(8 * len(z))
            return np.frombuffer(data, np.float32).reshape(len(z), 2)
        except (OSError, ValueError) as error:
            if self._called_off:
                raise CancelledError("Called off.") from None
            raise LatentlabError(
                "The layout came to nothing: its process ended.",
                do="Lay out fewer points, or close something.",
            ) from error


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "latentlab.analysis.layouts"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


# In the process


def lay_out(kind: LayoutKind, z: Floats, most: int, seed: int, tell: Tell) -> Floats:
    """Places (N, 2) of codes (N, d): `most` of them laid out, the others put among these."""
    places = np.full((len(z), 2), np.nan, np.float32)
    known = np.flatnonzero(np.isfinite(z).all(axis=1))
    chosen = known
    if most < len(known):
        chosen = np.sort(np.random.default_rng(seed).choice(known, most, replace=False))
    laid = (_by_tsne if kind == "tsne" else _by_umap)(z[chosen], seed, tell)
    places[chosen] = laid
    rest = np.setdiff1d(known, chosen, assume_unique=True)
    if len(rest):
        _put_among(z, chosen, rest, places, tell)
    return places


def _by_tsne(z: Floats, seed: int, tell: Tell) -> Floats:
    from sklearn.manifold import TSNE

    def read(line: str) -> None:
        if found := _STEP.search(line):
            tell(0.05 + (LAID - 0.05) * int(found[1]) / STEPS)

    method = TSNE(
        perplexity=min(PERPLEXITY, (len(z) - 1) / 3),
        max_iter=STEPS,
        init="pca" if z.shape[1] > 1 else "random",
        random_state=seed,
        verbose=2,
    )
    with contextlib.redirect_stdout(_Reader(read)):  # it says where it is by printing
        return np.asarray(method.fit_transform(z), np.float32)


def _by_umap(z: Floats, seed: int, tell: Tell) -> Floats:
    import umap

    def read(line: str) -> None:
        if found := _PERCENT.search(line):
            tell(0.2 + (LAID - 0.2) * int(found[1]) / 100)

    method = umap.UMAP(
        n_neighbors=min(NEIGHBOURS, len(z) - 1),
        min_dist=MIN_DISTANCE,
        random_state=seed,
        n_jobs=1,  # with more, the same seed gives another layout
        init="spectral" if len(z) > 2 * NEIGHBOURS else "random",
        verbose=True,
    )
    reader = _Reader(read)
    with contextlib.redirect_stdout(reader), contextlib.redirect_stderr(reader):
        return np.asarray(method.fit_transform(z), np.float32)


def _put_among(
    z: Floats, chosen: NDArray[np.int64], rest: NDArray[np.int64], places: Floats, tell: Tell
) -> None:
    """Put each of the rest at the distance-weighted mean of its nearest codes that are laid out."""
    from sklearn.neighbors import NearestNeighbors

    count = min(BESIDE + 1, len(chosen))
    search = NearestNeighbors(n_neighbors=count).fit(z[chosen])
    for start in range(0, len(rest), ROWS_AT_ONCE):
        rows = rest[start : start + ROWS_AT_ONCE]
        distances, found = search.kneighbors(z[rows])
        near = places[chosen[found[:, :-1]]]  # (n, k, 2)
        places[rows] = np.einsum("nk,nkc->nc", mix_weights(distances.astype(np.float64)), near)
        tell(LAID + (PLACED - LAID) * (start + len(rows)) / len(rest))


class _Reader(io.TextIOBase):
    """Where a library prints to: each piece is read for how far it is."""

    def __init__(self, read: Callable[[str], None]) -> None:
        self._read = read

    def write(self, text: str) -> int:
        """Take what is printed."""
        self._read(text)
        return len(text)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer one request; the end of the input ends the process."""
    head = json.loads(requests.readline())
    count, latents = head["shape"]
    data = requests.read(4 * count * latents)
    z = np.frombuffer(data, np.float32).reshape(count, latents)
    threading.Thread(target=_end_with, args=(requests,), daemon=True).start()

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer).encode("ascii") + b"\n")
        answers.flush()

    try:
        places = lay_out(
            head["kind"], z, head["most"], head["seed"], lambda done: say({"progress": done})
        )
    except Exception as error:  # noqa: BLE001 - whatever it was, the program is told
        say({"error": f"{type(error).__name__}: {error}"[:300]})
        return
    say({"places": len(places)})
    answers.write(places.tobytes())
    answers.flush()


def _end_with(requests: BinaryIO) -> None:
    requests.read()
    os._exit(1)


def _own_output() -> BinaryIO:
    """The answers' pipe; whatever else is written to the output goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere: TextIO
    with open(os.devnull, "w", encoding="ascii") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
    return answers


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # the window goes first
    serve(sys.stdin.buffer, _own_output())
