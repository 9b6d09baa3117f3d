"""Near-identical data against comparing every pair with every pixel."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from latentlab.data import duplicates
from latentlab.data.dataset import Dataset
from latentlab.data.duplicates import Pairs, groups, near_pairs
from latentlab.errors import CancelledError
from latentlab.specs import DataSpec


def dataset(x: np.ndarray) -> Dataset:
    count = len(x)
    return Dataset(
        "made up",
        x,
        "image",
        256,
        np.full(count, -1, np.int64),
        (),
        np.zeros(count, np.int8),
        DataSpec(source="made-up"),
        value_range=(0.0, 255.0),
    )


def awkward(count: int, seed: int) -> Dataset:
    """Noise, flat pictures, exact copies, and copies with a little more noise."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (count, 1, 6, 5)).astype(np.float64)
    x[: count // 4] = rng.integers(0, 256, (count // 4, 1, 1, 1))
    for row in range(count // 2, count):
        x[row] = x[rng.integers(0, count // 2)] + rng.normal(0, rng.choice([0, 1, 4, 20]), (6, 5))
    return dataset(np.clip(np.rint(x), 0, 255).astype(np.uint8))


def every_distance(data: Dataset) -> np.ndarray:
    x = data.inputs(slice(None)).reshape(len(data), -1).astype(np.float64)
    return np.sqrt(((x[:, None] - x) ** 2).mean(axis=-1))


def _rows(pairs: Pairs) -> list[tuple[int, int, float]]:
    return list(
        zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True)
    )


@pytest.mark.parametrize("limit", [0.0041, 0.0201, 0.1003, 0.4011])  # on no level
@pytest.mark.parametrize("leaf", [3, 40, 1024])
def test_no_pair_of_different_rows_is_missed_and_none_is_made_up(monkeypatch, limit, leaf):
    monkeypatch.setattr(duplicates, "LEAF", leaf)
    data = awkward(160, seed=leaf)
    apart = every_distance(data)
    _, first = np.unique(data.x.reshape(160, -1), axis=0, return_index=True)
    kept = np.sort(first)
    near = apart[np.ix_(kept, kept)] <= limit
    a, b = np.nonzero(np.triu(near, 1))
    wanted = set(zip(kept[a].tolist(), kept[b].tolist(), strict=True))
    found = near_pairs(data, limit)
    assert {(a, b) for a, b, d in _rows(found) if d > 0} == wanted
    assert wanted
    for a, b, distance in _rows(found):
        assert distance == pytest.approx(apart[a, b], abs=1e-6)
    assert (np.diff(found.distance) >= 0).all()
    assert found.limit == limit


def test_equal_rows_are_each_told_once_with_the_first_of_them():
    x = np.zeros((300, 1, 4, 4), np.uint8)
    x[7], x[200] = 9, 9
    found = near_pairs(dataset(x), 0.0)
    assert found.identical == 298
    assert set(found.first.tolist()) == {0, 7}
    assert [group.tolist() for group in groups(found, 0.0)][1] == [7, 200]


def test_too_many_pairs_are_cut_at_a_limit_below_which_all_are_there():
    data = awkward(150, seed=5)
    every = near_pairs(data, 0.4)
    some = near_pairs(data, 0.4, most=40)
    assert some.limit < 0.4
    near = (every.distance <= some.limit) & (every.distance > 0)
    assert set(zip(some.first.tolist(), some.second.tolist(), strict=True)) >= set(
        zip(every.first[near].tolist(), every.second[near].tolist(), strict=True)
    )
    assert np.count_nonzero(some.distance) == np.count_nonzero(near) <= 40


def test_groups_are_the_parts_that_hang_together_below_the_threshold():
    data = awkward(120, seed=2)
    found, apart = near_pairs(data, 0.1), every_distance(data)
    for threshold in (0.0, 0.0101, 0.0503, 0.0997):
        near = apart <= np.float32(threshold)
        part = np.arange(120)
        for _ in range(120):
            part = np.array([part[near[row]].min() for row in range(120)])
        wanted = {
            frozenset(np.flatnonzero(part == k).tolist())
            for k in np.unique(part)
            if (part == k).sum() > 1
        }
        assert {frozenset(group.tolist()) for group in groups(found, threshold)} == wanted


def test_tables_and_counts_are_compared_as_a_model_takes_them():
    table = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    table[30] = table[3] + 1e-3
    data = dataclasses.replace(
        dataset(np.zeros((50, 1, 1, 1), np.uint8)),
        x=table,
        kind="vector",
        levels=None,
        value_range=(0.0, 1.0),
    )
    found = near_pairs(data, 0.01)
    assert _rows(found) == [(3, 30, pytest.approx(1e-3, rel=1e-2))]


def test_the_search_ends_when_it_is_called_off():
    def go_on(fraction: float) -> None:
        if fraction > 0.5:
            raise CancelledError("Called off.")

    with pytest.raises(CancelledError):
        near_pairs(awkward(160, seed=1), 0.1, go_on=go_on)


def test_nothing_is_near_where_there_is_nothing_or_one():
    for count in (0, 1):
        found = near_pairs(dataset(np.zeros((count, 1, 4, 4), np.uint8)), 0.1)
        assert not len(found.first)
        assert groups(found, 0.1) == []
