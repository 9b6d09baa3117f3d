"""Learning by exact likelihood."""

from __future__ import annotations

import pytest
import torch

from latentlab.data.open import open_dataset
from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.specs import (
    DataSpec,
    Made,
    MaximumLikelihood,
    Mlp,
    ModelSpec,
    PixelCnn,
    TrainSpec,
)
from latentlab.training.objectives import Batch
from latentlab.training.recipes import recipe
from latentlab.training.trainer import Trainer

NETWORKS = [Made(hidden=(64,)), Made(hidden=(48,), orders=2), PixelCnn(channels=8, layers=1)]


def batch(x: torch.Tensor) -> Batch:
    y = torch.full((len(x),), -1)
    return Batch(x, y, 0.0, 1.0, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_the_loss_is_minus_the_mean_log_likelihood(network):
    vae = build(ModelSpec(shape=(1, 4, 4), network=network))
    x = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(1)).round()
    objective = recipe(MaximumLikelihood(), vae, source=None)[0].objective
    record = objective.score(batch(x)) if not vae.eval().training else None
    assert record is not None
    logits = vae.logits(x.flatten(1)) if hasattr(vae, "logits") else vae.network(x).flatten(1)
    by_hand = -torch.nn.functional.binary_cross_entropy_with_logits(
        logits, x.flatten(1), reduction="sum"
    )
    if getattr(network, "orders", 1) == 1:
        torch.testing.assert_close(record.bound * 6, by_hand)
    assert record.loss == -record.bound
    assert record.kl == 0


def test_one_of_several_orderings_learns_at_each_step():
    vae = build(ModelSpec(shape=(1, 4, 4), network=Made(hidden=(32,), orders=2))).train()
    x = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(1)).round()
    objective = recipe(MaximumLikelihood(), vae, source=None)[0].objective
    each = [vae.log_prob_in(x, k).mean().item() for k in range(2)]
    same = batch(x)
    drawn = {round(objective.record(same).bound.item(), 4) for _ in range(30)}
    assert drawn == {round(value, 4) for value in each}


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_digits_become_more_likely(network):
    data = open_dataset(DataSpec(source="digits"))
    train = TrainSpec(
        objective=MaximumLikelihood(), epochs=4, batch_size=64, learning_rate=5e-3,
        binarize="static", device="cpu", precision="float32", threads=1,
    )  # fmt: skip
    trainer = Trainer(data, ModelSpec(shape=data.shape, network=network), train)
    assert [m.epoch for m in trainer if m is not None] == [1, 2, 3, 4]
    held_out = trainer.held_out
    assert held_out is not None
    assert held_out.kl_nats == 0
    assert -40 < held_out.bound_nats < -20  # log(1/2) for each of 64 pixels is -44.4


def test_a_model_with_latents_is_refused():
    vae = build(ModelSpec(shape=(1, 4, 4), network=Mlp(hidden=(8,))))
    with pytest.raises(UsageError, match="without latents"):
        recipe(MaximumLikelihood(), vae, source=None)
