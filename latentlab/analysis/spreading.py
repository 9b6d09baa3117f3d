"""From a few labels to all: along the nearest neighbours of the codes, or by clusters of them.

Nothing here needs a model: codes z (N, d) in, probabilities of classes (N, Y) out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from latentlab.errors import UsageError

Codes = NDArray[np.floating]
Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]
GoOn = Callable[[float], bool]
Graph: TypeAlias = Any  # a scipy.sparse.csr_matrix

NEIGHBOURS = 10
REACH = 0.99  # alpha: how much of a datum's labels comes from its neighbours
ROUNDS = 100
SETTLED = 1e-4  # of the largest change of a round
SHARPNESS = 8.0  # of weights
SETTINGS = ((8.0, 0.99), (4.0, 0.99), (16.0, 0.99), (8.0, 0.95), (16.0, 0.95))  # and reach
FOLDS = 4
TUNING_ROUNDS = 40
MAX_CENTRES = 1000
TURNS = 20  # of k-means: few codes move after them


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest codes of each code: distances (N, k) ascending, and rows (N, k)."""

    distances: NDArray[np.floating]
    rows: NDArray[np.int64]


def nearest(z: Codes, neighbours: int = NEIGHBOURS) -> Neighbours:
    """The nearest ones of each code (N, d), itself not counted."""
    from sklearn.neighbors import NearestNeighbors

    count = len(z)
    k = min(neighbours, count - 1)
    tree = z.shape[1] <= 3  # in few dimensions a tree is faster; in many it looks at everything
    search = NearestNeighbors(n_neighbors=k + 1, algorithm="kd_tree" if tree else "brute")
    distances, found = search.fit(z).kneighbors(z)  # (N, k + 1)
    own = found == np.arange(count)[:, None]
    own[~own.any(axis=1), -1] = True  # among equal codes it may not find itself
    return Neighbours(distances[~own].reshape(count, k), found[~own].reshape(count, k))


def weigh(found: Neighbours, sharpness: float = SHARPNESS) -> Graph:
    """Symmetric weights between neighbours: (N, N), sparse.

    w = exp(-sharpness (distance / distance to the last neighbour)^2), the larger of both directions
    (after Calder et al., 2020: "Poisson learning", section 3).

    Example:
        >>> graph = weigh(nearest(np.array([[0.0], [1.0], [9.0], [10.0]]), 1))
        >>> graph.toarray().astype(bool).astype(int).tolist()
        [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """
    count, k = found.rows.shape
    scale = np.maximum(found.distances[:, -1:], np.finfo(np.float32).tiny)
    weights = np.exp(-sharpness * (found.distances / scale) ** 2).astype(np.float32)
    rows = np.repeat(np.arange(count), k)
    graph = sparse.csr_matrix((weights.ravel(), (rows, found.rows.ravel())), shape=(count, count))
    return graph.maximum(graph.T).tocsr()


def neighbour_graph(z: Codes, neighbours: int = NEIGHBOURS, sharpness: float = SHARPNESS) -> Graph:
    """The weights of `weigh` between each code and its nearest ones."""
    return weigh(nearest(z, neighbours), sharpness)


def spread(
    graph: Graph,
    labels: Labels,
    classes: int,
    *,
    reach: float = REACH,
    go_on: GoOn | None = None,
) -> Probabilities:
    """Label spreading (Zhou et al., 2004): F <- alpha S F + (1 - alpha) Y, S = D^-1/2 W D^-1/2.

    Args:
        graph: Weights W (N, N).
        labels: (N,), -1 where unknown.
        classes: Y.
        reach: alpha, 0 to 1.
        go_on: Told how much is done; it ends when it says no.

    Returns:
        (N, Y): shares of 1; all alike where no label reaches.

    Raises:
        UsageError: No label is known.

    Example:
        >>> graph = neighbour_graph(np.array([[0.0], [1.0], [2.0], [8.0], [9.0]]), neighbours=1)
        >>> spread(graph, np.array([0, -1, -1, 1, -1]), 2).argmax(1).tolist()
        [0, 0, 0, 1, 1]
    """
    return normalised(_spread(graph, _given(labels, classes), reach, ROUNDS, go_on))


def tuned(
    found: Neighbours, labels: Labels, classes: int, *, go_on: GoOn | None = None
) -> tuple[float, float]:
    """The sharpness and reach that find most of the known labels, each fold hidden once.

    Returns:
        Those of `SETTINGS`; the first of them where there is too little to choose by.
    """
    known = _known(labels)
    if len(known) < 2 * FOLDS * classes:
        return SETTINGS[0]
    turn = np.empty(len(known), dtype=np.int64)
    for label in np.unique(labels[known]):  # each class goes round the folds
        of_class = labels[known] == label
        turn[of_class] = np.arange(of_class.sum()) % FOLDS
    folds = [
        np.where(np.isin(np.arange(len(labels)), known[turn == k]), -1, labels)
        for k in range(FOLDS)
    ]
    given = np.concatenate([_given(fold, classes) for fold in folds], axis=1)  # (N, folds * Y)
    scores = []
    for place, (sharpness, reach) in enumerate(SETTINGS):
        if go_on is not None and not go_on(place / len(SETTINGS)):
            return SETTINGS[0]
        spreading = _spread(weigh(found, sharpness), given, reach, TUNING_ROUNDS, None)
        votes = spreading[known].reshape(len(known), FOLDS, classes)
        right = votes[np.arange(len(known)), turn].argmax(1) == labels[known]
        scores.append(int(right.sum()))
    return SETTINGS[int(np.argmax(scores))]


def _given(labels: Labels, classes: int) -> Probabilities:
    known = _known(labels)
    given = np.zeros((len(labels), classes), np.float32)
    given[known, labels[known]] = 1
    return given


def _spread(
    graph: Graph, given: Probabilities, reach: float, rounds: int, go_on: GoOn | None
) -> Probabilities:
    degree = np.asarray(graph.sum(axis=1)).ravel()
    root = sparse.diags_array(1 / np.sqrt(np.maximum(degree, np.finfo(np.float32).tiny)))
    smooth = (root @ graph @ root).tocsr().astype(np.float32)
    found = given
    for turn in range(rounds):
        if go_on is not None and not go_on(turn / rounds):
            break
        before, found = found, reach * (smooth @ found) + (1 - reach) * given
        if np.abs(found - before).max() < SETTLED * found.max():
            break
    return found


def clusters(z: Codes, labels: Labels, classes: int) -> Probabilities:
    """k-means from the labelled codes as centres; a cluster is of the classes of its labels.

    Args:
        z: (N, d) codes.
        labels: (N,), -1 where unknown.
        classes: Y.

    Returns:
        (N, Y): shares of 1; a cluster that its labelled code left keeps that code's class.

    Raises:
        UsageError: No label is known.

    Example:
        >>> z = np.array([[0.0], [1.0], [9.0], [10.0]])
        >>> clusters(z, np.array([0, -1, -1, 1]), 2).argmax(1).tolist()
        [0, 0, 1, 1]
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    known = _known(labels)
    centres = known[: min(MAX_CENTRES, max(1, len(z) // 2))]
    with warnings.catch_warnings():
        # Fewer distinct codes than centres: equal centres share a cluster, which is right.
        warnings.simplefilter("ignore", ConvergenceWarning)
        means = KMeans(len(centres), init=z[centres], n_init=1, max_iter=TURNS).fit(z)
    votes = np.zeros((len(centres), classes), np.float32)
    votes[np.arange(len(centres)), labels[centres]] = 1e-3
    np.add.at(votes, (means.labels_[known], labels[known]), 1)
    places: NDArray[np.int64] = means.labels_
    return normalised(votes)[places]


def normalised(votes: NDArray[np.floating]) -> Probabilities:
    """Rows of votes (N, Y) as shares of 1; all alike where there are none."""
    total = votes.sum(axis=1, keepdims=True)
    shares = votes / np.where(total > 0, total, 1)
    return np.asarray(np.where(total > 0, shares, 1 / votes.shape[1]), dtype=np.float32)


def _known(labels: Labels) -> NDArray[np.int64]:
    known = np.flatnonzero(labels >= 0)
    if not len(known):
        raise UsageError(
            "No row has a label to begin with.", do="Give at least one for each class."
        )
    return known
