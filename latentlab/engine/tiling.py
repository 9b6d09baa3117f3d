"""How the live lane works off a long list of wanted pictures, batch after batch."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from latentlab.data.resample import SMALL_PX, shrunk
from latentlab.engine.classes import told
from latentlab.engine.decoders import Decoder
from latentlab.engine.frames import DecodeFrames, FramesDecoded
from latentlab.engine.pace import Pace
from latentlab.engine.tiles import (
    DecodeRows,
    DecodeTiles,
    ManyDecoded,
    ManyRequest,
    RowsDecoded,
    TilesDecoded,
)
from latentlab.latent.tiles import middles

TELL_S = 0.03  # until the first answer of a list; twice as long until each further one
TILE_PX = 64  # the longest side of a tile's picture: more is not seen of it


class Wanted:
    """A list of pictures, as far as it is decoded.

    Args:
        request: What is wanted.
    """

    def __init__(self, request: ManyRequest) -> None:
        self.request = request
        self.done_count = 0
        self._told_count = 0
        self._told_s = 0.0
        self._wait_s = TELL_S
        self._found: list[NDArray[np.uint8]] = []
        self._first = request.in_view if isinstance(request, DecodeTiles) else 0

    def __len__(self) -> int:
        return len(_wanted(self.request))

    @property
    def left(self) -> int:
        """Pictures to go."""
        return len(self) - self.done_count

    @property
    def latent_dim(self) -> int:
        """d of the model that it was asked of."""
        request = self.request
        return len(request.residual) if isinstance(request, DecodeTiles) else request.z.shape[1]

    def advance(self, decoder: Decoder, pace: Pace, share: float = 1.0) -> None:
        """Decode one more batch.

        Args:
            decoder: Whose pictures.
            pace: How many go into a batch.
            share: Of such a batch: less while the hand moves.
        """
        if not self.done_count:
            self._told_s = time.perf_counter()
        begin = self.done_count
        end = begin + pace.batch((self._first if begin < self._first else len(self)) - begin, share)
        if isinstance(self.request, DecodeRows):
            end = _one_class(self.request.labels, begin, end)
        started_s = time.perf_counter()
        most = TILE_PX if isinstance(self.request, DecodeTiles) else SMALL_PX
        self._found.append(shrunk(self._decode(decoder, slice(begin, end)), most))
        pace.learn(end - begin, time.perf_counter() - started_s)
        self.done_count = end

    def _decode(self, decoder: Decoder, some: slice) -> NDArray[np.uint8]:
        request = self.request
        if isinstance(request, DecodeRows):
            label = int(request.labels[some.start])
            return told(decoder, label if label >= 0 else None).decode(request.z[some])
        z = request.plane.lift(middles(request.level, request.cells[some]))  # (b, d)
        return told(decoder, request.label).decode(z + request.residual)

    def answer(self, *, now: bool = False) -> ManyDecoded | None:
        """What is new, where it is time to tell; None where it is not."""
        now_s = time.perf_counter()
        now = now or not self.left or self.done_count == self._first  # all that is in view
        if not self._found or not (now or now_s - self._told_s >= self._wait_s):
            return None
        images = np.concatenate(self._found)
        some = slice(self._told_count, self.done_count)
        self._told_count, self._told_s = self.done_count, now_s
        self._wait_s *= 2.0
        self._found.clear()
        request = self.request
        if isinstance(request, DecodeRows):
            kind = FramesDecoded if isinstance(request, DecodeFrames) else RowsDecoded
            return kind(request.ticket, request.rows[some], images, self.left)
        cells = request.cells[some]
        return TilesDecoded(
            request.ticket, request.version, request.level, cells, images, self.left
        )


def _wanted(request: ManyRequest) -> NDArray[np.int64]:
    return request.rows if isinstance(request, DecodeRows) else request.cells


def _one_class(labels: NDArray[np.int64], begin: int, end: int) -> int:
    """Where the run of one class that begins at `begin` ends, at most at `end`."""
    others = np.flatnonzero(labels[begin:end] != labels[begin])
    return begin + int(others[0]) if len(others) else end
