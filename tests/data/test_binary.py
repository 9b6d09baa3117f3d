"""Static binarisation: one draw, whoever makes it and in whatever order."""

from __future__ import annotations

import numpy as np

from latentlab.data.binary import ROWS, draw


def grey(count: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, 1, 5, 4)).astype(np.float32)


def test_a_row_has_the_same_pixels_whatever_rows_come_with_it() -> None:
    x = grey(2 * ROWS + 9)
    rows = np.arange(len(x))
    whole = draw(x, rows, 3)
    chosen = np.array([ROWS + 1, 5, 2 * ROWS + 8, 5, 0, ROWS - 1])
    np.testing.assert_array_equal(draw(x[chosen], chosen, 3), whole[chosen])
    assert (draw(x, rows, 4) != whole).any()
    assert (draw(x, rows + 1, 3) != whole).any()


def test_pixels_are_one_as_often_as_they_are_bright_and_independent() -> None:
    x = np.tile(np.array([0.0, 0.2, 0.7, 1.0], np.float32), (4000, 1))
    drawn = draw(x, np.arange(4000), 11).astype(float)
    np.testing.assert_allclose(drawn.mean(0), [0, 0.2, 0.7, 1], atol=0.03)
    assert (drawn[:, 0] == 0).all()
    assert (drawn[:, 3] == 1).all()
    assert abs(np.corrcoef(drawn[:, 1], drawn[:, 2])[0, 1]) < 0.06
    assert abs(np.corrcoef(drawn[1:, 1], drawn[:-1, 1])[0, 1]) < 0.06


def test_no_rows_draw_nothing() -> None:
    assert draw(grey(0), np.arange(0), 0).shape == (0, 1, 5, 4)
