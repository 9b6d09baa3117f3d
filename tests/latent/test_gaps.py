"""Gaps against the distance to every point, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.latent.gaps import find_gaps


def test_a_gap_is_where_every_point_is_far() -> None:
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(-4, 0.6, (200, 2)), rng.normal(3, 0.5, (200, 2))])
    reach = 1.2
    gaps = find_gaps(xy, reach)
    assert gaps is not None
    rows, columns = gaps.level.shape
    x0, _, x1, y1 = gaps.rect
    cell = (x1 - x0) / columns
    x = x0 + (np.arange(columns) + 0.5) * cell
    y = y1 - (np.arange(rows) + 0.5) * cell
    middles = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    distance = np.sqrt(((middles[:, None] - xy[None]) ** 2).sum(-1)).min(1).reshape(rows, columns)
    sure = np.abs(distance - reach) > 1.5 * cell
    np.testing.assert_array_equal((gaps.level > 127)[sure], (distance > reach)[sure])
    assert gaps.level[rows // 2, columns // 2]  # between the two
    assert 0.05 < (gaps.level > 127).mean() < 0.95


@pytest.mark.parametrize("xy", [np.zeros((0, 2)), np.full((4, 2), np.nan)])
def test_without_points_there_are_no_gaps(xy: np.ndarray) -> None:
    assert find_gaps(xy, 1.0) is None


def test_points_at_one_place_have_a_gap_around_them() -> None:
    gaps = find_gaps(np.zeros((5, 2)), 0.5)
    assert gaps is not None
    rows, columns = gaps.level.shape
    assert gaps.level[0, 0]
    assert not gaps.level[rows // 2, columns // 2]
