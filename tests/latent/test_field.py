"""A number at each place of the map: where its cells are, and what it is between them."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.latent.field import Field, centres, corners, shape_of

RECT = (-1.0, 0.0, 3.0, 2.0)


def field(values, **changes) -> Field:
    told = {"kind": "density", "rect": RECT, "unit": "data", **changes}
    return Field(values=np.asarray(values, np.float32), **told)


def test_a_value_is_that_of_its_cell_and_half_way_between_two() -> None:
    rows, columns = shape_of(RECT, 8)
    assert (rows, columns) == (4, 8)
    w = centres(RECT, rows, columns)
    made = field(2.0 * w[..., 0] - w[..., 1])
    for r, c in ((0, 0), (3, 7), (1, 5)):
        x, y = w[r, c]
        assert made.at(x, y) == pytest.approx(2.0 * x - y, abs=1e-5)
    assert made.at(0.9, 1.1) == pytest.approx(2.0 * 0.9 - 1.1, abs=1e-5)


def test_beside_the_part_and_where_there_is_none_there_is_no_value() -> None:
    made = field([[1.0, np.nan], [1.0, 1.0]])
    assert made.at(3.5, 1.0) is None
    assert made.at(2.5, 1.9) is None
    assert made.at(-0.9, 0.1) == 1.0


def test_a_line_has_the_same_value_at_every_height() -> None:
    made = field([[1.0, 2.0]])
    assert made.at(0.0, 77.0) == made.at(0.0, 1.0) == 1.0


def test_regions_are_not_mixed_at_their_edges() -> None:
    made = field([[0.9, 0.7]], classes=np.array([[3, 5]], np.int16))
    assert [made.class_at(x, 1.0) for x in (-0.5, 0.9, 1.1, 2.9)] == [3, 3, 5, 5]
    assert made.at(0.9, 1.0) == pytest.approx(0.9)


def test_the_corners_lie_half_a_cell_around_the_middles() -> None:
    middles, around = centres(RECT, 4, 8), corners(RECT, 4, 8)
    boxes = (around[:-1, :-1] + around[1:, :-1] + around[:-1, 1:] + around[1:, 1:]) / 4
    assert np.allclose(boxes, middles)
    assert middles[0, 0, 1] > middles[-1, 0, 1]  # row 0 is on top


def test_on_a_log_scale_equal_ratios_are_equal_steps() -> None:
    made = field([[1.0, 10.0, 100.0, 0.0]], scale="log")
    assert made.span == (1.0, 100.0)
    assert np.allclose(made.shares(1.0, 100.0)[0, :3], [0.0, 0.5, 1.0])


def test_more_cells_of_the_same_numbers() -> None:
    made = field([[1.0, 2.0], [3.0, 4.0]]).resized(4, 6)
    assert made.values.shape == (4, 6)
    assert made.values[0].tolist() == [1, 1, 1, 2, 2, 2]
    assert made.values[:, 0].tolist() == [1, 1, 3, 3]
