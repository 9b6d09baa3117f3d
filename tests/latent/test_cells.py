"""Categorical latents as cells: which code lies where, and where data are drawn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from latentlab.latent.cells import MOST_CELLS, grid_chart


def probabilities(codes: np.ndarray, categories: int, seed: int = 0) -> np.ndarray:
    """Soft values whose largest are `codes` (N, S): (N, S K)."""
    soft = np.random.default_rng(seed).uniform(0.0, 0.4, (*codes.shape, categories))
    np.put_along_axis(soft, codes[..., None], 1.0, axis=-1)
    soft /= soft.sum(-1, keepdims=True)
    return soft.reshape(len(codes), -1)


@pytest.mark.parametrize(("latents", "categories"), [(1, 10), (2, 7), (3, 4), (6, 5)])
def test_each_cell_is_its_code_and_each_code_its_cell(latents: int, categories: int) -> None:
    codes = np.random.default_rng(1).integers(0, categories, (300, latents))
    chart = grid_chart(probabilities(codes, categories), latents, categories)
    for cell, middle in enumerate(chart.middles()):
        z = chart.lift(middle)
        assert z.reshape(latents, categories).argmax(-1).tolist() == chart.cells[cell].tolist()
        assert z.sum() == latents
        assert sorted(set(z.tolist())) == [0.0, 1.0]
        assert chart.project(z).tolist() == middle.tolist()


def test_counts_are_those_of_an_independent_count() -> None:
    codes = np.random.default_rng(2).integers(0, 5, (500, 2))
    chart = grid_chart(probabilities(codes, 5), 2, 5)
    counted = Counter(map(tuple, codes.tolist()))
    assert chart.counts.sum() == 500
    for code, count in zip(chart.cells.tolist(), chart.counts, strict=True):
        assert counted[tuple(code)] == count


def test_two_latents_span_the_grid_with_the_second_upwards() -> None:
    chart = grid_chart(np.zeros((0, 6)), 2, 3)
    assert chart.lift((2.0, 0.0)).reshape(2, 3).argmax(-1).tolist() == [2, 0]
    assert chart.lift((0.0, 2.0)).reshape(2, 3).argmax(-1).tolist() == [0, 2]
    assert chart.names == ("z1", "z2")


def test_of_many_codes_the_most_frequent_come_first_and_the_rest_is_counted() -> None:
    rng = np.random.default_rng(3)
    codes = np.concatenate([rng.integers(0, 6, (3000, 5)), np.full((40, 5), 3)])
    chart = grid_chart(probabilities(codes, 6), 5, 6)
    counted = Counter(map(tuple, codes.tolist()))
    assert len(chart.cells) == MOST_CELLS
    assert chart.cells[0].tolist() == [3, 3, 3, 3, 3]
    assert chart.counts.tolist() == [n for _, n in counted.most_common(MOST_CELLS)]
    assert chart.codes_left_out == len(counted) - MOST_CELLS
    assert chart.data_left_out == len(codes) - chart.counts.sum()


def test_a_datum_lies_inside_its_cell_at_a_place_that_stays() -> None:
    codes = np.random.default_rng(4).integers(0, 4, (200, 2))
    z = probabilities(codes, 4)
    chart = grid_chart(z, 2, 4)
    places = chart.place(z)
    assert (np.abs(places - chart.project(z)) < 0.5).all()
    assert np.array_equal(np.rint(places), codes)
    assert np.array_equal(places[:50], chart.place(z[:50]))
    assert len(np.unique(places, axis=0)) == 200


def test_a_datum_without_a_cell_has_no_place() -> None:
    codes = np.zeros((1, 9), int)
    chart = grid_chart(probabilities(codes, 9), 9, 9)
    assert np.isnan(chart.project(chart.one_hot(np.full(9, 8)))).all()
    assert chart.count_of(chart.one_hot(np.full(9, 8))) == 0


def test_the_way_between_two_codes_is_a_cross_fade() -> None:
    chart = grid_chart(np.zeros((0, 4)), 1, 4)
    fade = chart.between((0.0, 1.0), (1.0, 1.0), np.array([0.0, 0.25, 1.0]))
    assert fade.tolist() == [[1, 0, 0, 0], [0.75, 0.25, 0, 0], [0, 1, 0, 0]]


def test_outside_the_grid_the_nearest_cell_answers() -> None:
    chart = grid_chart(np.zeros((0, 5)), 1, 5)  # 3 + 2 cells
    assert chart.snap((9.0, -7.0)) == (1.0, 0.0)
    assert chart.snap((-3.0, 9.0)) == (0.0, 1.0)
