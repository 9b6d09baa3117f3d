"""Free bits, and the temperature of relaxed categories over a training."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import distributions as td

from latentlab.models.build import build
from latentlab.models.gaussian import DiagonalGaussian
from latentlab.models.prior import StandardNormal
from latentlab.specs import (
    BetaVae,
    Categorical,
    FullCovariance,
    Mixture,
    Mlp,
    ModelSpec,
    RunConfig,
    TrainSpec,
    UniformCategorical,
)
from latentlab.training.free_bits import freed
from latentlab.training.recipes import recipe
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer

MODEL = ModelSpec(shape=(1, 6, 6), latent_dim=3, network=Mlp(hidden=(8,)))


def objective(nats, model=MODEL, beta=1.0):
    spec = BetaVae(beta=beta, free_bits=nats)
    return recipe(spec, build(model, seed=1), None)[0].objective


def test_each_latent_pays_for_what_is_above_its_free_nats(rows, batch_of):
    nats, beta, x = 0.5, 2.0, rows.span(0, 20)
    bits = objective(nats)
    with torch.no_grad():
        bits.vae.posterior.linear.weight[0].mul_(30.0)  # one latent far above, the others below
        record = bits.record(batch_of(x, beta=beta))
        q = bits.vae.q(x)
        own = td.Normal(q.mean, q.log_sigma.exp(), validate_args=True)
        unit = td.Normal(torch.zeros(3), torch.ones(3), validate_args=True)
        shares = td.kl_divergence(own, unit).mean(0).tolist()
    assert min(shares) < nats < max(shares)
    expected = beta * sum(max(nats, share) for share in shares)
    assert record.loss.item() == pytest.approx(expected - record.reconstruction.item(), rel=1e-5)
    assert record.kl.item() == pytest.approx(sum(shares), rel=1e-4)  # the bound is the plain one


def test_the_kl_pulls_at_latents_above_their_free_nats_alone():
    prior = StandardNormal(None, MODEL)
    mean = torch.tensor([[2.0, 0.1, 0.0]], requires_grad=True)  # KLs 2, 0.005 and 0
    log_sigma = torch.zeros(1, 3, requires_grad=True)
    q = DiagonalGaussian(mean, log_sigma)
    divergence = 0.5 * mean.square().sum()
    freed(q, prior, divergence, 0.5).backward()
    assert mean.grad.tolist() == [[2.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    "parts",
    [
        {"prior": Mixture(components=3)},
        {"posterior": FullCovariance()},
        {"posterior": Categorical(), "prior": UniformCategorical()},
    ],
    ids=["mixture", "full", "categorical"],
)
def test_every_pair_has_free_bits(parts, rows, batch_of):
    """At no free nats the loss is the bound's; at many it is the same for all q: nothing pulls."""
    model = ModelSpec(shape=(1, 6, 6), latent_dim=3, network=Mlp(hidden=(8,)), **parts)
    x = rows.span(0, 20)
    plain = objective(0.0, model).record(batch_of(x))
    torch.testing.assert_close(plain.loss, -plain.bound)
    tiny = objective(1e-9, model).record(batch_of(x))
    assert tiny.loss.item() == pytest.approx(
        max(plain.kl.item(), 3e-9) - plain.reconstruction.item()
    )
    bits = objective(50.0, model)
    free = bits.record(batch_of(x))
    rest = (free.loss + free.reconstruction).item()
    gradient = torch.autograd.grad(
        free.loss + free.reconstruction, bits.vae.posterior.linear.weight, retain_graph=True
    )[0]
    if "posterior" not in parts or not isinstance(parts["posterior"], FullCovariance):
        assert gradient.abs().max() < 1e-5
    assert rest >= 150.0 - 1e-3
    assert rest < 160.0


def test_free_bits_keep_latents_that_the_plain_bound_lets_collapse(dataset):
    def kl(nats):
        train = TrainSpec(
            objective=BetaVae(beta=8.0, free_bits=nats),
            epochs=150,
            batch_size=60,
            learning_rate=5e-3,
            device="cpu",
            precision="float32",
        )
        trainer = Trainer(dataset, MODEL, train)
        list(trainer)
        return trainer.held_out.kl_nats

    assert kl(0.0) < 0.2
    assert kl(0.5) > 1.0


CATEGORICAL = ModelSpec(
    shape=(1, 6, 6),
    latent_dim=2,
    network=Mlp(hidden=(16,)),
    posterior=Categorical(categories=4, temperature=1.0, final_temperature=0.25),
    prior=UniformCategorical(),
)


def test_the_temperature_falls_from_the_first_to_the_last_step(dataset):
    train = TrainSpec(steps=40, batch_size=30, device="cpu", precision="float32")
    trainer = Trainer(dataset, CATEGORICAL, train)
    seen = [trainer.vae.posterior.temperature for metrics in trainer if metrics is None]
    assert seen[0] == 1.0
    assert seen == sorted(seen, reverse=True)
    assert seen[20] == pytest.approx(0.5, rel=0.05)  # half-way, in ratio
    assert seen[-1] == pytest.approx(0.25, rel=0.05)
    assert trainer.held_out.bound_nats > -26.0


@pytest.mark.parametrize("hard", [False, True])
def test_a_stopped_training_of_categories_ends_with_the_same_bytes(tmp_path, dataset, hard):
    posterior = Categorical(categories=4, hard=hard, final_temperature=0.2)
    model = ModelSpec(
        shape=(1, 6, 6),
        network=Mlp(hidden=(16,)),
        posterior=posterior,
        prior=UniformCategorical(),
    )
    train = TrainSpec(steps=20, batch_size=32, device="cpu", precision="float32", threads=1)
    whole = Trainer(dataset, model, train)
    list(whole)
    run = Run.create(tmp_path / "run", RunConfig(model=model, train=train, data=dataset.source))
    first = Trainer(dataset, model, train, run=run)
    for _ in itertools.islice((m for m in first if m is None), 7):
        pass
    first.finish("stopped")
    run.close()
    run = Run.open(tmp_path / "run")
    second = Trainer(dataset, model, train, run=run, resume=True)
    list(second)
    run.close()
    expected = whole.vae.state_dict()
    found = second.vae.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
