"""Counts from a file to a bound: which likelihood fits which counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from latentlab.data.open import open_dataset
from latentlab.specs import (
    DataSpec,
    Mlp,
    ModelSpec,
    NegativeBinomial,
    Poisson,
    TrainSpec,
    replace,
)
from latentlab.training.defaults import suggest
from latentlab.training.trainer import Trainer

ROWS, COLUMNS = 1500, 6
HOW = TrainSpec(steps=700, batch_size=100, learning_rate=5e-3, precision="float32", threads=1)


def written(path: Path, r: float | None) -> tuple[Path, float]:
    """A CSV of counts around one of two profiles, and the entropy that no model can pass.

    Poisson where r is None, else negative binomial with that r; nats are of the counts given
    which profile it is, less what naming the profile costs: an upper bound of E log p(x).
    """
    rng = np.random.default_rng(4)
    profiles = np.array([[1, 9, 3, 12, 0.5, 6], [8, 2, 10, 1, 5, 0.5]])
    rate = profiles[rng.integers(0, 2, ROWS)]
    drawn = rate if r is None else rng.gamma(r, rate / r)
    x = rng.poisson(drawn)
    names = ",".join(f"word {index}" for index in range(COLUMNS))
    np.savetxt(path, x, fmt="%d", delimiter=",", header=names, comments="")
    from torch import distributions as td
    from torch import from_numpy

    k, m = from_numpy(x).double(), from_numpy(rate)
    if r is None:
        log_p = td.Poisson(m, validate_args=False).log_prob(k)
    else:
        log_p = td.NegativeBinomial(r, probs=m / (m + r), validate_args=False).log_prob(k)
    return path, float(log_p.sum(1).mean())


def bound_of(dataset, likelihood) -> float:
    model = ModelSpec(
        shape=dataset.shape, latent_dim=1, network=Mlp(hidden=(32,)), likelihood=likelihood
    )
    trainer = Trainer(dataset, model, HOW)
    for _ in trainer:
        pass
    assert trainer.outcome == "finished"
    assert trainer.held_out is not None
    return trainer.held_out.bound_nats


@pytest.mark.parametrize("r", [None, 1.5], ids=["poisson", "overdispersed"])
def test_a_table_of_counts_reaches_the_nats_of_what_made_it(tmp_path, r):
    path, best = written(tmp_path / "counts.csv", r)
    dataset = open_dataset(DataSpec(source=str(path)), cache=tmp_path)
    assert dataset.kind == "counts"
    model, _ = suggest(dataset)
    assert model.likelihood == Poisson(levels=dataset.levels)
    poisson = bound_of(dataset, model.likelihood)
    negative = bound_of(dataset, NegativeBinomial(levels=dataset.levels))
    # held-out rows are 150: their mean differs by chance from that of all
    assert best - 2.5 < negative < best + 1.0
    if r is None:
        assert abs(poisson - negative) < 0.7
    else:
        assert negative - poisson > 3.0  # a Poisson knows no variance above its mean


def test_digits_are_counts_too(tmp_path):
    dataset = open_dataset(DataSpec(source="digits"), cache=tmp_path)
    for kind in (Poisson, NegativeBinomial):
        likelihood = kind(levels=dataset.levels)
        model = ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(64,)), likelihood=likelihood)
        trainer = Trainer(dataset, model, replace(HOW, steps=150))
        for _ in trainer:
            pass
        assert -400 < trainer.held_out.bound_nats < -100
        decoded = trainer.vae.decode(trainer.vae.q(_first(dataset)).mean)
        assert (decoded >= 0).all()


def _first(dataset):
    import torch

    return torch.from_numpy(dataset.inputs(np.arange(4)).copy())
