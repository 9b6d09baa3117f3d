"""The adversarial autoencoder: its two losses, and codes that come to lie as the prior."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from latentlab.models.build import build
from latentlab.specs import (
    Adversarial,
    Autoencoder,
    Deterministic,
    Diagonal,
    Implicit,
    Mlp,
    ModelSpec,
    TrainSpec,
)
from latentlab.training.recipes import recipe
from latentlab.training.trainer import Trainer

POSTERIORS = [Implicit(), Deterministic(), Diagonal()]
SPEC = Adversarial(weight=3.0, hidden=(8,))


def adversarial(posterior, rows):
    model = ModelSpec(shape=(1, 6, 6), network=Mlp(hidden=(8,)), posterior=posterior)
    return recipe(SPEC, build(model, seed=1), rows)[0].objective


@pytest.mark.parametrize("posterior", POSTERIORS)
def test_the_two_losses_are_cross_entropies_of_opposite_answers(posterior, rows, batch_of):
    aae, x = adversarial(posterior, rows), rows.span(0, 20)
    first, second = aae.turns(batch_of(x, 2))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        q = aae.vae.q(x)
        z, _ = q.rsample(torch.randn(q.eps_shape(1)[1:], generator=generator))
        prior = torch.randn(20, 2, generator=generator)
        ones, zeros = torch.ones(20), torch.zeros(20)
        fooled = cross_entropy(aae.tell(z), ones)
        told = 0.5 * (cross_entropy(aae.tell(prior), ones) + cross_entropy(aae.tell(z), zeros))
        reconstruction = aae.vae.log_likelihood(x, z).mean()
    torch.testing.assert_close(first.loss, 3.0 * fooled - reconstruction)
    torch.testing.assert_close(second.loss, told)
    assert (first.group, second.group) == ("model", "discriminator")


@pytest.mark.parametrize("posterior", POSTERIORS)
def test_each_turn_moves_one_network(posterior, rows, batch_of):
    aae = adversarial(posterior, rows)
    turns, groups = aae.turns(batch_of(rows.span(0, 20))), aae.groups()
    next(turns).loss.backward()
    assert all(p.grad is not None for p in groups["model"].parameters.values())
    aae.vae.zero_grad(set_to_none=True)
    aae.own.zero_grad(set_to_none=True)
    next(turns).loss.backward()
    assert all(p.grad is None for p in groups["model"].parameters.values())
    assert all(p.grad.abs().sum() > 0 for p in groups["discriminator"].parameters.values())


@pytest.mark.parametrize("posterior", POSTERIORS)
def test_extreme_inputs_stay_finite(posterior, rows, batch_of):
    aae = adversarial(posterior, rows)
    with torch.no_grad():
        for parameter in aae.vae.parameters():
            parameter.mul_(100.0)
    x = torch.stack([torch.zeros(1, 6, 6), torch.ones(1, 6, 6), torch.full((1, 6, 6), 0.5)])
    with torch.autocast("cpu", torch.bfloat16):
        turns = list(aae.turns(batch_of(x)))
    for turn in turns:
        turn.loss.backward()
        assert turn.loss.isfinite()
    assert all(p.grad.isfinite().all() for p in aae.vae.parameters())


def test_there_is_no_kl_where_the_encoder_has_no_density(rows, batch_of):
    for posterior in (Implicit(), Deterministic()):
        aae = adversarial(posterior, rows)
        aae.vae.eval()
        with torch.no_grad():
            record = aae.score(batch_of(rows.span(0, 30)))
        assert record.kl.item() == 0.0
        assert 0.0 <= record.extras["discriminator_accuracy"].item() <= 1.0


def test_codes_come_to_lie_as_the_prior_and_those_of_an_autoencoder_do_not(dataset):
    def spread(objective, posterior):
        model = ModelSpec(shape=(1, 6, 6), network=Mlp(hidden=(32,)), posterior=posterior)
        train = TrainSpec(
            objective=objective,
            steps=1200,
            batch_size=60,
            learning_rate=3e-3,
            device="cpu",
            precision="float32",
            threads=1,
        )
        trainer = Trainer(dataset, model, train)
        list(trainer)
        x = torch.from_numpy(dataset.inputs(dataset.rows("train")).copy())
        with torch.no_grad():
            q = trainer.vae.eval().q(x)
            noise = torch.randn(q.eps_shape(1), generator=torch.Generator().manual_seed(0))
            z = q.rsample(noise)[0].flatten(0, 1)
        return z.mean(0).abs().max().item(), z.std(0)

    off, spreads = spread(Adversarial(), Implicit())
    assert off < 0.3
    assert ((spreads > 0.7) & (spreads < 1.3)).all()
    _, free = spread(Autoencoder(), Deterministic())
    assert free.max() > 2.0
