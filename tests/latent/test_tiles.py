"""Tiles: cells that follow the zoom, and a store that stands in, is bounded and forgets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.latent.tiles import (
    MOST_CELLS,
    Cell,
    TileStore,
    level_for,
    middles,
    patch_of,
    side_of,
)

NOW, OLD = (2, None), (1, None)


def grey(level: int, side: int = 4) -> np.ndarray:
    return np.full((side, side), level, np.uint8)


def quarters(side: int = 4) -> np.ndarray:
    """10 20 over 30 40."""
    half = side // 2
    return np.kron([[10, 20], [30, 40]], np.ones((half, half))).astype(np.uint8)


@given(st.floats(1e-4, 1e7))
def test_cells_are_32_to_64_pixels_wide_at_every_zoom(scale):
    cell_px = side_of(level_for(scale)) * scale
    assert cell_px * (1 + 1e-12) >= 32.0
    assert cell_px < 64.0 * (1 + 1e-12)


@given(st.floats(100, 20_000), st.floats(100, 20_000), st.floats(1e-3, 1e5))
def test_a_screen_of_any_size_has_a_bounded_number_of_cells(width, height, scale):
    side_px = side_of(level_for(scale, width, height)) * scale
    assert width * height / side_px**2 <= MOST_CELLS * (1 + 1e-9)


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0.01, 50), st.integers(-3, 6))
def test_a_patch_covers_its_part_and_less_than_a_cell_more(x, y, side, level):
    x0, y0, x1, y1 = patch_of((x, y, x + side, y + side), level).rect
    cell, slack = side_of(level), 1e-9 * (abs(x) + abs(y) + 1)
    assert x - cell - slack <= x0 <= x + slack
    assert y - cell - slack <= y0 <= y + slack
    assert x + side - slack <= x1 <= x + side + cell + slack
    assert y + side - slack <= y1 <= y + side + cell + slack


def test_panning_asks_for_the_same_cells_again():
    one = {tuple(c) for c in patch_of((0.0, 0.0, 4.0, 3.0), 2).cells().tolist()}
    two = {tuple(c) for c in patch_of((0.26, 0.1, 4.26, 3.1), 2).cells().tolist()}
    assert len(one & two) >= 0.85 * len(one)


def test_the_cells_nearest_to_the_focus_come_first():
    patch = patch_of((0.0, 0.0, 4.0, 4.0), 1)
    cells = patch.cells((3.7, 0.2))
    assert cells[0].tolist() == [7, 0]
    far = np.abs(middles(1, cells) - [3.7, 0.2]).max(axis=1)
    assert (np.diff(far) >= 0).all()
    assert len(np.unique(cells, axis=0)) == 64


def test_a_cell_and_its_quarters_know_each_other():
    for cell in (Cell(3, 5, -2), Cell(0, -1, 0)):
        assert {child.parent for child in cell.children} == {cell}
        places = middles(cell.level + 1, np.array([child[1:] for child in cell.children]))
        upper_left, upper_right, lower_left, lower_right = places
        assert upper_left[1] == upper_right[1] > lower_left[1] == lower_right[1]
        assert upper_left[0] == lower_left[0] < upper_right[0] == lower_right[0]
        middle = middles(cell.level, np.array([cell[1:]]))[0]
        np.testing.assert_allclose(places.mean(axis=0), middle)


def test_what_is_missing_keeps_its_order():
    store, cells = TileStore(), np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    store.put(NOW, Cell(0, 1, 0), grey(1))
    assert store.missing(NOW, 0, cells).tolist() == [[0, 0], [0, 1], [1, 1]]
    assert len(store.missing(OLD, 0, cells)) == 4


def test_a_mosaic_has_its_top_row_at_the_largest_y():
    store = TileStore()
    for column, row, level in ((0, 0, 1), (1, 0, 2), (0, 1, 3), (1, 1, 4)):
        store.put(NOW, Cell(0, column, row), grey(level))
    mosaic = store.mosaic(NOW, patch_of((0.0, 0.0, 2.0, 2.0), 0))
    assert mosaic.pictures[:, :, 0, 0].tolist() == [[3, 4], [1, 2]]
    assert mosaic.known.all()


def test_the_part_of_a_coarser_cell_stands_in_until_a_sharp_one_comes():
    store, patch = TileStore(), patch_of((0.0, 0.0, 1.0, 1.0), 1)
    store.put(NOW, Cell(0, 0, 0), quarters())
    mosaic = store.mosaic(NOW, patch)
    assert mosaic.pictures[:, :, 0, 0].tolist() == [[10, 20], [30, 40]]
    assert (mosaic.pictures[0, 0] == 10).all()
    two_up = store.mosaic(NOW, patch_of((0.0, 0.0, 1.0, 1.0), 2))
    assert (
        two_up.pictures[:, :, 0, 0].tolist()
        == np.kron([[10, 20], [30, 40]], np.ones((2, 2), int)).tolist()
    )
    store.put(NOW, Cell(1, 0, 0), grey(99))
    assert store.mosaic(NOW, patch).pictures[:, :, 0, 0].tolist() == [[10, 20], [99, 40]]


def test_four_finer_cells_stand_in_when_zoomed_out():
    store = TileStore()
    for child, level in zip(Cell(0, 0, 0).children, (1, 2, 3, 4), strict=True):
        store.put(NOW, child, grey(level))
    found = store.mosaic(NOW, patch_of((0.0, 0.0, 1.0, 1.0), 0)).pictures[0, 0]
    assert found[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [1, 2, 3, 4]


def test_an_older_version_stands_in_and_gives_way():
    store, patch = TileStore(), patch_of((0.0, 0.0, 1.0, 1.0), 0)
    store.put(OLD, Cell(0, 0, 0), grey(1))
    assert store.mosaic(NOW, patch).pictures.max() == 1
    store.put(NOW, Cell(0, 0, 0), grey(2))
    assert store.mosaic(NOW, patch).pictures.max() == 2
    assert store.mosaic(OLD, patch).pictures.max() == 1  # a class chosen again is there at once


def test_where_nothing_is_known_nothing_is_said():
    store = TileStore()
    assert store.mosaic(NOW, patch_of((0.0, 0.0, 1.0, 1.0), 0)) is None
    store.put(NOW, Cell(0, 0, 0), grey(1))
    known = store.mosaic(NOW, patch_of((0.0, 0.0, 2.0, 1.0), 0)).known
    assert known.tolist() == [[True, False]]
    store.clear()
    assert store.mosaic(NOW, patch_of((0.0, 0.0, 1.0, 1.0), 0)) is None
    assert store.size_bytes == 0


def test_the_store_is_bounded_and_keeps_what_is_used():
    store = TileStore(most_bytes=10 * 16)
    first = patch_of((0.0, 0.0, 1.0, 1.0), 0)
    for column in range(50):
        store.put(NOW, Cell(0, column, 0), grey(column))
        store.mosaic(NOW, first)  # it is on screen all the time
        assert store.size_bytes <= 160
    assert len(store) == 10
    assert store.has(NOW, Cell(0, 0, 0))
    assert store.has(NOW, Cell(0, 49, 0))
    assert not store.has(NOW, Cell(0, 20, 0))
    assert store.size_bytes == 16 * len(store)


def test_a_kept_picture_holds_no_other():
    images = np.zeros((100, 4, 4), np.uint8)
    store = TileStore()
    store.put(NOW, Cell(0, 0, 0), images[3])
    assert store._kept[NOW, Cell(0, 0, 0)].base is None


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_stand_ins_have_the_shape_of_a_picture(shape):
    store = TileStore()
    store.put(NOW, Cell(0, 0, 0), np.ones(shape, np.uint8))
    assert store.mosaic(NOW, patch_of((0.0, 0.0, 1.0, 1.0), 3)).pictures.shape[2:] == shape
    for child in Cell(5, 0, 0).children:
        store.put(NOW, child, np.ones(shape, np.uint8))
    found = store.mosaic(NOW, patch_of((0.0, 0.0, side_of(5), side_of(5)), 5))
    assert found.pictures.shape[2:] == shape
    assert (found.pictures == 1).all()
