"""Thinning: nothing over anything, the same after a pan, denser when zoomed, right when hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.latent.picking import PointIndex
from latentlab.latent.thinning import REACHES, Champions, priorities, thin


def crowd(count: int, seed: int = 0) -> np.ndarray:
    """Three clusters of different density, duplicates, and a few far away."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([0.05, 0.3, 1.0], count)
    xy = rng.normal(size=(count, 2)) * spread[:, None] + rng.integers(-1, 2, (count, 1))
    xy[: count // 20] = xy[count // 20 : 2 * (count // 20)]
    xy[-3:] = [[30, 30], [-40, 5], [30.01, 30]]
    return xy.astype(np.float32)


def closest(x: np.ndarray, y: np.ndarray) -> float:
    """The smallest distance of any two on the axis on which they are farther apart."""
    far = np.maximum(np.abs(x[:, None] - x), np.abs(y[:, None] - y))
    np.fill_diagonal(far, np.inf)
    return float(far.min(initial=np.inf))


def chosen(champions: Champions, index: PointIndex, rect, reach: float) -> set[int]:
    beyond = REACHES * reach
    x0, y0, x1, y1 = rect
    found = champions.within((x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond), reach)
    x, y = index.x[found].astype(float), index.y[found].astype(float)
    kept = thin(x, y, champions.priority_of(found), reach)
    inside = (x[kept] > x0) & (x[kept] < x1) & (y[kept] > y0) & (y[kept] < y1)
    return set(index.rows[found[kept[inside]]].tolist())


def test_priorities_are_all_different_and_always_the_same():
    found = priorities(np.arange(200_000))
    assert len(np.unique(found)) == 200_000
    assert (priorities(np.array([5, 77])) == found[[5, 77]]).all()
    assert abs(found.mean() / 2**31 - 1) < 0.01
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 0.01


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.floats(1e-3, 5.0), st.integers(0, 10**6))
def test_no_two_are_too_close_and_the_best_of_all_is_kept(count, reach, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, count))
    priority = rng.permutation(count)
    kept = thin(x, y, priority, reach)
    assert closest(x[kept], y[kept]) >= reach * (1 - 1e-12)
    assert (np.diff(priority[kept]) < 0).all()
    if count:
        assert priority.argmax() in kept


def test_points_far_enough_apart_are_all_kept():
    x, y = np.meshgrid(np.arange(20) * 1.01, np.arange(20) * 1.01)
    kept = thin(x.ravel(), y.ravel(), np.random.default_rng(0).permutation(400), 1.0)
    assert len(kept) == 400


def test_little_is_left_out_that_would_fit():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 20, (2, 40_000))
    kept = thin(x, y, rng.permutation(40_000), 1.0)
    # Random sequential packing of squares covers 0.562 in the limit (Brosilow et al., 1991).
    assert len(kept) / 20**2 > 0.45


def test_what_is_shown_does_not_change_when_the_map_is_panned():
    xy = crowd(30_000)
    index = PointIndex(xy).build()
    champions = Champions(index, np.ones(len(index.rows), np.bool_))
    for reach in (0.4, 0.05, 0.004):
        side = 20 * reach
        common = (-0.1 * side, -0.1 * side, 0.5 * side, 0.5 * side)
        sets = []
        for dx, dy in ((0.0, 0.0), (0.13, 0.31), (0.37, 0.02)):
            view = tuple(side * edge for edge in (dx - 0.5, dy - 0.5, dx + 0.5, dy + 0.5))
            rows = chosen(champions, index, view, reach)
            x, y = xy[sorted(rows)].T
            inside = (x > common[0]) & (x < common[2]) & (y > common[1]) & (y < common[3])
            sets.append(set(np.array(sorted(rows))[inside].tolist()))
        assert sets[0]
        assert sets[0] == sets[1] == sets[2]


def test_more_are_shown_when_zoomed_in_and_most_of_them_stay():
    index = PointIndex(crowd(30_000)).build()
    champions = Champions(index, np.ones(len(index.rows), np.bool_))
    view, before, kept = (-0.5, -0.5, 0.5, 0.5), set[int](), []
    for reach in (0.2, 0.1, 0.05, 0.025):
        now = chosen(champions, index, view, reach)
        assert len(now) > 1.5 * len(before)
        kept.append(len(now & before) / max(len(before), 1))
        before = now
    assert min(kept[1:]) > 0.6


@pytest.mark.parametrize("count", [0, 1, 100, 20_000])
def test_hidden_points_are_never_shown_and_give_their_room_to_others(count):
    xy = crowd(count) if count >= 100 else np.zeros((count, 2), np.float32)
    index = PointIndex(xy).build()
    seen = np.random.default_rng(2).random(len(index.rows)) < 0.3
    champions = Champions(index, seen)
    rows = chosen(champions, index, (-2.0, -2.0, 2.0, 2.0), 0.1)
    assert rows <= set(index.rows[seen].tolist())
    if count == 20_000:
        alone = PointIndex(
            np.where(np.isin(np.arange(count), index.rows[seen])[:, None], xy, np.nan)
        )
        again = Champions(alone.build(), np.ones(len(alone.rows), np.bool_))
        theirs = chosen(again, alone, (-2.0, -2.0, 2.0, 2.0), 0.1)
        assert len(rows) == pytest.approx(len(theirs), rel=0.1)


def test_favoured_points_come_before_all_others():
    xy = crowd(5_000)
    index = PointIndex(xy).build()
    favoured = np.isin(index.rows, np.arange(0, 5_000, 50))
    champions = Champions(index, np.ones(len(index.rows), np.bool_), favoured)
    found = champions.within((-3.0, -3.0, 3.0, 3.0), 0.05)
    kept = thin(
        index.x[found].astype(float),
        index.y[found].astype(float),
        champions.priority_of(found),
        0.05,
    )
    first = index.rows[found[kept]][:20]
    assert np.isin(first, np.arange(0, 5_000, 50)).all()


def test_the_far_and_lonely_are_shown_too():
    xy = crowd(20_000)
    index = PointIndex(xy).build()
    champions = Champions(index, np.ones(len(index.rows), np.bool_))
    rows = chosen(champions, index, (-60.0, -60.0, 60.0, 60.0), 4.0)
    assert 19_998 in rows
    assert len(rows & {19_997, 19_999}) == 1  # these two are too close


def test_few_are_looked_at_where_many_are_in_view():
    rng = np.random.default_rng(3)
    index = PointIndex(rng.normal(size=(300_000, 2)).astype(np.float32)).build()
    champions = Champions(index, np.ones(len(index.rows), np.bool_))
    assert len(champions.within((-4.0, -4.0, 4.0, 4.0), 0.3)) < 20_000 + 4 * (8 / 0.3) ** 2 * 8
