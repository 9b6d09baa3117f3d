"""How far from data a latent lies: the term that keeps a geodesic near them. numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.latent.standing import LANDMARKS

Floats = NDArray[np.float64]
_SHARPEST = 1e-6


class DataDensity:
    """E(z) = log max p(z) - log p(z) of a kernel density over data, and its slope.

    It is near 0 among data and grows with the square of the distance from them. The kernel is
    Gaussian with Scott's width (Scott, 1992) over at most 1,024 evenly chosen rows.

    Args:
        codes: (N, d) latents of the data, N >= 1.

    Example:
        >>> near = DataDensity([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])
        >>> energy, slope = near.look(np.array([[0.0, 0.0], [1.0, 0.0]]))
        >>> bool(energy[1] > 10 * energy[0]), slope.shape
        (True, (2, 2))
    """

    def __init__(self, codes: ArrayLike) -> None:
        z = np.asarray(codes, dtype=np.float64)
        z = z[np.isfinite(z).all(axis=1)]
        rows = np.unique(np.linspace(0, len(z) - 1, min(len(z), LANDMARKS)).astype(np.int64))
        self.landmarks = z[rows]  # (n, d)
        count, dims = self.landmarks.shape
        spread = float(np.sqrt(self.landmarks.var(axis=0).mean())) if count > 1 else 1.0
        self.width = max(spread, _SHARPEST) * count ** (-1.0 / (dims + 4))
        self._highest = 0.0
        self._highest = float(self._logs(self.landmarks)[0].max())

    def _logs(self, z: Floats) -> tuple[Floats, Floats]:
        """log of the summed kernels (B,), and its slope (B, d)."""
        logs, slopes = np.empty(len(z)), np.empty_like(z)
        for first in range(0, len(z), 256):
            part = z[first : first + 256]
            away = part[:, None] - self.landmarks[None]  # (b, n, d)
            exponent = -0.5 * np.einsum("bnd,bnd->bn", away, away) / self.width**2
            top = exponent.max(axis=1, keepdims=True)
            weight = np.exp(exponent - top)
            total = weight.sum(axis=1)
            logs[first : first + 256] = top[:, 0] + np.log(total)
            mean = np.einsum("bn,bnd->bd", weight, away) / total[:, None]
            slopes[first : first + 256] = -mean / self.width**2
        return logs, slopes

    def look(self, z: Floats) -> tuple[Floats, Floats]:
        """E (B,) >= 0 and its slope (B, d) at latents (B, d)."""
        logs, slopes = self._logs(np.asarray(z, dtype=np.float64))
        energy = self._highest - logs
        inside = energy <= 0.0
        slopes = np.where(inside[:, None], 0.0, -slopes)
        return np.where(inside, 0.0, energy), slopes
