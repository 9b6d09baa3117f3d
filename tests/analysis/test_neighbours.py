"""Accuracies of a map, and distances in it."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.analysis import neighbours
from latentlab.analysis.neighbours import SPREAD_ROWS, codes_spread, knn_accuracy
from latentlab.analysis.probe import calibration, linear_probe

RNG = np.random.default_rng(0)


def linear_accuracy(train_z, train_y, test_z, test_y) -> float | None:
    found = linear_probe(train_z, train_y, test_z, test_y)
    return None if found is None else found.accuracy


@pytest.fixture
def blobs():
    y = np.arange(600) % 3
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    return centres[y] + RNG.normal(size=(600, 2)), y.astype(np.int64)


def test_blobs_that_lie_apart_are_told_apart(blobs):
    z, y = blobs
    assert knn_accuracy(z[:400], y[:400], z[400:], y[400:]) > 0.98
    assert linear_accuracy(z[:400], y[:400], z[400:], y[400:]) > 0.98


def test_noise_is_not(blobs):
    z, y = RNG.normal(size=(600, 2)), blobs[1]
    assert knn_accuracy(z[:400], y[:400], z[400:], y[400:]) < 0.5
    assert linear_accuracy(z[:400], y[:400], z[400:], y[400:]) < 0.5


def test_a_ring_is_seen_by_neighbours_and_not_by_a_plane():
    angle, y = RNG.uniform(0, 2 * np.pi, 800), np.arange(800) % 2
    z = np.column_stack([np.cos(angle), np.sin(angle)]) * (1 + 2 * y[:, None])
    assert knn_accuracy(z[:600], y[:600], z[600:], y[600:]) > 0.98
    assert linear_accuracy(z[:600], y[:600], z[600:], y[600:]) < 0.7


def test_the_vote_is_that_of_a_plain_computation(blobs):
    z, y = blobs[0] / 3, blobs[1]
    hits = 0
    for point, label in zip(z[500:], y[500:], strict=True):
        order = np.argsort(((z[:500] - point) ** 2).sum(1))[:10]
        hits += np.bincount(y[order]).argmax() == label
    assert knn_accuracy(z[:500], y[:500], z[500:], y[500:]) == hits / 100


def test_unlabelled_data_neither_vote_nor_are_asked(blobs):
    z, y = blobs
    hidden = np.where(np.arange(600) % 2, y, -1)
    assert knn_accuracy(z[:400], hidden[:400], z[400:], hidden[400:]) > 0.98


@pytest.mark.parametrize("accuracy", [knn_accuracy, linear_accuracy])
def test_without_labels_or_with_one_class_there_is_no_accuracy(blobs, accuracy):
    z, y = blobs
    none, one = np.full(600, -1), np.zeros(600, dtype=np.int64)
    assert accuracy(z, none, z, y) is None
    assert accuracy(z, y, z, none) is None
    assert accuracy(z, one, z, one) is None
    assert accuracy(z[:0], y[:0], z, y) is None


def test_the_spread_is_where_most_have_their_nearest():
    z = RNG.normal(size=(SPREAD_ROWS, 2))
    distances = np.sqrt(((z[:, None] - z) ** 2).sum(-1))
    np.fill_diagonal(distances, np.inf)
    assert codes_spread(z) == pytest.approx(np.quantile(distances.min(1), 0.95))


@pytest.mark.parametrize("d", [2, 60])
def test_few_codes_and_many_are_measured_alike(monkeypatch, d):
    """Many go through scikit-learn's trees, few through plain numpy: the same distances."""
    z = RNG.normal(size=(3000, d)).astype(np.float32)
    plain = codes_spread(z)
    monkeypatch.setattr(neighbours, "SPREAD_BRUTE_FORCE", 0)
    assert codes_spread(z) == pytest.approx(plain, rel=1e-4)
    assert plain < codes_spread(z[::20])


@pytest.mark.parametrize("shape", [(5, 1), (5, 40)])
def test_codes_that_all_coincide_have_no_spread(shape):
    assert codes_spread(np.ones(shape)) == 0.0
    assert codes_spread(np.ones((1, shape[1]))) == np.inf


def test_doubled_data_are_passed_over():
    z = np.repeat(np.arange(10.0)[:, None], 2, axis=0)
    assert codes_spread(np.vstack([z, [[30.0]]])) > 0


def test_a_probe_of_overlapping_blobs_is_calibrated():
    """Two normals with one covariance: logistic regression is the true posterior."""
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 12_000)
    z = rng.normal(size=(12_000, 1)) + 1.5 * y[:, None]
    found = linear_probe(z[:6000], y[:6000], z[6000:], y[6000:])
    assert found.calibration.expected_error < 0.03
    assert sum(found.calibration.count) == 6000
    assert found.chance == pytest.approx(0.5, abs=0.03)
    from math import erf, sqrt

    assert found.accuracy == pytest.approx(0.5 * (1 + erf(0.75 / sqrt(2))), abs=0.02)


def test_confidence_that_is_too_high_is_an_error():
    right = np.arange(1000) % 2 == 0
    found = calibration(np.full(1000, 0.9), right)
    assert found.expected_error == pytest.approx(0.4)
    assert (found.accuracy, found.count) == ([0.5], [1000])
    two = calibration(np.array([0.2] * 300 + [1.0] * 100), np.array([False] * 300 + [True] * 100))
    assert two.expected_error == pytest.approx(0.2 * 0.75)
