"""What a model of code grids can do beside others: numpy in, numpy out.

A datum is a grid of codes (T,); on the map it stands at its pooled code (d,), the mean of the
grid's vectors. A point of the map is no grid: the nearest one of the data stands for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.errors import RefusedError, UsageError
from latentlab.models.grids import Grids, cross_fade
from latentlab.models.vae import VAE
from latentlab.models.vq import Quantised

Floats = NDArray[np.float32]
Tokens = NDArray[np.int16]

GRIDS_AT_ONCE = 1024


class Coded:
    """The part of `Model` that is about grids of codes.

    Attributes:
        grids: Those of the data, by which a point of the map becomes a grid.
    """

    vae: VAE
    grids: Grids | None = None

    @property
    def quantised(self) -> bool:
        """Whether a datum is a grid of codes."""
        return isinstance(self.vae, Quantised)

    def know(self, grids: Grids, where: str = "") -> None:
        """Look among `grids` from now on.

        Raises:
            RefusedError: They are not this model's.
        """
        vae = self._quantised()
        if grids.tokens.shape[1] != sum(vae.counts):
            raise RefusedError("The stored code grids have another size.", where=where)
        self.grids = grids

    def pooled(self, tokens: Tokens) -> Floats:
        """The mean vector of each grid: (N, T) -> (N, d)."""
        vae = self._quantised()
        return self._of_tokens(tokens, lambda part: vae.pooled(vae.vectors(part)))

    def vectors(self, tokens: Tokens) -> Floats:
        """All vectors of each grid, one after the other: (N, T) -> (N, T * d)."""
        return self._of_tokens(tokens, self._quantised().vectors)

    def decode_tokens(self, tokens: Tokens) -> Floats:
        """E[x|z] of grids: (N, T) codes -> pictures (N, C, H, W).

        Raises:
            UsageError: The grids are not the model's, or the model has none.
        """
        vae = self._quantised()
        tokens = np.asarray(tokens)
        count = sum(vae.counts)
        if tokens.ndim != 2 or tokens.shape[1] != count:
            raise UsageError(
                f"A grid of this model has {count} codes, not {tokens.shape[-1]}.",
                do="Give the codes that `tokens` returned.",
            )
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < vae.codes:
            raise UsageError(f"Codes go from 0 to {vae.codes - 1}.", do="Give other codes.")
        return self._of_tokens(tokens, lambda part: vae.decode(vae.vectors(part)))

    def grids_at(self, points: Floats) -> Tokens:
        """The grids of points (B, T * d), or those nearest to pooled ones (B, d): (B, T).

        Raises:
            RefusedError: There are no grids to look among.
        """
        vae = self._quantised()
        if points.shape[1] == vae.z_dim:
            with torch.inference_mode():
                device = next(vae.parameters()).device
                tokens = vae.tokens_of(torch.from_numpy(points.astype(np.float32)).to(device))
                return tokens.cpu().numpy().astype(np.int16)
        if self.grids is None:
            raise RefusedError(
                "This model decodes grids of codes, and a point alone is none.",
                do="Take a file with its map (train --save), or name a datum (data:17, --data).",
            )
        return self.grids.tokens[self.grids.nearest(points)]

    def cross_fade(self, z: Floats, knots: tuple[int, ...] = ()) -> Tokens:
        """The grids of a path (F, d): from that at its first point to that at its last: (F, T)."""
        ends = z[list(knots)] if knots else z[[0, -1]]
        return cross_fade(self.grids_at(ends), len(z), knots=knots)

    def _quantised(self) -> Quantised:
        if not isinstance(self.vae, Quantised):
            raise UsageError("This model has no codebook.", do="Open one with the posterior vq.")
        return self.vae

    def _of_tokens(self, tokens: NDArray[Any], function: Callable[[Tensor], Tensor]) -> Floats:
        device = next(self.vae.parameters()).device
        with torch.inference_mode():
            parts = [
                function(torch.from_numpy(part.astype(np.int64)).to(device)).float().cpu().numpy()
                for part in np.array_split(tokens, max(1, -(-len(tokens) // GRIDS_AT_ONCE)))
            ]
        return np.concatenate(parts)
