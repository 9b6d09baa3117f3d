"""Does each latent stand for one factor? Four scores, 1 where it does, near 0 where it does not.

All are of the posterior means of data whose generative factors are known (dSprites). They measure
different things and need not agree (Locatello et al., 2019).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Report = Callable[[float], None]

BINS = 20  # of a latent, where a score counts
TREES = 20
TRAIN_SHARE = 0.8
SAP_ROWS = 5000
VOTES = 800  # that teach the FactorVAE score, and as many that test it
BATCH = 64  # data that share a factor
DEAD = 0.01  # of the largest variance: a latent that hardly moves has no vote


class Disentanglement(msgspec.Struct, frozen=True, kw_only=True):
    """Scores, 0 to 1.

    Args:
        mig: Mutual information gap (Chen et al., 2018).
        sap: Separated attribute predictability (Kumar et al., 2018).
        dci_disentanglement: Each latent serves one factor (Eastwood and Williams, 2018).
        dci_completeness: Each factor is in one latent.
        dci_informativeness: Accuracy of the trees that predict factors from latents.
        factor_vae: Accuracy of naming the factor held fixed by the latent that varies least
            (Kim and Mnih, 2018).
        factors: Names of the factors that vary.
        importance: (D, F) of each latent for each factor, of the DCI scores.
        count: Data.
    """

    mig: float
    sap: float
    dci_disentanglement: float
    dci_completeness: float
    dci_informativeness: float
    factor_vae: float
    factors: list[str]
    importance: list[list[float]]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Dci:
    """Of importances (D, F).

    Args:
        disentanglement: 0 to 1.
        completeness: 0 to 1.
        informativeness: Accuracy, 0 to 1.
        importance: (D, F).
    """

    disentanglement: float
    completeness: float
    informativeness: float
    importance: Floats


def scores(
    z: NDArray[np.floating],
    factors: Floats,
    names: tuple[str, ...] = (),
    *,
    seed: int = 0,
    report: Report | None = None,
) -> Disentanglement | None:
    """All scores of codes (N, D) whose factors are (N, F).

    Returns:
        None where fewer than two factors vary.
    """
    varying = [f for f in range(factors.shape[1]) if len(np.unique(factors[:, f])) > 1]
    if len(varying) < 2:
        return None
    codes = z.astype(np.float64)
    classes = np.column_stack([as_classes(factors[:, f]) for f in varying])
    tell = report or (lambda _fraction: None)
    gap = mutual_information_gap(codes, classes)
    tell(0.1)
    dci = dci_scores(codes, classes, seed=seed)
    tell(0.6)
    sap = sap_score(codes, classes, seed=seed)
    tell(0.9)
    return Disentanglement(
        mig=gap,
        sap=sap,
        dci_disentanglement=dci.disentanglement,
        dci_completeness=dci.completeness,
        dci_informativeness=dci.informativeness,
        factor_vae=factor_vae_score(codes, classes, seed=seed),
        factors=[names[f] if f < len(names) else f"factor {f + 1}" for f in varying],
        importance=dci.importance.tolist(),
        count=len(codes),
    )


def as_classes(values: Floats, most: int = 64) -> Ints:
    """The values as classes 0, 1, ...; above `most` of them, as 20 bins of equal counts.

    Example:
        >>> as_classes(np.array([0.5, 2.0, 0.5])).tolist()
        [0, 1, 0]
    """
    unique, classes = np.unique(values, return_inverse=True)
    if len(unique) <= most:
        return np.asarray(classes, dtype=np.int64)
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.searchsorted(edges, values, side="right").astype(np.int64)


def mutual_information(z: Floats, factors: Ints) -> tuple[Floats, Floats]:
    """I(z_j; v_k) of binned latents (D, F), and the entropies H(v_k) (F,), in nats."""
    found = np.empty((z.shape[1], factors.shape[1]))
    entropies = np.empty(factors.shape[1])
    for f in range(factors.shape[1]):
        share = np.bincount(factors[:, f]) / len(z)
        entropies[f] = -_xlogx(share).sum()
        for j in range(z.shape[1]):
            place = _binned(z[:, j])
            joint = np.zeros((BINS, len(share)))
            np.add.at(joint, (place, factors[:, f]), 1 / len(z))
            found[j, f] = _xlogx(joint).sum() - _xlogx(joint.sum(1)).sum() + entropies[f]
    return np.maximum(found, 0), entropies


def mutual_information_gap(z: Floats, factors: Ints) -> float:
    """Mean over factors of (largest - second largest I(z_j; v_k)) / H(v_k).

    Example:
        >>> v = np.arange(400) % 4
        >>> round(mutual_information_gap(np.column_stack([v, v * 0.0]), v[:, None]), 6)
        1.0
    """
    found, entropies = mutual_information(z, factors)
    ordered = np.sort(np.vstack([np.zeros_like(found[:1]), found]), axis=0)
    return float(((ordered[-1] - ordered[-2]) / entropies).mean())


def dci_scores(z: Floats, factors: Ints, *, seed: int = 0) -> Dci:
    """From the importances of random forests that predict each factor from all latents."""
    from sklearn.ensemble import RandomForestClassifier

    order = np.random.default_rng(seed).permutation(len(z))
    cut = int(TRAIN_SHARE * len(z))
    train, test = order[:cut], order[cut:]
    columns, accuracies = [], []
    for f in range(factors.shape[1]):
        # Every split may look at every latent: a choice among a few would credit the others.
        forest = RandomForestClassifier(
            TREES, random_state=seed, min_samples_leaf=2, max_features=None
        )
        forest.fit(z[train], factors[train, f])
        columns.append(forest.feature_importances_)
        accuracies.append(float((forest.predict(z[test]) == factors[test, f]).mean()))
    importance = np.column_stack(columns)  # (D, F)
    by_latent = importance.sum(1) / max(importance.sum(), 1e-300)
    disentangled = (by_latent * (1 - _entropy(importance))).sum()
    complete = (1 - _entropy(importance.T)).mean()
    return Dci(float(disentangled), float(complete), float(np.mean(accuracies)), importance)


def sap_score(z: Floats, factors: Ints, *, seed: int = 0) -> float:
    """Mean over factors of the gap between the two latents whose own linear classifier is best."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    order = np.random.default_rng(seed).permutation(len(z))[: 2 * SAP_ROWS]
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    scaled = (z - z.mean(0)) / np.maximum(z.std(0), 1e-12)
    found = np.zeros((z.shape[1] + 1, factors.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for f in range(factors.shape[1]):
            for j in np.flatnonzero(z.std(0) > 0):
                machine = LinearSVC(C=0.01, class_weight="balanced", max_iter=500)
                machine.fit(scaled[train, j, None], factors[train, f])
                found[j, f] = (machine.predict(scaled[test, j, None]) == factors[test, f]).mean()
    ordered = np.sort(found, axis=0)
    return float((ordered[-1] - ordered[-2]).mean())


def factor_vae_score(z: Floats, factors: Ints, *, seed: int = 0) -> float:
    """Accuracy of a majority vote: which latent varies least names the factor held fixed."""
    rng = np.random.default_rng(seed)
    variance = z.var(0)
    alive = np.flatnonzero(variance > DEAD * variance.max())
    if variance.max() == 0:
        return 0.0
    rows = [_rows_by_class(factors[:, f]) for f in range(factors.shape[1])]
    votes = np.zeros((2, z.shape[1], factors.shape[1]))
    for part in range(2):
        for _ in range(VOTES):
            f = int(rng.integers(factors.shape[1]))
            same = rows[f][int(rng.integers(len(rows[f])))]
            chosen = z[rng.choice(same, BATCH)][:, alive]
            least = alive[(chosen.var(0) / variance[alive]).argmin()]
            votes[part, least, f] += 1
    named = votes[0].argmax(1)  # the factor that each latent stands for
    right = votes[1][np.arange(len(named)), named].sum()
    return float(right / VOTES)


def _rows_by_class(column: Ints) -> list[Ints]:
    order = np.argsort(column, kind="stable")
    cuts = np.flatnonzero(np.diff(column[order])) + 1
    return [part for part in np.split(order, cuts) if len(part) > 1]


def _binned(values: Floats) -> Ints:
    """(N,) -> bins of equal width, as in Locatello et al. (2019)."""
    low, high = values.min(), values.max()
    width = (high - low) or 1.0
    bins: Ints = np.minimum((values - low) / width * BINS, BINS - 1).astype(np.int64)
    return bins


def _entropy(weights: Floats) -> Floats:
    """Of each row's shares, in units of its largest: (R, C) -> (R,) in 0 .. 1."""
    shares = weights / np.maximum(weights.sum(1, keepdims=True), 1e-300)
    return np.asarray(-_xlogx(shares).sum(1) / np.log(max(weights.shape[1], 2)))


def _xlogx(values: Floats) -> Floats:
    return np.asarray(values * np.log(np.where(values > 0, values, 1.0)))
