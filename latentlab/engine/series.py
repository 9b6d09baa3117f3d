"""Many pictures of one request, worked in short batches so that a decode goes between them."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.classes import told
from latentlab.engine.decoders import Decoder, Walker
from latentlab.engine.messages import DecodeLattice, DecodeSource, DecodeStrip
from latentlab.engine.pace import Pace

FINISH_S = 0.05  # a newer request waits for a series with less than this to go


class Series:
    """The pictures of a strip or a lattice, as far as they are decoded.

    Args:
        request: Whose latents.
        before: Earlier pictures of the same shape, shown where new ones are not there yet.
    """

    def __init__(
        self, request: DecodeStrip | DecodeLattice, before: NDArray[np.uint8] | None = None
    ) -> None:
        self.request = request
        self._z = request.z.reshape(-1, request.z.shape[-1])  # (n, d)
        self._images = None if before is None else before.reshape(-1, *before.shape[2:]).copy()
        self._grids: NDArray[np.int16] | None = None  # (F, T), where the path fades
        self.done_count = self.batches = 0

    def __len__(self) -> int:
        return len(self._z)

    @property
    def left(self) -> int:
        """Pictures to go."""
        return len(self._z) - self.done_count

    def advance(self, decoder: Decoder, pace: Pace) -> None:
        """Decode one more batch."""
        begin = self.done_count
        end = begin + pace.batch(self.left)
        started_s = time.perf_counter()
        images = self._decode(decoder, slice(begin, end))
        pace.learn(end - begin, time.perf_counter() - started_s)
        if self._images is None or self._images.shape[1:] != images.shape[1:]:
            self._images = np.zeros((len(self._z), *images.shape[1:]), np.uint8)
        self._images[begin:end] = images
        self.done_count = end
        self.batches += 1

    def source(self, decoder: Decoder) -> DecodeSource:
        """What the pictures come from."""
        return decoder.source if self._grids is None else "code cross-fade"

    def _decode(self, decoder: Decoder, rows: slice) -> NDArray[np.uint8]:
        request = self.request
        if not isinstance(request, DecodeStrip) or not isinstance(decoder, Walker):
            return told(decoder, request.label).decode(self._z[rows])
        if self._grids is None:
            self._grids = decoder.walk(self._z, request.knots)
        return decoder.decode_tokens(self._grids[rows])

    def images(self) -> NDArray[np.uint8]:
        """All pictures in the request's shape; those to come are black, or as they were before."""
        assert self._images is not None  # noqa: S101 - `advance` came first
        shape = (*self.request.z.shape[:-1], *self._images.shape[1:])
        return self._images.reshape(shape)
