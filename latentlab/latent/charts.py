"""Charts: the correspondence between latent space and the plane that the map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError

Floats = NDArray[np.float64]

SHRINKAGE = 1e-6  # next to nothing: a latent that never varies makes the variance singular
ACTIVE_VARIANCE = 0.01
COMPONENTS = ("PC1", "PC2")
STEADY = 0.9
ON_A_LINE = 1e-6  # of the longer side: a lower triangle is a line


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

    @property
    def mixes(self) -> bool:
        """Whether the latent of a place is a mix of codes around it, as on a layout.

        A place of a plane is one latent exactly, and z may have a part off the plane.
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

    @property
    def mixes(self) -> bool:
        """Each has one of its own."""
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

    def off(self, z: ArrayLike) -> Floats:
        """Distance of latents (..., d) from the plane: (...,)."""
        latents = np.asarray(z, dtype=np.float64)
        return np.asarray(np.linalg.norm(latents - self.lift(self.project(latents)), axis=-1))

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


def principal_plane(z: NDArray[np.floating], former: Plane | None = None) -> Plane:
    """The plane of the two leading principal components of codes (N, d), through their mean.

    Args:
        z: (N, d) codes.
        former: The plane of the same data a moment ago, while they move. Components of nearly equal
            variance change places from one moment to the next: the former axes stay as long as they
            hold `STEADY` of the variance that the leading two hold, so that an eye can follow.

    Example:
        >>> z = np.array([[0.0, 1, 0], [0, -1, 0], [0.99, 0, 0], [-0.99, 0, 0]])
        >>> former = principal_plane(z)
        >>> moved = z * [1.1, 1, 1]  # the other one leads now
        >>> abs(principal_plane(moved, former).axes[:, 0]).tolist()
        [0.0, 1.0, 0.0]
    """
    latent_dim = z.shape[1]
    if latent_dim == 1:
        return axes_plane(1)
    codes = z.astype(np.float64)
    origin = codes.mean(axis=0)
    codes -= origin
    axes = _signed(_components(codes)[:, :2])
    if former is not None and former.names == COMPONENTS and former.latent_dim == latent_dim:
        held = [np.square(codes @ some).sum() for some in (former.axes, axes)]
        if held[0] >= STEADY * held[1]:
            axes = former.axes
    return Plane(origin, axes, COMPONENTS)


def discriminant_plane(z: NDArray[np.floating], labels: NDArray[np.integer]) -> Plane:
    """The plane in which classes lie farthest apart, through the mean of the labelled codes.

    Its first axis is the leading discriminant direction w, which maximises the ratio of the
    variance between classes to that within them, w^T S_b w / w^T S_w w; its second is the part of
    the next one that is orthogonal to it (two classes have none: there the leading principal
    component of what is left is taken). Fisher, 1936; Rao, 1948. Latents whose codes vary by less
    than 0.01 have no say: the ratio does not see that they hardly move, and the decoder ignores
    them.

    Args:
        z: (N, d) codes, d at least 2.
        labels: (N,) classes, -1 where unlabelled: those have no say.

    Raises:
        UsageError: There are not two classes with two codes each.

    Example:
        >>> z = np.array([[0.0, -1, 0], [0, 1, 0.1], [4, -1, 0], [4, 1, 0.2]])
        >>> plane = discriminant_plane(z, np.array([0, 0, 1, 1]))
        >>> abs(plane.axes[:, 0]).round(2).tolist()
        [1.0, 0.0, 0.0]
    """
    known = np.isfinite(z).all(axis=1) & (labels >= 0)
    values, counts = np.unique(labels[known], return_counts=True)
    known &= np.isin(labels, values[counts > 1])
    if np.count_nonzero(counts > 1) < 2:
        raise UsageError(
            "Discriminants need labels of two classes.", do="Choose principal components."
        )
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    codes = z[known].astype(np.float64)
    origin = codes.mean(axis=0)
    active = codes.var(axis=0) > ACTIVE_VARIANCE
    if np.count_nonzero(active) < 2:
        active = np.ones(z.shape[1], np.bool_)
    analysis = LinearDiscriminantAnalysis(solver="eigen", shrinkage=SHRINKAGE)
    found = analysis.fit(codes[:, active], labels[known]).scalings_[:, :2]
    directions = np.zeros((z.shape[1], found.shape[1]))
    directions[active] = found
    first = directions[:, :1] / np.linalg.norm(directions[:, 0])
    rest, names = directions[:, 1:], ("LD1", "LD2")
    if np.count_nonzero(counts > 1) == 2:
        centred = codes - origin
        rest, names = _components(centred - centred @ first @ first.T)[:, :1], ("LD1", "PC1")
    second = rest - first @ (first.T @ rest)
    return Plane(origin, _signed(np.hstack([first, second / np.linalg.norm(second)])), names)


def points_plane(points: ArrayLike) -> Plane:
    """The plane through three latent points: the first at (0, 0), the second on the first axis.

    Args:
        points: (3, d) latents, d at least 2.

    Raises:
        UsageError: They lie on a line.

    Example:
        >>> plane = points_plane([[0, 0, 1], [2, 0, 1], [1, 3, 1]])
        >>> plane.project([[0, 0, 1], [2, 0, 1], [1, 3, 1]]).tolist()
        [[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]]
    """
    origin, second, third = np.asarray(points, dtype=np.float64)
    across, up = second - origin, third - origin
    length = float(np.linalg.norm(across))
    first = across / length if length else across
    rest = up - first * (first @ up)
    height = float(np.linalg.norm(rest))
    if not length or height <= ON_A_LINE * max(length, float(np.linalg.norm(up))):
        raise UsageError("The three points lie on a line.", do="Pick another third point.")
    return Plane(origin, np.stack([first, rest / height], axis=1), ("to point 2", "to point 3"))


def _components(centred: Floats) -> Floats:
    """Principal directions of centred codes (N, d), the leading one first: (d, d)."""
    _, vectors = np.linalg.eigh(centred.T @ centred / max(len(centred) - 1, 1))
    return np.asarray(vectors[:, ::-1])  # eigh's eigenvalues ascend


def _signed(axes: Floats) -> Floats:
    """Axes (d, 2) with signs of their own, so that the map does not flip at a refresh."""
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return np.asarray(axes * np.where(signs == 0, 1.0, signs))
