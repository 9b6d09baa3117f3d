"""From a few labels to all: along the nearest neighbours of the codes, or by clusters of them.

Nothing here needs a model: codes z (N, d) in, probabilities of classes (N, Y) out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from latentlab.errors import UsageError

Codes = NDArray[np.floating]
Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]
Graph: TypeAlias = Any  # a scipy.sparse.csr_matrix

NEIGHBOURS = 10
REACH = 0.99  # alpha: how much of a datum's labels comes from its neighbours
ROUNDS = 100
SETTLED = 1e-4  # of the largest change of a round
MAX_CENTRES = 1000
TURNS = 20  # of k-means: few codes move after them


def neighbour_graph(z: Codes, neighbours: int = NEIGHBOURS) -> Graph:
    """Symmetric weights between each code and its nearest ones: (N, N), sparse.

    w = exp(-4 (distance / distance to the last neighbour)^2), the larger of both directions
    (Calder et al., 2020: "Poisson learning", section 3).

    Args:
        z: (N, d) codes.
        neighbours: Of each code, itself not counted.

    Example:
        >>> graph = neighbour_graph(np.array([[0.0], [1.0], [9.0], [10.0]]), neighbours=1)
        >>> graph.toarray().astype(bool).astype(int).tolist()
        [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """
    from sklearn.neighbors import NearestNeighbors

    count = len(z)
    k = min(neighbours, count - 1)
    tree = z.shape[1] <= 3  # in few dimensions a tree is faster; in many it looks at everything
    search = NearestNeighbors(n_neighbors=k + 1, algorithm="kd_tree" if tree else "brute")
    distances, found = search.fit(z).kneighbors(z)  # (N, k + 1)
    own = found == np.arange(count)[:, None]
    own[~own.any(axis=1), -1] = True  # among equal codes it may not find itself
    distances, found = distances[~own].reshape(count, k), found[~own].reshape(count, k)
    scale = np.maximum(distances[:, -1:], np.finfo(np.float32).tiny)
    weights = np.exp(-4 * (distances / scale) ** 2).astype(np.float32)
    rows = np.repeat(np.arange(count), k)
    graph = sparse.csr_matrix((weights.ravel(), (rows, found.ravel())), shape=(count, count))
    return graph.maximum(graph.T).tocsr()


def spread(
    graph: Graph,
    labels: Labels,
    classes: int,
    *,
    reach: float = REACH,
    go_on: Callable[[float], bool] | None = None,
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
    known = _known(labels)
    given = np.zeros((len(labels), classes), np.float32)
    given[known, labels[known]] = 1
    degree = np.asarray(graph.sum(axis=1)).ravel()
    root = sparse.diags_array(1 / np.sqrt(np.maximum(degree, np.finfo(np.float32).tiny)))
    smooth = (root @ graph @ root).tocsr().astype(np.float32)
    found = given
    for turn in range(ROUNDS):
        if go_on is not None and not go_on(turn / ROUNDS):
            break
        before, found = found, reach * (smooth @ found) + (1 - reach) * given
        if np.abs(found - before).max() < SETTLED * found.max():
            break
    return normalised(found)


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
