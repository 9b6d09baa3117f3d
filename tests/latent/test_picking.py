"""The nearest point against looking at all of them."""

import numpy as np
import pytest

from latentlab.latent.picking import AT_ONCE, PointIndex, nearest_of_all


def cloud(count: int) -> np.ndarray:
    rng = np.random.default_rng(count)
    xy = rng.normal(size=(count, 2)) * rng.choice([1.0, 0.1, 1e-4], (count, 1))
    xy[: count // 50] = xy[0]
    xy[count // 50] = 100.0
    xy[count // 2] = np.nan
    return xy.astype(np.float32)


@pytest.mark.parametrize("count", [3, 500, 40_000])
@pytest.mark.parametrize("radius", [1e-3, 0.05, 3.0, 1000.0])
def test_the_nearest_is_that_of_brute_force(count, radius):
    xy = cloud(count)
    index, rng = PointIndex(xy), np.random.default_rng(1)
    places = np.concatenate([rng.normal(size=(40, 2)), [[99.0, 99.0], [-300.0, 5.0], [0.0, 0.0]]])
    for at in places:
        away = np.hypot(*(xy.astype(np.float64) - at).T)
        away[np.isnan(away)] = np.inf
        row = index.nearest((float(at[0]), float(at[1])), radius)
        if away.min() <= radius:
            assert row is not None
            assert away[row] == pytest.approx(away.min(), abs=1e-12)
        else:
            assert row is None


def test_rows_that_are_not_visible_are_not_found():
    xy = cloud(2000)
    index, hidden = PointIndex(xy), np.arange(2000) % 2 == 0
    for at in np.random.default_rng(2).normal(size=(50, 2)):
        row = index.nearest((float(at[0]), float(at[1])), 5.0, lambda rows: ~hidden[rows])
        away = np.hypot(*(xy.astype(np.float64) - at).T)
        away[hidden | np.isnan(away)] = np.inf
        assert row is not None
        assert away[row] == away.min()


def test_a_large_index_is_not_built_by_a_look():
    index = PointIndex(cloud(AT_ONCE + 1))
    assert index.nearest((0.0, 0.0), 1.0) is None
    assert not index.ready
    assert index.build().nearest((0.0, 0.0), 1.0) is not None


@pytest.mark.parametrize("far", [0.0, 1000.0])
@pytest.mark.parametrize("hides", [False, True])
def test_without_an_index_the_same_is_found(far, hides):
    xy = cloud(140_000) + np.float32(far)  # three blocks
    xy[7], xy[8] = np.inf, -np.inf
    visible = (lambda rows: rows % 3 == 0) if hides else None
    for at in np.random.default_rng(4).normal(size=(12, 2)) + far:
        away = np.hypot(*(xy.astype(np.float64) - at).T)
        away[~np.isfinite(away)] = np.inf
        if hides:
            away[np.arange(len(xy)) % 3 != 0] = np.inf
        for radius in (1e-4, 0.02, float(away.min()) * (1 + 1e-9), 5000.0):
            row = nearest_of_all(xy, (float(at[0]), float(at[1])), radius, visible)
            if away.min() <= radius:
                assert row is not None
                assert away[row] == away.min()
            else:
                assert row is None


def test_one_place_many_times_is_found():
    index = PointIndex(np.full((5000, 2), 3.0, np.float32))
    assert index.nearest((3.1, 3.0), 0.2) in range(5000)
    assert index.nearest((3.3, 3.0), 0.2) is None
