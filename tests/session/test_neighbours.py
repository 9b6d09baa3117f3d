"""The data around what is decoded follow the hand, the newest answer alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from latentlab.data.sieve import Hidden, Sieve
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


@pytest.mark.parametrize("few", [8, 4096])
@pytest.mark.parametrize("tree", [False, True])
def test_data_that_are_not_shown_are_passed_over(few: int, tree: bool, monkeypatch: Any) -> None:
    monkeypatch.setattr("latentlab.engine.nearest.BRUTE_FORCE", 0 if tree else 1_000_000)
    monkeypatch.setattr("latentlab.engine.nearest.FEW_KEPT", few)
    z = np.random.default_rng(3).normal(size=(300, 2)).astype(np.float32)
    labels = (z[:, 0] > 0.4).astype(np.int64)  # one class lies apart from where it is asked
    codes = make_codes(z, labels, np.zeros(300, np.int8), axes_plane(2))
    near, at = Nearest(codes), np.array([-0.9, 0.1])
    for hidden in (0, 1):
        sieve = Sieve(300, (Hidden("class", labels, frozenset({hidden})),))
        rows, distances = near.find_some(at, 6, sieve)
        away = np.where(labels == hidden, np.inf, np.linalg.norm(z - at, axis=1))
        np.testing.assert_array_equal(rows, np.argsort(away)[:6])
        np.testing.assert_allclose(distances, np.sort(away)[:6], rtol=1e-6)
    nobody = Sieve(300, (Hidden("class", labels, frozenset({0, 1})),))
    assert len(near.find_some(at, 6, nobody)[0]) == 0
