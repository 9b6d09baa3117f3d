"""Decoders that know classes, and one of them as a decoder of its own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.decoders import Decoder
from latentlab.engine.messages import DecodeSource


@runtime_checkable
class KnowsClasses(Protocol):
    """A decoder that can be told a class; `classes` is 0 where z says it all."""

    @property
    def classes(self) -> int:
        """How many."""

    def decode_as(self, z: NDArray[np.float64], label: int) -> NDArray[np.uint8]:
        """(B, d) -> (B, H, W) or (B, H, W, 3)."""


class AsClass:
    """A decoder that is told one class throughout."""

    def __init__(self, decoder: Decoder, knows: KnowsClasses, label: int) -> None:
        self.source: DecodeSource = decoder.source
        self._decoder, self._knows, self._label = decoder, knows, label

    @property
    def latent_dim(self) -> int:
        """d."""
        return self._decoder.latent_dim

    def decode(self, z: NDArray[np.float64]) -> NDArray[np.uint8]:
        """(B, d) -> (B, H, W) or (B, H, W, 3)."""
        return self._knows.decode_as(z, self._label)


def told(decoder: Decoder, label: int | None) -> Decoder:
    """`decoder`, told a class if it knows that one."""
    if label is None or not isinstance(decoder, KnowsClasses) or not 0 <= label < decoder.classes:
        return decoder
    return AsClass(decoder, decoder, label)


def every_class(decoder: Decoder, z: NDArray[np.float64]) -> NDArray[np.uint8] | None:
    """One z (d,) as each class: (Y, H, W[, 3]); None where the decoder knows none."""
    if not isinstance(decoder, KnowsClasses) or not decoder.classes:
        return None
    return np.concatenate([decoder.decode_as(z[None], label) for label in range(decoder.classes)])
