"""Data that stand apart: by what the model gives them, or by how far their codes lie from others.

Every measure is one number for each datum; how it is ordered is said with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.asked import chunks
from latentlab.analysis.nearest import NearestCodes
from latentlab.analysis.scoring import Scorer
from latentlab.data.dataset import Dataset
from latentlab.models.model import Model
from latentlab.models.units import in_units_of
from latentlab.rules import BoundKind, bound_kind
from latentlab.specs import TrainSpec
from latentlab.training.rows import binary_seed

Floats: TypeAlias = NDArray[np.float64]
Measure = Literal["bound", "reconstruction", "kl", "distance"]
GoOn = Callable[[float], None]  # called with the fraction done; may raise to end the work

SAMPLES = 4
ROWS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What the model gives each of n data, in nats.

    Args:
        bound: (n,) the ELBO; the exact log-likelihood where a model has that; None where neither.
        reconstruction: (n,) E_q[log p(x|z)]; None without latents.
        kl: (n,) KL(q(z|x) || p(z)); None where there is none.
        kind: Whether `bound` is a bound, exact, or not there.
        samples: Draws from q for each datum.
    """

    bound: Floats | None
    reconstruction: Floats | None
    kl: Floats | None
    kind: BoundKind
    samples: int

    def of(self, measure: Measure) -> Floats | None:
        """A term by its name."""
        return {"bound": self.bound, "reconstruction": self.reconstruction, "kl": self.kl}.get(
            measure
        )


def bound_terms(
    model: Model,
    dataset: Dataset,
    rows: NDArray[np.integer],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    go_on: GoOn | None = None,
) -> Terms:
    """Bound, reconstruction and KL of rows (n,), pixels binarised as the training saw them.

    The same seed gives the same figures. They are those of the evaluation, with fewer draws.

    Raises:
        UsageError: The data do not fit the model.
    """
    train = model.header.train or TrainSpec()
    dataset = in_units_of(model.header, dataset)
    scorer = Scorer(model.vae, samples, seed, likelihood=False)
    parts: dict[str, list[Floats]] = {}
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = np.asarray(rows[start : start + ROWS_AT_ONCE], np.int64)
        for done, x in chunks(dataset, part, train.binarize, binary_seed(train)):
            labels = dataset.labels[part[done : done + len(x)]]
            scores = scorer.score(x, labels, _quiet)
            for name, values in scores.each.items():
                if values.ndim == 1:
                    parts.setdefault(name, []).append(np.asarray(values, np.float64))
        if go_on is not None:
            go_on(min(1.0, (start + ROWS_AT_ONCE) / len(rows)))
    found = {name: np.concatenate(values) for name, values in parts.items()}
    return _terms(found, bound_kind(model.spec), samples)


def _terms(found: dict[str, Floats], kind: BoundKind, samples: int) -> Terms:
    if "log_likelihood" in found:
        return Terms(found["log_likelihood"], None, None, "exact", samples)
    reconstruction, kl = found.get("reconstruction"), found.get("kl")
    known = kind == "bound" and kl is not None and reconstruction is not None
    if not known or kl is None or reconstruction is None or not np.isfinite(kl).any():
        return Terms(None, reconstruction, None, "none", samples)
    return Terms(reconstruction - kl, reconstruction, kl, "bound", samples)


def _quiet(_fraction: float) -> None:
    """Report to nobody."""


def neighbour_distances(
    z: NDArray[np.floating], k: int, *, look: NearestCodes | None = None, go_on: GoOn | None = None
) -> NDArray[np.float32]:
    """The mean distance in z from each code (N, d) to its k nearest others; infinite without any.

    Example:
        >>> neighbour_distances(np.array([[0.0], [1.0], [3.0]]), 1).tolist()
        [1.0, 1.0, 2.0]
    """
    look = look or NearestCodes(z)
    distances, _ = look.find(np.arange(len(z)), k, go_on)
    if not distances.shape[1]:
        return np.full(len(z), np.inf, np.float32)
    return np.asarray(distances.mean(axis=1), np.float32)


def ranked(values: NDArray[np.floating], measure: Measure) -> NDArray[np.int64]:
    """Rows whose value is known, the oddest first: low bounds, high KLs, large distances.

    Example:
        >>> ranked(np.array([-90.0, np.nan, -300.0, -80.0]), "bound").tolist()
        [2, 0, 3]
    """
    upward = values if measure in ("bound", "reconstruction") else -values
    order = np.argsort(upward, kind="stable")
    return np.asarray(order[~np.isnan(values[order])])
