"""Binary pixels: the same for a training and an evaluation, fresh for dynamic ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.analysis.asked import chunks
from latentlab.specs import TrainSpec
from latentlab.training.rows import Batches, binary_seed
from latentlab.training.setup import prepare

CPU = torch.device("cpu")


def prepared(dataset, model, binarize: str, **changes):
    train = TrainSpec(
        steps=2, batch_size=16, binarize=binarize, seed=5, device="cpu", precision="float32",
        threads=1, **changes,
    )  # fmt: skip
    return prepare(dataset, model, train, None, 0.0, 1.0), train


@pytest.mark.parametrize("binarize", ["static", "dynamic"])
def test_an_evaluation_judges_the_pixels_that_the_training_was_judged_by(dataset, mlp, binarize):
    ready, train = prepared(dataset, mlp, binarize)
    rows = dataset.rows("test")
    evaluated = np.concatenate([x for _, x in chunks(dataset, rows, binarize, binary_seed(train))])
    judged = Batches(dataset, rows, CPU)
    judged.binarize(binary_seed(train))
    np.testing.assert_array_equal(judged.span(0, len(rows)).numpy(), evaluated)
    kept = ready.judge._batches.span(0, len(rows)).numpy()
    np.testing.assert_array_equal(kept, evaluated)
    assert set(np.unique(evaluated)) == {0.0, 1.0}


def test_static_training_pixels_stay_and_are_those_that_an_evaluation_of_them_sees(dataset, mlp):
    ready, train = prepared(dataset, mlp, "static")
    rows = dataset.rows("train")
    first, _ = ready.batches.learn(torch.arange(40), torch.Generator().manual_seed(1))
    again, _ = ready.batches.learn(torch.arange(40), torch.Generator().manual_seed(2))
    assert torch.equal(first, again)
    (_, evaluated), *_rest = chunks(dataset, rows, "static", binary_seed(train))
    np.testing.assert_array_equal(first.numpy(), evaluated[:40])


def test_classes_and_other_rows_do_not_change_a_rows_pixels(dataset, mlp):
    all_rows, _ = prepared(dataset, mlp, "static")
    some, _ = prepared(dataset, mlp, "static", classes=(1,))
    rows = dataset.rows("train")
    where = np.flatnonzero(dataset.labels[rows] == 1)
    expected = all_rows.batches.span(0, len(rows))[where]
    assert torch.equal(some.batches.span(0, len(where)), expected)


def test_dynamic_training_pixels_are_drawn_anew_with_each_batch(dataset, mlp):
    ready, _ = prepared(dataset, mlp, "dynamic")
    generator = torch.Generator().manual_seed(1)
    first, _ = ready.batches.learn(torch.arange(40), generator)
    again, _ = ready.batches.learn(torch.arange(40), generator)
    assert not torch.equal(first, again)
    assert set(first.unique().tolist()) == {0.0, 1.0}
    many = torch.stack([ready.batches.learn(torch.arange(4), generator)[0] for _ in range(2000)])
    grey = ready.batches.take(torch.arange(4))
    torch.testing.assert_close(many.mean(0), grey, atol=0.06, rtol=0)


def test_the_two_seeds_of_two_trainings_are_two_draws(dataset):
    assert binary_seed(TrainSpec(seed=1)) != binary_seed(TrainSpec(seed=2))
