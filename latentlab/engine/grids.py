"""The live lane's decoder of a model whose data are grids of codes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.engine.messages import DecodeSource
from latentlab.engine.network import NetworkDecoder, live_device
from latentlab.models.density import Density
from latentlab.models.grids import Grids, cross_fade
from latentlab.models.vae import VAE
from latentlab.models.vq import Quantised


class GridDecoder(NetworkDecoder):
    """Decodes the real grid nearest to a point; a path cross-fades from grid to grid.

    It answers once it knows grids (`look_among`), which come with the embedded data.

    Args:
        vae: The model; its weights are copied.
        device: Where to decode.
    """

    source: DecodeSource = "nearest code grid"

    def __init__(self, vae: Quantised, device: torch.device) -> None:
        super().__init__(vae, device)
        self._grids = Grids(np.zeros((0, self.latent_dim)), np.zeros((0, 0), np.int16))

    def look_among(self, grids: Grids) -> None:
        """Take the nearest of `grids` from now on; callable from any thread."""
        self._grids = grids

    def walk(self, z: NDArray[np.float64], knots: tuple[int, ...] = ()) -> NDArray[np.int16]:
        """The grids of a path (F, d), each token switching at a time of its own: (F, T)."""
        grids = self._grids
        ends = z[list(knots)] if knots else z[[0, -1]]
        return cross_fade(grids.tokens[grids.nearest(ends)], len(z), knots=knots)

    def decode_tokens(self, tokens: NDArray[np.int16]) -> NDArray[np.uint8]:
        """(B, T) -> (B, H, W) or (B, H, W, 3)."""
        return self._safely(tokens.astype(np.float32), self._of_tokens)

    def _pictures(self, points: Tensor) -> Tensor:
        grids = self._grids
        rows = grids.nearest(points.cpu().numpy())
        return self._of_tokens(torch.from_numpy(grids.tokens[rows].astype(np.float32)))

    def _of_tokens(self, tokens: Tensor) -> Tensor:
        vae = self._vae
        assert isinstance(vae, Quantised)  # noqa: S101 - it was made from one
        return vae.decode(vae.vectors(tokens.long().to(self._device)))


def decoder_for(vae: VAE, device: torch.device) -> NetworkDecoder | None:
    """What decodes a model that computes on `device`; None where it has no latents."""
    if isinstance(vae, Density):
        return None
    kind = GridDecoder if isinstance(vae, Quantised) else NetworkDecoder
    return kind(vae, live_device(device))  # type: ignore[arg-type]
