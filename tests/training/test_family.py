"""Flow posteriors and learned priors in a training: they learn, resume, and begin where told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.models.model import Model, weights_of
from latentlab.specs import (
    Diagonal,
    Flow,
    FlowPrior,
    FullCovariance,
    Mixture,
    TrainSpec,
    Vamp,
    replace,
)
from latentlab.training.trainer import Trainer

TRAIN = TrainSpec(steps=60, batch_size=32, threads=1, precision="float32", device="cpu")
PARTS = {
    "iaf": {"posterior": Flow(hidden=8)},
    "maf": {"posterior": Flow(transform="maf", hidden=8)},
    "spline": {"posterior": Flow(transform="spline", hidden=8)},
    "planar": {"posterior": Flow(transform="planar", layers=4)},
    "mixture": {"prior": Mixture(components=5)},
    "vamp": {"prior": Vamp(components=5)},
    "splines": {"prior": FlowPrior(transform="spline", hidden=8)},
    "shifts": {"prior": FlowPrior(transform="maf", hidden=8)},
    "full-vamp": {"posterior": FullCovariance(), "prior": Vamp(components=5)},
    "iaf-splines": {
        "posterior": Flow(hidden=8),
        "prior": FlowPrior(transform="spline", hidden=8),
    },
}


def last_of(trainer: Trainer):
    return [metrics for metrics in trainer if metrics is not None][-1]


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS.keys())
def test_each_learns_and_repeats_itself_to_the_bit(parts, dataset, mlp):
    spec = replace(mlp, **parts)
    first = Trainer(dataset, spec, TRAIN)
    assert first.vae.spec == spec
    before = weights_of(first.vae)
    begin = last_of(Trainer(dataset, spec, replace(TRAIN, steps=1))).held_out.bound_nats
    end = last_of(first).held_out.bound_nats
    assert end > begin + 0.5
    again = Trainer(dataset, spec, TRAIN)
    assert last_of(again).held_out.bound_nats == end
    after, same = weights_of(first.vae), weights_of(again.vae)
    assert all(after[name].tobytes() == same[name].tobytes() for name in after)
    assert all((after[name] != before[name]).any() for name in after)  # every part learns
    assert np.isfinite(Model(first.vae).sample(5)).all()


def test_pseudo_inputs_begin_at_training_rows_and_not_where_weights_are_given(dataset, mlp):
    spec = replace(mlp, posterior=Diagonal(), prior=Vamp(components=9))
    trainer = Trainer(dataset, spec, TRAIN)
    pseudo = trainer.vae.prior.pseudo_inputs.detach().numpy()
    rows = dataset.x[dataset.split == 0] / 255
    distances = np.abs(pseudo[:, None] - rows[None]).max((2, 3, 4))  # (9, N)
    np.testing.assert_allclose(distances.min(1), 0.02, atol=1e-3)  # as near as they may be
    assert len(set(distances.argmin(1))) > 3
    with torch.no_grad():
        trainer.vae.prior.pseudo_logits.fill_(0.25)
    warm = Trainer(dataset, spec, TRAIN, initial=trainer.vae)
    assert (warm.vae.prior.pseudo_logits == 0.25).all()
