"""What is said of the frames of strips along each latent: a list in the live lane, as of tiles."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.engine.tiles import DecodeRows, RowsDecoded


@dataclass(frozen=True, slots=True, eq=False)
class DecodeFrames(DecodeRows):
    """Decode frames (n,), the most wanted first; answered by `FramesDecoded`, more than once."""


@dataclass(frozen=True, slots=True, eq=False)
class FramesDecoded(RowsDecoded):
    """Some of the frames (b,) that were wanted, (b, H, W) or (b, H, W, 3); `left` are to come."""
