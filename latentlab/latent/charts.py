"""Charts: the correspondence between latent space and the plane that the map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError

Floats = NDArray[np.float64]


class Chart(Protocol):
    """What the map needs of a correspondence between latents (d,) and its points (2,)."""

    @property
    def names(self) -> tuple[str, str]:
        """What the two map axes are called; empty where they have no numbers."""

    @property
    def latent_dim(self) -> int:
        """d."""

    @property
    def steps(self) -> bool:
        """Whether only single places of the map have a latent: the hand goes from one to another.

        Elsewhere the map is continuous, and z may keep a part off it.
        """

    def lift(self, w: ArrayLike) -> Floats:
        """Map points (..., 2) -> latents (..., d)."""

    def project(self, z: ArrayLike) -> Floats:
        """Latents (..., d) -> map points (..., 2)."""

    def place(self, z: ArrayLike) -> Floats:
        """Latents of data (N, d) -> where each is drawn (N, 2)."""

    def snap(self, w: tuple[float, float]) -> tuple[float, float]:
        """The place that stands for a map point: itself on a continuous map."""

    def between(self, a: ArrayLike, b: ArrayLike, t: Floats) -> Floats:
        """Latents (F, d) of the way from map point a to b at t (F,) in [0, 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The plane z = origin + axes @ w, with orthonormal axes (MATH 7).

    Args:
        origin: (d,) the latent point at w = 0.
        axes: (d, 2) orthonormal columns; for d = 1 the second column is zero.
        names: What the two map axes are called ("z1", "PC1", ...).

    Example:
        >>> plane = axes_plane(3, 0, 2)
        >>> plane.project(plane.lift([0.5, -1.0])).tolist()
        [0.5, -1.0]
    """

    origin: Floats
    axes: Floats
    names: tuple[str, str]

    @property
    def latent_dim(self) -> int:
        """d."""
        return len(self.origin)

    @property
    def exact(self) -> bool:
        """Whether the plane is all of latent space (d <= 2)."""
        return self.latent_dim <= 2

    @property
    def steps(self) -> bool:
        """Every map point has a latent."""
        return False

    def lift(self, w: ArrayLike) -> Floats:
        """Map points (..., 2) -> latents (..., d)."""
        return np.asarray(self.origin + np.asarray(w, dtype=np.float64) @ self.axes.T)

    def project(self, z: ArrayLike) -> Floats:
        """Latents (..., d) -> map points (..., 2), orthogonally."""
        return np.asarray((np.asarray(z, dtype=np.float64) - self.origin) @ self.axes)

    def place(self, z: ArrayLike) -> Floats:
        """Latents of data (N, d) -> where each is drawn (N, 2): its projection."""
        return self.project(z)

    def snap(self, w: tuple[float, float]) -> tuple[float, float]:
        """The point itself."""
        return w

    def between(self, a: ArrayLike, b: ArrayLike, t: Floats) -> Floats:
        """Latents (F, d) of the straight way from map point a to b at t (F,)."""
        share = np.asarray(t)[:, None]  # (F, 1)
        return self.lift((1.0 - share) * np.asarray(a) + share * np.asarray(b))


def axes_plane(latent_dim: int, first: int = 0, second: int = 1) -> Plane:
    """The plane of two latent axes through the origin.

    Raises:
        UsageError: An axis does not exist, or both are the same.
    """
    axes = np.zeros((latent_dim, 2))
    if latent_dim == 1:
        axes[0, 0] = 1.0
        return Plane(np.zeros(1), axes, ("z1", ""))
    if first == second or not (0 <= first < latent_dim and 0 <= second < latent_dim):
        raise UsageError(
            f"Axes {first + 1} and {second + 1} do not span a plane of {latent_dim} latents.",
            do="Choose two different axes.",
        )
    axes[first, 0] = axes[second, 1] = 1.0
    return Plane(np.zeros(latent_dim), axes, (f"z{first + 1}", f"z{second + 1}"))


def principal_plane(z: NDArray[np.floating]) -> Plane:
    """The plane of the two leading principal components of codes (N, d), through their mean."""
    latent_dim = z.shape[1]
    if latent_dim == 1:
        return axes_plane(1)
    codes = z.astype(np.float64)
    origin = codes.mean(axis=0)
    centred = codes - origin
    _, vectors = np.linalg.eigh(centred.T @ centred / max(len(codes) - 1, 1))
    axes = vectors[:, [-1, -2]]  # (d, 2), ascending eigenvalues
    # The sign of an eigenvector is arbitrary: fix it, so that the map does not flip at a refresh.
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return Plane(origin, np.asarray(axes * np.where(signs == 0, 1.0, signs)), ("PC1", "PC2"))
