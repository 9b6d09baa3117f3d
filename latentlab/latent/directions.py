"""Directions that mean something: attribute vectors, and how sure they are.

An attribute vector is mean(z | with) - mean(z | without) (White, 2016; Larsen et al., 2016). How
much it is one direction is told by the cosines of single pairs with it, beside those of random
pairs, and by the effect size of the projections on it (Cohen, 1988). Both are of data that the
vector was not made from: each half of the data is judged by the vector of the other half. numpy
alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError

Floats = NDArray[np.float64]
PAIRS = 2000  # that are drawn, with and without
LEAST = 2  # data of a group
HALVES_FROM = 8  # data of each group, from which on halves judge one another
NOTHING_LEFT = 1e-6  # of its length: what is left of a vector in the span of the others


@dataclass(frozen=True, slots=True)
class Consistency:
    """How much of one direction an attribute is.

    Args:
        cosine: Mean cosine of (with - without) pairs with the vector.
        cosine_std: Its spread over pairs.
        random: Mean cosine of random pairs with it.
        random_std: Its spread.
        effect_size: Cohen's d of the projections: the distance of the means in pooled spreads.
        accuracy: How often the projection alone tells with from without, cut half-way.
        held_out: Whether it was measured on data that the vector was not made from.
    """

    cosine: float
    cosine_std: float
    random: float
    random_std: float
    effect_size: float
    accuracy: float
    held_out: bool


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A named direction in latent space.

    Args:
        name: What it is called.
        vector: (d,) from without to with; strength 1 is its whole length.
        with_count: Data it was made from that have the attribute.
        without_count: And that have not.
        consistency: How sure it is; None where it was not made from data.
        about: In words, what it was made from.
    """

    name: str
    vector: Floats
    with_count: int = 0
    without_count: int = 0
    consistency: Consistency | None = None
    about: str = ""

    @property
    def latent_dim(self) -> int:
        """d."""
        return len(self.vector)

    def walk(self, z: ArrayLike, strengths: ArrayLike) -> Floats:
        """Latents (F, d) from z (d,) by so many strengths (F,).

        Example:
            >>> Direction("right", np.array([2.0, 0.0])).walk([1.0, 1.0], [0.0, 0.5]).tolist()
            [[1.0, 1.0], [2.0, 1.0]]
        """
        at, amounts = np.asarray(z, dtype=np.float64), np.asarray(strengths, dtype=np.float64)
        return np.asarray(at + amounts[:, None] * self.vector)

    def strength_of(self, z: ArrayLike, origin: ArrayLike) -> float:
        """How far z lies along it from an origin, in strengths."""
        away = np.asarray(z, dtype=np.float64) - np.asarray(origin, dtype=np.float64)
        return float(away @ self.vector / max(float(self.vector @ self.vector), 1e-300))

    def holding(self, others: Sequence[Direction]) -> Direction:
        """The same without what it shares with others, so that walking it leaves them as they are.

        Raises:
            UsageError: It lies in their span, so nothing is left; or they are of another space.

        Example:
            >>> right, diagonal = np.array([1.0, 0.0]), np.array([1.0, 1.0])
            >>> Direction("up", diagonal).holding([Direction("right", right)]).vector.tolist()
            [0.0, 1.0]
        """
        kept = [other for other in others if other.name != self.name]
        if not kept:
            return self
        vector = orthogonal(self.vector, np.stack([other.vector for other in kept]))
        names = ", ".join(other.name for other in kept)
        return replace(self, vector=vector, about=f"{self.about}; holding {names}".lstrip("; "))


def attribute(name: str, with_z: ArrayLike, without_z: ArrayLike, *, seed: int = 0) -> Direction:
    """The attribute vector of two groups of codes, with its consistency.

    Args:
        name: What it is called.
        with_z: (N, d) codes of data that have the attribute.
        without_z: (M, d) codes of data that have not.
        seed: Of the pairs that are drawn.

    Raises:
        UsageError: A group has fewer than two data, or both have the same mean.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(200, 3))
        >>> found = attribute("up", z + [0.0, 4.0, 0.0], z)
        >>> found.vector.round(6).tolist(), found.consistency.effect_size > 3
        ([0.0, 4.0, 0.0], True)
    """
    a, b = _group(with_z), _group(without_z)
    if a.shape[1] != b.shape[1]:
        raise UsageError("The two groups are of different latent spaces.", where=name)
    vector = a.mean(axis=0) - b.mean(axis=0)
    if not np.linalg.norm(vector) > 0.0:
        raise UsageError(
            "Both groups have the same mean: there is no direction from one to the other.",
            where=name,
            do="Choose groups that differ.",
        )
    return Direction(name, vector, len(a), len(b), _consistency(a, b, seed))


def orthogonal(vector: ArrayLike, others: ArrayLike) -> Floats:
    """A vector (d,) without its part in the span of others (k, d).

    Raises:
        UsageError: Nothing is left of it.
    """
    v, span = np.asarray(vector, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if span.ndim != 2 or span.shape[1] != len(v):
        raise UsageError("The directions are of different latent spaces.")
    basis, sizes, _ = np.linalg.svd(span.T, full_matrices=False)
    basis = basis[:, sizes > 1e-10 * max(float(sizes.max()), 1e-300)]
    left = v - basis @ (basis.T @ v)
    if np.linalg.norm(left) <= NOTHING_LEFT * np.linalg.norm(v):
        raise UsageError(
            "Nothing is left of this direction when the others are held.", do="Hold fewer."
        )
    return np.asarray(left)


def analogy(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Floats:
    """a : b :: c : ?, which is c + (b - a).

    Example:
        >>> analogy([0.0, 0.0], [1.0, 0.0], [0.0, 2.0]).tolist()
        [1.0, 2.0]
    """
    first, second, third = (np.asarray(z, dtype=np.float64) for z in (a, b, c))
    return np.asarray(third + (second - first))


def cosine(a: ArrayLike, b: ArrayLike) -> float:
    """The cosine of two directions; 0 where one has no length."""
    u, v = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    size = float(np.linalg.norm(u) * np.linalg.norm(v))
    return float(u @ v) / size if size > 0.0 else 0.0


def _group(z: ArrayLike) -> Floats:
    codes = np.asarray(z, dtype=np.float64)
    if codes.ndim != 2:
        raise UsageError("A group is a table of codes (N, d).")
    codes = codes[np.isfinite(codes).all(axis=1)]
    if len(codes) < LEAST:
        raise UsageError("A group needs two data or more.", do="Choose larger groups.")
    return codes


def _consistency(a: Floats, b: Floats, seed: int) -> Consistency:
    source = np.random.default_rng(seed)
    halves = min(len(a), len(b)) >= HALVES_FROM
    if not halves:
        return _judged(a, b, a.mean(axis=0) - b.mean(axis=0), source, held_out=False)
    first, second = _split(a, source), _split(b, source)
    parts = []
    for made, judged in ((0, 1), (1, 0)):
        vector = first[made].mean(axis=0) - second[made].mean(axis=0)
        parts.append(_judged(first[judged], second[judged], vector, source, held_out=True))
    numbers = {
        name: (getattr(parts[0], name) + getattr(parts[1], name)) / 2.0
        for name in ("cosine", "cosine_std", "random", "random_std", "effect_size", "accuracy")
    }
    return Consistency(**numbers, held_out=True)


def _split(z: Floats, source: np.random.Generator) -> tuple[Floats, Floats]:
    order = source.permutation(len(z))
    return z[order[::2]], z[order[1::2]]


def _judged(
    a: Floats, b: Floats, vector: Floats, source: np.random.Generator, *, held_out: bool
) -> Consistency:
    pairs = a[source.integers(len(a), size=PAIRS)] - b[source.integers(len(b), size=PAIRS)]
    both = np.concatenate([a, b])
    others = both[source.integers(len(both), size=(2, PAIRS))]
    cosines, random = _cosines(pairs, vector), _cosines(others[0] - others[1], vector)
    along_a, along_b = a @ vector, b @ vector
    middle = (along_a.mean() + along_b.mean()) / 2.0
    return Consistency(
        float(cosines.mean()),
        float(cosines.std()),
        float(random.mean()),
        float(random.std()),
        _cohen(along_a, along_b),
        float(((along_a > middle).mean() + (along_b <= middle).mean()) / 2.0),
        held_out,
    )


def _cosines(rows: Floats, vector: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1)
    there = lengths > 0
    return np.asarray(rows[there] @ vector / (lengths[there] * np.linalg.norm(vector)))


def _cohen(a: Floats, b: Floats) -> float:
    """The distance of two means in pooled standard deviations; infinite where nothing spreads."""
    count = len(a) + len(b) - 2
    one, other = a.var(ddof=1) if len(a) > 1 else 0.0, b.var(ddof=1) if len(b) > 1 else 0.0
    pooled = np.sqrt(((len(a) - 1) * one + (len(b) - 1) * other) / max(count, 1))
    apart = float(a.mean() - b.mean())
    return apart / float(pooled) if pooled > 0 else float(np.copysign(np.inf, apart))
