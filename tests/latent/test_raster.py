"""Counts of pixels against brute force: every point, each in its pixel, whatever the view."""

import numpy as np
import pytest

from latentlab.latent.picking import PointIndex
from latentlab.latent.raster import Window, count_within, sum_pixels
from latentlab.latent.unsorted import sum_unsorted

KINDS = 5
HIDDEN = 255


def awkward(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Clusters, duplicates, an outlier at 100 sigma, rows that are not finite, hidden kinds."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, KINDS, count).astype(np.uint8)
    middles = rng.normal(size=(KINDS, 2)) * 1.5
    widths = np.array([0.5, 0.3, 0.1, 1e-3, 1e-6])[:, None]
    xy = (middles[kinds] + widths[kinds] * rng.standard_normal((count, 2))).astype(np.float32)
    xy[: count // 20] = xy[0]
    xy[count // 20] = 100.0
    for place, bad in enumerate((np.nan, np.inf, -np.inf)):
        xy[count // 10 + place, place % 2] = bad
    kinds[rng.random(count) < 0.1] = HIDDEN
    return xy, kinds


def windows(xy: np.ndarray, seed: int) -> list[Window]:
    """The full view, the outlier's view, and pans and zooms at random, as deep as float32 goes."""
    rng = np.random.default_rng(seed)
    found = [Window(-4.0, 4.0, 25.0, 200, 200), Window(-110.0, 110.0, 1.0, 220, 220)]
    finite = xy[np.isfinite(xy).all(axis=1)]
    for scale in 10.0 ** rng.uniform(0.0, 6.0, 12):
        x, y = finite[rng.integers(len(finite))] + rng.normal(size=2) * 20 / scale
        width, height = rng.integers(1, 240, 2)
        found.append(
            Window(x - width / 2 / scale, y + height / 2 / scale, scale, int(width), int(height))
        )
    return found


def brute_force(xy: np.ndarray, kinds: np.ndarray, window: Window) -> np.ndarray:
    """(KINDS, H, W) by adding ones."""
    with np.errstate(invalid="ignore"):
        column = np.floor((xy[:, 0].astype(np.float64) - window.x0) * window.scale)
        row = np.floor((window.y1 - xy[:, 1].astype(np.float64)) * window.scale)
    ok = (column >= 0) & (column < window.width) & (row >= 0) & (row < window.height)
    ok &= kinds < KINDS
    counts = np.zeros((KINDS, window.height, window.width), np.int64)
    np.add.at(counts, (kinds[ok], row[ok].astype(int), column[ok].astype(int)), 1)
    return counts


@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000])
def test_counts_are_those_of_brute_force(count):
    xy, kinds = awkward(count, seed=count)
    index = PointIndex(xy).build()
    ones, some = np.eye(KINDS), 0
    for window in windows(xy, seed=count)[: 14 if count < 1_000_000 else 6]:
        wanted = brute_force(xy, kinds, window)
        sums = sum_pixels(index, kinds[index.rows], ones, window)
        assert np.array_equal(sums[1:], wanted)
        assert np.array_equal(sums[0], wanted.sum(axis=0))
        some += int(wanted.sum())
    assert some > count


def test_weights_add_up_to_the_colours_of_a_pixel():
    xy, kinds = awkward(30_000, seed=3)
    index, window = PointIndex(xy).build(), Window(-3.0, 3.0, 20.0, 120, 120)
    weights = np.random.default_rng(0).integers(0, 256, (KINDS, 3)).astype(float)
    sums = sum_pixels(index, kinds[index.rows], weights, window)
    wanted = np.einsum("khw,kc->chw", brute_force(xy, kinds, window), weights)
    assert np.array_equal(sums[1:], wanted)


def test_a_first_picture_leaves_no_point_out():
    xy, kinds = awkward(200_000, seed=4)
    window = Window(-5.0, 5.0, 10.0, 100, 100)
    sums = sum_unsorted(xy, lambda rows: kinds[rows], np.eye(KINDS), window)
    assert np.array_equal(sums[1:], brute_force(xy, kinds, window))


def test_a_first_picture_adds_up_weights_exactly_over_many_portions():
    count = 700_000  # three portions, of which the pixel of duplicates holds a large part
    xy, kinds = awkward(count, seed=8)
    xy[: count // 2] = xy[0]
    weights = np.array([[255, 255, 255], [0, 1, 255], [254, 0, 7], [1, 2, 3], [9, 255, 0]], float)
    window = Window(-5.0, 5.0, 5.0, 50, 50)
    sums = sum_unsorted(xy, lambda rows: kinds[rows], weights, window)
    wanted = brute_force(xy, kinds, window)
    assert np.array_equal(sums[0], wanted.sum(axis=0))
    assert np.array_equal(sums[1:], np.einsum("khw,kc->chw", wanted, weights))


def test_a_first_picture_refuses_weights_that_it_would_add_up_wrongly():
    with pytest.raises(ValueError, match="0 to 255"):
        sum_unsorted(
            np.zeros((1, 2), np.float32),
            lambda _: np.zeros(1, np.uint8),
            np.full((1, 1), 256.0),
            Window(0.0, 1.0, 1.0, 1, 1),
        )


def test_counting_ends_when_it_is_told_to():
    xy, kinds = awkward(200_000, seed=5)
    index, window = PointIndex(xy).build(), Window(-5.0, 5.0, 10.0, 100, 100)
    asked = iter((True, False))
    assert sum_pixels(index, kinds[index.rows], np.eye(KINDS), window, lambda: next(asked)) is None
    asked = iter((True, False))
    assert sum_unsorted(xy, lambda r: kinds[r], np.eye(KINDS), window, lambda: next(asked)) is None


def test_no_points_and_no_finite_points_give_empty_pixels():
    window = Window(0.0, 1.0, 4.0, 4, 4)
    for xy in (np.zeros((0, 2), np.float32), np.full((3, 2), np.nan, np.float32)):
        index = PointIndex(xy).build()
        assert not sum_pixels(index, np.zeros(len(index.rows), np.uint8), np.eye(1), window).any()
        assert index.nearest((0.0, 0.0), 9.0) is None


def test_cells_hold_all_points_of_a_rectangle_and_few_others():
    xy, _ = awkward(100_000, seed=6)
    index = PointIndex(xy).build()
    for x0, y0, x1, y1 in ((-1, -1, 1, 1), (0, 0, 0.01, 0.01), (50, 50, 200, 200)):
        inside = (xy[:, 0] >= x0) & (xy[:, 0] <= x1) & (xy[:, 1] >= y0) & (xy[:, 1] <= y1)
        found = {
            int(row)
            for start, stop in index.slices(x0, y0, x1, y1)
            for row in index.rows[start:stop]
        }
        assert set(np.flatnonzero(inside)) <= found
        assert len(found) == count_within(index, (x0, y0, x1, y1))


def test_the_index_needs_no_more_than_24_bytes_a_point():
    xy, _ = awkward(1_000_000, seed=7)
    index = PointIndex(xy).build()
    own = index.rows.nbytes + index.x.nbytes + index.y.nbytes + index.starts.nbytes
    assert own + len(xy) <= 24 * len(xy)  # and one byte for the kinds
