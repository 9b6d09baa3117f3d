"""Layouts as charts: a place is a mix of the codes around it."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.latent.layouts import MOST_CODES, Layout, lay, mix_weights


@pytest.fixture
def layout() -> Layout:
    source = np.random.default_rng(0)
    z = source.normal(size=(300, 6)).astype(np.float32)
    xy = source.normal(size=(300, 2)).astype(np.float32) * 10
    return lay("tsne", z, xy, 300)


def test_at_a_datum_the_mix_is_that_datum(layout: Layout) -> None:
    assert np.array_equal(layout.lift(layout.xy), layout.z.astype(np.float64))
    assert np.allclose(layout.project(layout.z), layout.xy)
    assert layout.place(layout.z).tolist() == layout.xy.tolist()


def test_a_mix_lies_among_its_codes_and_moves_with_the_place(layout: Layout) -> None:
    way = np.linspace(layout.xy[3], layout.xy[4], 2000)
    z = layout.lift(way)
    assert (z >= layout.z.min(axis=0)).all()
    assert (z <= layout.z.max(axis=0)).all()
    steps = np.linalg.norm(np.diff(z, axis=0), axis=1)
    assert steps.max() < 0.2  # no jump where another code becomes one of the nearest


def test_weights_are_shares_that_fall_with_the_distance() -> None:
    distances = np.sort(np.random.default_rng(1).uniform(0.1, 2.0, (40, 9)), axis=1)
    weights = mix_weights(distances)
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert (np.diff(weights, axis=1) <= 0).all()


def test_codes_at_one_place_count_the_same() -> None:
    assert mix_weights(np.array([0.0, 0.0, 1.0])).tolist() == [0.5, 0.5]
    assert mix_weights(np.array([2.0, 2.0, 2.0])).tolist() == [0.5, 0.5]


def test_places_come_in_any_shape(layout: Layout) -> None:
    w = np.random.default_rng(2).normal(size=(3, 4, 2))
    assert layout.lift(w).shape == (3, 4, 6)
    assert layout.lift(w[0, 0]).shape == (6,)
    assert np.allclose(layout.lift(w)[1, 2], layout.lift(w[1, 2]))
    assert layout.project(np.zeros((3, 6))).shape == (3, 2)
    assert layout.between(w[0, 0], w[0, 1], np.linspace(0, 1, 5)).shape == (5, 6)


def test_a_datum_without_a_place_is_no_part_of_a_mix() -> None:
    z = np.eye(4, dtype=np.float32)
    xy = np.array([[0, 0], [1, 0], [np.nan, np.nan], [0, 1]], np.float32)
    layout = lay("umap", z, xy, 3)
    assert layout.lift(np.random.default_rng(0).normal(size=(50, 2)))[:, 2].max() == 0.0
    assert np.isfinite(layout.lift([np.nan, np.inf])).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_data_are_enough_for_an_answer(count: int) -> None:
    z = np.ones((count, 3), np.float32)
    layout = lay("tsne", z, np.zeros((count, 2), np.float32), count)
    assert layout.lift([[1.0, 2.0]]).tolist() == [[float(count > 0)] * 3]
    assert layout.project([0.0, 0.0, 0.0]).tolist() == [0.0, 0.0]


def test_of_very_many_codes_some_stand_for_all() -> None:
    source = np.random.default_rng(0)
    z = source.normal(size=(3 * MOST_CODES, 2)).astype(np.float32)
    layout = lay("tsne", z, 5 * z, 1000)
    asked = source.normal(size=(20, 2))
    assert np.abs(layout.project(asked) - 5 * asked).max() < 1.5
    assert np.abs(layout.lift(5 * asked) - asked).max() < 0.3
