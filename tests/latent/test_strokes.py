"""A brush against the distance of every point from every segment."""

import numpy as np
import pytest

from latentlab.latent.picking import PointIndex, nearest_of_all
from latentlab.latent.strokes import rows_in_stroke


def awkward(count: int, seed: int) -> np.ndarray:
    """Clusters, duplicates, outliers at 100 sigma, rows that are not finite."""
    rng = np.random.default_rng(seed)
    xy = rng.standard_normal((count, 2)) * rng.choice([1.0, 0.2, 1e-3], (count, 1))
    xy[: count // 20] = xy[0]
    xy[count // 20], xy[count // 20 + 1] = 100.0, (-90.0, 0.5)
    xy[count // 10], xy[count // 10 + 1, 0], xy[count // 10 + 2, 1] = np.nan, np.inf, -np.inf
    return xy.astype(np.float32)


def brute_force(xy: np.ndarray, path: np.ndarray, radius: float) -> np.ndarray:
    finite = np.flatnonzero(np.isfinite(xy).all(axis=1))
    points = xy[finite].astype(np.float64)
    hit = np.zeros(len(points), bool)
    ends = path[1:] if len(path) > 1 else path
    for a, b in zip(path if len(path) == 1 else path[:-1], ends, strict=True):
        along = b - a
        length = along @ along
        share = np.clip((points - a) @ along / length, 0, 1) if length else np.zeros(len(points))
        hit |= ((points - a - share[:, None] * along) ** 2).sum(axis=1) <= radius * radius
    return finite[hit]


@pytest.mark.parametrize("count", [100, 5_000, 200_000])
@pytest.mark.parametrize("radius", [0.003, 0.1, 0.8, 120.0])
def test_a_stroke_touches_what_brute_force_says(count, radius):
    xy = awkward(count, seed=count)
    rng = np.random.default_rng(7)
    for corners in (1, 2, 30):
        path = np.cumsum(rng.normal(0, 0.2, (corners, 2)), axis=0)
        found = rows_in_stroke(PointIndex(xy), path, radius)
        assert np.array_equal(found, brute_force(xy, path, radius))
    assert len(found)


def test_a_stroke_finds_an_outlier_beyond_the_grid():
    xy = awkward(5_000, seed=1)
    path = np.array([[99.5, 99.0], [101.0, 101.0]])
    assert rows_in_stroke(PointIndex(xy), path, 1.0).tolist() == [250]


def test_nothing_is_touched_without_points_or_a_path():
    assert not len(rows_in_stroke(PointIndex(np.zeros((0, 2), np.float32)), np.zeros((1, 2)), 1.0))
    assert not len(rows_in_stroke(PointIndex(awkward(100, 0)), np.full((2, 2), np.nan), 1.0))


def test_looking_at_every_point_finds_what_the_index_finds():
    xy = awkward(20_000, seed=3)
    index = PointIndex(xy).build()
    rng = np.random.default_rng(0)

    def odd(rows):
        return rows % 2 == 1

    found = 0
    for at in rng.normal(0, 0.7, (60, 2)):
        place = float(at[0]), float(at[1])
        for visible in (None, odd):
            one, other = (
                nearest_of_all(xy, place, 0.05, visible),
                index.nearest(place, 0.05, visible),
            )
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                found += 1
                assert np.linalg.norm(xy[one] - at) == np.linalg.norm(xy[other] - at)
    assert found > 50
