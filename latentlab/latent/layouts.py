"""Layouts: maps that keep neighbours together and have no axes (t-SNE, UMAP)."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.latent.charts import Floats

LayoutKind = Literal["tsne", "umap"]
TITLES: dict[LayoutKind, str] = {"tsne": "t-SNE", "umap": "UMAP"}
NEIGHBOURS = 8  # codes that a place of the map is mixed of
MOST_PLACES = 1_000_000  # data that are looked up on the map; of more, evenly chosen ones
MOST_CODES = 4096  # data that a z from elsewhere is looked up among
FARTHEST = 1e100  # squares of it are numbers still
NO_UMAP = "UMAP needs a package that is not installed: pip install 'latentlab[umap]'."


def has_umap() -> bool:
    """Whether umap-learn can be used here; it is looked for, not loaded."""
    return find_spec("umap") is not None


def mix_weights(distances: Floats) -> Floats:
    """What each of the nearest things counts in a mix: (..., k + 1) distances -> (..., k).

    w_i = ((R - d_i) / (R d_i))^2 over their sum, R the distance of the farthest, which counts
    nothing: the mix is continuous, and at a thing itself it is that thing (modified Shepard
    weights; Franke and Nielson, 1980).

    Args:
        distances: Ascending.

    Example:
        >>> mix_weights(np.array([1.0, 1.0, 2.0])).tolist()
        [0.5, 0.5]
        >>> mix_weights(np.array([0.0, 1.0, 2.0])).tolist()
        [1.0, 0.0]
    """
    near, reach = distances[..., :-1], distances[..., -1:]
    on_it = near == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = ((reach - near) / (reach * near)) ** 2
    weights = np.where(on_it.any(axis=-1, keepdims=True), on_it.astype(np.float64), weights)
    total = weights.sum(axis=-1, keepdims=True)
    # All of them as far as the farthest: none is nearer than another.
    return np.asarray(
        np.divide(weights, total, out=np.full_like(weights, 1 / near.shape[-1]), where=total > 0)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Data laid out so that neighbours in z are neighbours on the map; z of a place is a mix.

    Args:
        kind: How they were laid out.
        z: (N, d) their codes.
        xy: (N, 2) where each lies; NaN for a code that is not finite.
        fitted: How many were laid out together; the others lie among their nearest of those.

    Example:
        >>> layout = lay("tsne", np.eye(3, dtype=np.float32), np.array([[0, 0], [1, 0], [0, 1]]), 3)
        >>> layout.lift([0.0, 1.0]).tolist()
        [0.0, 0.0, 1.0]
    """

    kind: LayoutKind
    z: NDArray[np.float32]
    xy: NDArray[np.float32]
    fitted: int
    _places: Any = field(repr=False)  # a k-d tree of xy[_rows]
    _rows: NDArray[np.int64] = field(repr=False)
    _codes: Any = field(repr=False)  # a k-d tree of z[_anchors]
    _anchors: NDArray[np.int64] = field(repr=False)

    @property
    def title(self) -> str:
        """What people call it."""
        return TITLES[self.kind]

    @property
    def names(self) -> tuple[str, str]:
        """Its axes mean nothing."""
        return ("", "")

    @property
    def latent_dim(self) -> int:
        """d."""
        return int(self.z.shape[1])

    @property
    def steps(self) -> bool:
        """Every place has a mix."""
        return False

    @property
    def mixes(self) -> bool:
        """That is all that a place has."""
        return True

    def lift(self, w: ArrayLike) -> Floats:
        """Places (..., 2) -> the distance-weighted mix of the nearest codes there (..., d)."""
        at = np.clip(np.nan_to_num(np.asarray(w, dtype=np.float64)), -FARTHEST, FARTHEST)
        count = min(NEIGHBOURS + 1, len(self._rows))
        if count < 2:
            known = self.z[self._rows].sum(axis=0, dtype=np.float64)  # of one code, or of none
            return np.asarray(np.broadcast_to(known, (*at.shape[:-1], self.latent_dim)).copy())
        distances, found = self._places.query(at, k=count)
        codes = self.z[self._rows[found[..., :-1]]].astype(np.float64)  # (..., k, d)
        return np.asarray(np.einsum("...k,...kd->...d", mix_weights(distances), codes))

    def project(self, z: ArrayLike) -> Floats:
        """Latents (..., d) -> the same mix of the places of their nearest codes (..., 2)."""
        latents = np.clip(np.nan_to_num(np.asarray(z, dtype=np.float64)), -FARTHEST, FARTHEST)
        count = min(NEIGHBOURS + 1, len(self._anchors))
        if count < 2:
            known = self.xy[self._anchors].sum(axis=0, dtype=np.float64)
            return np.asarray(np.broadcast_to(known, (*latents.shape[:-1], 2)).copy())
        distances, found = self._codes.query(latents, k=count)
        places = self.xy[self._anchors[found[..., :-1]]].astype(np.float64)  # (..., k, 2)
        return np.asarray(np.einsum("...k,...kc->...c", mix_weights(distances), places))

    def place(self, z: ArrayLike) -> Floats:
        """Where each datum was laid out; other latents where `project` puts them."""
        return self.xy.astype(np.float64) if z is self.z else self.project(z)

    def snap(self, w: tuple[float, float]) -> tuple[float, float]:
        """The place itself."""
        return w

    def between(self, a: ArrayLike, b: ArrayLike, t: Floats) -> Floats:
        """What lies on the straight way over the map from a to b at t (F,): mixes (F, d)."""
        share = np.asarray(t)[:, None]  # (F, 1)
        return self.lift((1.0 - share) * np.asarray(a) + share * np.asarray(b))


def lay(kind: LayoutKind, z: NDArray[np.float32], xy: NDArray[np.floating], fitted: int) -> Layout:
    """A layout with its look-ups, which cost about a second for a million data.

    Args:
        kind: How it was made.
        z: (N, d) codes.
        xy: (N, 2) places; a row that is not finite is not looked up.
        fitted: How many of the data were laid out together.
    """
    from scipy.spatial import cKDTree

    places = np.asarray(xy, np.float32)
    seen = np.flatnonzero(np.isfinite(places).all(axis=1) & np.isfinite(z).all(axis=1))
    rows, anchors = _evenly(seen, MOST_PLACES), _evenly(seen, MOST_CODES)
    near_place = cKDTree(places[rows].astype(np.float64))
    near_code = cKDTree(z[anchors].astype(np.float64))
    return Layout(kind, z, places, fitted, near_place, rows, near_code, anchors)


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows if len(rows) <= most else rows[np.arange(most) * len(rows) // most]
