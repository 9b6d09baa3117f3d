"""Labels along nearest neighbours and in clusters, against scikit-learn and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.semi_supervised import LabelSpreading

from latentlab.analysis.spreading import (
    FOLDS,
    SETTINGS,
    clusters,
    nearest,
    neighbour_graph,
    normalised,
    spread,
    tuned,
    weigh,
)
from latentlab.errors import UsageError


def _rings(count: int = 300, seed: int = 0):
    """Two rings, one around the other: no straight line parts them."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 2
    angle = rng.uniform(0, 2 * np.pi, count)
    radius = 1 + 2 * y + rng.normal(0, 0.08, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), y


def _few(y: np.ndarray, each: int) -> np.ndarray:
    labels = np.full(len(y), -1)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)[:each]
        labels[rows] = label
    return labels


def test_labels_run_along_rings_that_no_straight_line_parts():
    z, y = _rings()
    found = spread(neighbour_graph(z), _few(y, 3), 2)
    assert (found.argmax(1) == y).mean() == 1.0
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


def test_spreading_ends_where_its_closed_form_is():
    """F = (1 - alpha) (I - alpha S)^-1 Y (Zhou et al., 2004)."""
    z, y = _rings(60)
    labels = _few(y, 4)
    graph = neighbour_graph(z, 5)
    w = graph.toarray().astype(np.float64)
    assert (w == w.T).all()
    assert (np.diag(w) == 0).all()
    degree = w.sum(1)
    s = w / np.sqrt(degree[:, None] * degree[None])
    given = np.zeros((60, 2))
    given[labels >= 0, labels[labels >= 0]] = 1
    exact = normalised(np.linalg.solve(np.eye(60) - 0.8 * s, given))
    np.testing.assert_allclose(spread(graph, labels, 2, reach=0.8), exact, atol=2e-3)


def test_it_agrees_with_scikit_learn_on_a_graph_of_plain_neighbours():
    z, y = _rings(200, seed=3)
    labels = _few(y, 5)
    theirs = LabelSpreading(kernel="knn", n_neighbors=11, alpha=0.9, max_iter=500).fit(z, labels)
    ours = spread(neighbour_graph(z, 10), labels, 2, reach=0.9).argmax(1)
    assert (ours == theirs.transduction_).mean() > 0.97


def test_weights_follow_their_formula():
    z = np.array([[0.0], [1.0], [3.0]])
    w = neighbour_graph(z, 2, 4.0).toarray()
    # of 0 the last neighbour is 3 away, of 1 it is 2, of 3 it is 3: the larger weight of both
    assert w[0, 1] == pytest.approx(np.exp(-4 * (1 / 3) ** 2))
    assert w[1, 2] == pytest.approx(np.exp(-4 * (2 / 3) ** 2))
    assert w[0, 2] == pytest.approx(np.exp(-4))


def test_equal_codes_and_codes_out_of_reach_are_no_trouble():
    z = np.concatenate([np.zeros((30, 2)), np.full((30, 2), 50.0)])
    labels = np.full(60, -1)
    labels[0] = 1
    found = spread(neighbour_graph(z, 4), labels, 3)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[45], 1 / 3)
    assert found[0].argmax() == 1


def test_clusters_begin_at_the_labelled_codes_and_carry_their_classes():
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0], [6.0, 6.0]])
    which = np.arange(200) % 4
    z = centres[which] + rng.normal(0, 0.5, (200, 2))
    y = np.array([0, 1, 1, 0])[which]  # a class may be two clusters
    labels = np.full(200, -1)
    labels[:4] = y[:4]
    found = clusters(z, labels, 2)
    assert (found.argmax(1) == y).all()
    assert (found.max(1) > 0.99).all()


def test_labels_that_share_a_cluster_share_its_probability():
    z = np.repeat([[0.0], [9.0]], 10, axis=0)  # equal codes: their centres are one
    labels = np.full(20, -1)
    labels[[0, 10, 11, 12]] = [0, 1, 1, 0]
    found = clusters(z, labels, 2)
    np.testing.assert_allclose(found[:10], [[1, 0]] * 10, atol=1e-2)
    np.testing.assert_allclose(found[10:], [[1 / 3, 2 / 3]] * 10, atol=1e-2)


def test_without_a_label_there_is_nothing_to_begin_with():
    z, _ = _rings(20)
    nothing = np.full(20, -1)
    with pytest.raises(UsageError, match="No row has a label"):
        spread(neighbour_graph(z), nothing, 2)
    with pytest.raises(UsageError, match="No row has a label"):
        clusters(z, nothing, 2)


def test_settings_are_chosen_by_the_known_labels_alone():
    """The chosen ones find most of the known labels when a fold of them is hidden, one by one."""
    rng = np.random.default_rng(5)
    y = np.arange(400) % 2
    z = rng.normal(0, 1, (400, 3)) + 1.2 * y[:, None]
    labels = np.where(np.arange(400) < 80, y, -1)
    found = nearest(z)
    chosen = tuned(found, labels, 2)
    scores = []
    for sharpness, reach in SETTINGS:
        right = 0
        for fold in range(FOLDS):
            hidden = np.zeros(400, dtype=bool)
            for label in (0, 1):
                hidden[np.flatnonzero(labels == label)[fold::FOLDS]] = True
            votes = spread(
                weigh(found, sharpness), np.where(hidden, -1, labels), 2, reach=reach
            ).argmax(1)
            right += int((votes[hidden] == y[hidden]).sum())
        scores.append(right)
    assert max(scores) > min(scores)  # or any would be chosen
    assert scores[SETTINGS.index(chosen)] >= max(scores) - 1  # it spreads in fewer rounds
    assert tuned(found, np.where(np.arange(400) < 10, y, -1), 2) == SETTINGS[0]


def test_it_ends_where_it_is_told_to():
    z, y = _rings(60)
    told: list[float] = []

    def go_on(done: float) -> bool:
        told.append(done)
        return len(told) < 3

    spread(neighbour_graph(z), _few(y, 2), 2, go_on=go_on)
    assert told == [0.0, 0.01, 0.02]
