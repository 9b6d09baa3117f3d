"""The data around what is decoded follow the hand, the newest answer alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from latentlab.engine.embedding import make_codes
from latentlab.engine.nearest import Nearest
from latentlab.latent.charts import axes_plane


@pytest.mark.parametrize("count", [4, 200])
@pytest.mark.parametrize("tree", [False, True])
def test_the_nearest_come_in_order(count: int, tree: bool, monkeypatch: Any) -> None:
    monkeypatch.setattr("latentlab.engine.nearest.BRUTE_FORCE", 0 if tree else 1_000_000)
    z = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    codes = make_codes(z, np.zeros(count, np.int64), np.zeros(count, np.int8), axes_plane(3))
    near, at = Nearest(codes), np.array([0.2, -0.1, 0.4])
    rows, distances = near.find_some(at, 6)
    away = np.linalg.norm(z - at, axis=1)
    np.testing.assert_array_equal(rows, np.argsort(away)[:6])
    np.testing.assert_allclose(distances, np.sort(away)[:6], rtol=1e-6)
    assert rows[0] == near.find(at)[0]
