"""Lassos and rectangles against testing every point with every edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from latentlab.latent.lasso import inside_polygon, rows_in_polygon, rows_in_rect
from latentlab.latent.picking import PointIndex


def awkward(count: int, seed: int) -> np.ndarray:
    """Clusters, duplicates, an outlier at 100 sigma, rows that are not finite."""
    rng = np.random.default_rng(seed)
    xy = rng.standard_normal((count, 2)) * rng.choice([1.0, 0.2, 1e-3], (count, 1))
    xy[: count // 20] = xy[0]
    xy[count // 20] = 100.0
    xy[count // 10], xy[count // 10 + 1, 0], xy[count // 10 + 2, 1] = np.nan, np.inf, -np.inf
    return xy.astype(np.float32)


def star(count: int, seed: int, size: float = 1.5) -> np.ndarray:
    """A ragged lasso of so many corners, which crosses itself here and there."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False) + 0.05 * rng.standard_normal(count)
    reach = size * (1.0 + 0.5 * np.sin(5 * angle) + 0.2 * rng.random(count))
    return np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)


def brute_force(xy: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    finite = np.flatnonzero(np.isfinite(xy).all(axis=1))
    return finite[inside_polygon(xy[finite, 0], xy[finite, 1], polygon)]


@pytest.mark.parametrize("count", [0, 1, 100, 10_000, 300_000])
@pytest.mark.parametrize(("corners", "size"), [(3, 0.5), (40, 2.0), (300, 1.5), (300, 200.0)])
def test_a_lasso_holds_what_brute_force_says(count, corners, size):
    xy = awkward(count, seed=count + corners) if count > 50 else np.zeros((count, 2), np.float32)
    polygon = star(corners, seed=corners, size=size)
    assert np.array_equal(rows_in_polygon(PointIndex(xy), polygon), brute_force(xy, polygon))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=3, max_size=12),
    st.integers(0, 5),
)
def test_a_lasso_along_points_and_lines_of_the_grid_is_right_too(corners, seed):
    # Whole numbers: corners on points, level edges, edges along the grid's lines, corners twice.
    xy = np.random.default_rng(seed).integers(-8, 9, (400, 2)).astype(np.float32)
    polygon = np.array(corners, float)
    assert np.array_equal(rows_in_polygon(PointIndex(xy), polygon), brute_force(xy, polygon))


def test_the_even_odd_rule_is_that_of_an_independent_library_for_plain_shapes():
    xy = awkward(20_000, seed=1)
    xy = xy[np.isfinite(xy).all(axis=1)].astype(float)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    polygon = np.stack([1.7 * np.cos(angle), 0.9 * np.sin(angle)], axis=1)  # crosses itself nowhere
    assert np.array_equal(inside_polygon(*xy.T, polygon), Path(polygon).contains_points(xy))


@pytest.mark.parametrize("corners", [[], [[0, 0]], [[0, 0], [1, 1]], [[0, 0], [1, np.nan], [2, 0]]])
def test_what_is_no_shape_holds_nothing(corners):
    xy = awkward(1000, seed=2)
    polygon = np.array(corners, float).reshape(-1, 2)
    assert not len(rows_in_polygon(PointIndex(xy), polygon))


@pytest.mark.parametrize("rect", [(-1, -1, 1, 1), (-200, -200, 200, 200), (0, 0, 0, 0)])
def test_a_rectangle_holds_its_points_and_those_on_its_edge(rect):
    xy = awkward(50_000, seed=3)
    xy[7] = 0.0
    x0, y0, x1, y1 = rect
    wanted = (xy[:, 0] >= x0) & (xy[:, 0] <= x1) & (xy[:, 1] >= y0) & (xy[:, 1] <= y1)
    assert wanted.any()
    assert np.array_equal(rows_in_rect(PointIndex(xy), *rect), np.flatnonzero(wanted))
