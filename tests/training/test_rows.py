"""Which rows are learned from, which judge, in what order, with which values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.data.dataset import Dataset
from latentlab.specs import DataSpec, TrainSpec
from latentlab.training.rows import Batches, Shuffle, choose_rows, stream

CPU = torch.device("cpu")


@given(
    count=st.integers(1, 60),
    length=st.integers(1, 60),
    seed=st.integers(0, 2**62),
    starts=st.lists(st.integers(0, 400), max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_every_epoch_is_a_permutation_wherever_it_is_entered(count, length, seed, starts):
    length = min(length, count)
    order = Shuffle(count, seed=seed, device=CPU)
    whole = torch.cat([order.rows(at, 1) for at in range(5 * count)])
    for epoch in range(5):
        rows = whole[epoch * count : (epoch + 1) * count]
        assert sorted(rows.tolist()) == list(range(count))
    for start in starts:
        start %= 4 * count
        assert torch.equal(order.rows(start, length), whole[start : start + length])


def test_epochs_and_seeds_differ():
    first, second = (Shuffle(500, seed=seed, device=CPU) for seed in (0, 1))
    assert not torch.equal(first.rows(0, 500), first.rows(500, 500))
    assert not torch.equal(first.rows(0, 500), second.rows(0, 500))


def test_streams_do_not_meet():
    seeds = {stream(seed, name) for seed in range(50) for name in ("noise", "order", "judge")}
    assert len(seeds) == 150
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_validation_rows_come_from_the_training_rows_alone(dataset):
    rows = choose_rows(dataset, TrainSpec(early_stopping=2))
    assert rows.held_out_kind == "validation"
    assert len(rows.held_out) == round(0.1 * len(dataset.rows("train")))
    assert not set(rows.held_out) & set(rows.train)
    assert set(rows.held_out) | set(rows.train) == set(dataset.rows("train"))
    assert not (set(rows.held_out) | set(rows.train)) & set(dataset.rows("test"))


def test_without_early_stopping_the_test_rows_judge(dataset):
    rows = choose_rows(dataset, TrainSpec())
    assert rows.held_out_kind == "test"
    assert np.array_equal(rows.held_out, dataset.rows("test"))
    assert np.array_equal(rows.train, dataset.rows("train"))


def test_the_validation_rows_follow_the_seed(dataset):
    chosen = [
        choose_rows(dataset, TrainSpec(early_stopping=1, seed=seed)).held_out for seed in (0, 0, 1)
    ]
    assert np.array_equal(chosen[0], chosen[1])
    assert not np.array_equal(chosen[0], chosen[2])


@pytest.mark.parametrize("early_stopping", [0, 3])
def test_chosen_classes_hold_for_both_kinds_of_rows(dataset, early_stopping):
    rows = choose_rows(dataset, TrainSpec(classes=(1,), early_stopping=early_stopping))
    assert set(dataset.labels[rows.train]) == {1}
    assert set(dataset.labels[rows.held_out]) == {1}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("value_range", [(0.0, 255.0), (0.0, 1.0), (3.0, 90.0), (5.0, 5.0)])
def test_batches_hold_the_values_of_the_data_set(dtype, value_range):
    x = np.random.default_rng(0).integers(0, 100, (20, 1, 3, 4)).astype(dtype)
    data = Dataset(
        "x", x, "image", None, np.full(20, -1), (), np.zeros(20, np.int8), DataSpec(source="x"),
        value_range=value_range,
    )  # fmt: skip
    rows = np.asarray([3, 1, 19, 1])
    batches = Batches(data, np.arange(20), CPU)
    taken = batches.take(torch.from_numpy(rows)).numpy()
    np.testing.assert_array_equal(taken, data.inputs(rows))
    np.testing.assert_array_equal(batches.span(4, 9).numpy(), data.inputs(slice(4, 9)))


def test_static_binarisation_draws_once_with_the_right_mean(dataset):
    rows = np.arange(len(dataset))
    first, again, other = (Batches(dataset, rows, CPU) for _ in range(3))
    expected = first.span(0, len(rows)).mean()
    for batches, seed in ((first, 1), (again, 1), (other, 2)):
        batches.binarize(seed)
    drawn = first.span(0, len(rows))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(drawn, again.span(0, len(rows)))
    assert not torch.equal(drawn, other.span(0, len(rows)))
    assert float(drawn.mean()) == pytest.approx(float(expected), abs=0.02)
