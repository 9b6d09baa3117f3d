"""Learning codes, and then a prior over them."""

from __future__ import annotations

import math

import pytest
import torch

from latentlab.data.open import open_dataset
from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.specs import (
    Autoregressive,
    Conv,
    DataSpec,
    Mlp,
    ModelSpec,
    TrainSpec,
    TwoLevel,
    UniformCategorical,
    VectorQuantised,
    VqVae,
    replace,
)
from latentlab.training.objectives import Batch
from latentlab.training.recipes import recipe
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer

SPEC = ModelSpec(
    shape=(1, 8, 8), latent_dim=4, network=Conv(channels=(16,)),
    posterior=VectorQuantised(codes=16, commitment=1.0),
    prior=Autoregressive(channels=16, layers=1),
)  # fmt: skip
TRAIN = TrainSpec(
    objective=VqVae(), epochs=10, batch_size=64, learning_rate=5e-3, device="cpu",
    precision="float32", threads=1,
)  # fmt: skip
TWO = replace(SPEC, network=TwoLevel(channels=16, residual=1))


@pytest.fixture(scope="module")
def digits():
    return open_dataset(DataSpec(source="digits"))


def batch(x: torch.Tensor, done: float = 0.0) -> Batch:
    return Batch(x, torch.full((len(x),), -1), done, 1.0, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("codebook", ["ema", "gradient"])
@pytest.mark.parametrize("spec", [SPEC, TWO], ids=["one", "two"])
def test_the_loss_has_the_parts_that_it_should(spec, codebook):
    posterior = VectorQuantised(codes=16, codebook=codebook, commitment=0.5)
    vae = build(replace(spec, posterior=posterior), seed=2).train()
    stage, _ = recipe(VqVae(), vae, source=None)
    x = torch.rand(7, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    record = stage.objective.record(batch(x))
    with torch.no_grad():
        q = vae.q(x)
        gaps = sum(((e - v) ** 2).sum() for e, v in zip(q.encoded, q.vectors, strict=True)) / 7
        z = vae.vectors(q.tokens)
        cross_entropy = torch.nn.functional.binary_cross_entropy(vae.decode(z), x, reduction="sum")
    weight = 0.5 if codebook == "ema" else 1.5  # commitment, and the codebook's own
    torch.testing.assert_close(record.loss.detach(), cross_entropy / 7 + weight * gaps)
    torch.testing.assert_close(record.reconstruction.detach(), -cross_entropy / 7)
    assert math.isclose(float(record.kl), q.tokens.shape[1] * math.log(16), rel_tol=1e-6)


def test_the_first_stage_leaves_the_prior_and_the_second_leaves_the_codes():
    vae = build(SPEC)
    first, second = recipe(VqVae(prior_share=0.3), vae, source=None)
    assert (first.share, second.share) == (0.7, 0.3)
    learned = [set(stage.objective.groups()["model"].parameters) for stage in (first, second)]
    assert not learned[0] & learned[1]
    assert learned[0] | learned[1] == {name for name, _ in vae.named_parameters()}
    assert all(name.startswith("prior.") for name in learned[1])
    uniform = build(replace(SPEC, prior=UniformCategorical()))
    assert [stage.share for stage in recipe(VqVae(), uniform, source=None)] == [1.0]


def test_held_out_figures_are_a_bound_under_the_prior_with_the_perplexity():
    vae = build(TWO, seed=1).eval()
    x = torch.rand(9, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    first, second = recipe(VqVae(), vae, source=None)
    with torch.no_grad():
        one, two = first.objective.score(batch(x)), second.objective.score(batch(x))
        q = vae.q(x)
        bound = (vae.log_likelihood(x, q.mean) + vae.prior.log_prob(q.mean)).mean()
    torch.testing.assert_close(one.bound, bound)
    torch.testing.assert_close(two.bound, bound)
    assert set(one.extras) == {"perplexity_top", "perplexity_bottom"}
    assert all(1 <= value <= 16 for value in one.extras.values())


@pytest.mark.parametrize(
    "spec",
    [SPEC, TWO, replace(SPEC, network=Mlp(hidden=(64,)))],
    ids=["conv", "two-level", "mlp"],
)
def test_digits_are_coded_and_the_prior_learns_what_codes_are_likely(digits, spec):
    trainer = Trainer(digits, spec, TRAIN)
    history = [metrics for metrics in trainer if metrics is not None]
    held_out = trainer.held_out
    assert held_out is not None
    assert held_out.reconstruction_nats > -28  # mean grey values: -37
    tokens = sum(trainer.vae.counts)
    assert held_out.kl_nats < 0.93 * tokens * math.log(16)  # better than all alike
    assert history[4].train.kl_nats == pytest.approx(tokens * math.log(16))
    assert held_out.extras
    assert all(value > 0.3 * 16 for value in held_out.extras.values())


def test_a_training_of_codes_repeats_to_the_bit(digits, tmp_path):
    train = replace(TRAIN, epochs=2)
    weights = [dict(_trained(Trainer(digits, SPEC, train)).state_dict()) for _ in range(2)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_resumed_training_of_codes_ends_with_the_same_bits(digits, tmp_path):
    train = replace(TRAIN, steps=60)
    whole = _trained(Trainer(digits, SPEC, train)).state_dict()
    for stop in (20, 50):  # in the first stage, and in the second
        trainer = Trainer(digits, SPEC, train)
        run = Run.create(tmp_path / f"run{stop}", trainer.config)
        trainer = Trainer(digits, SPEC, train, run=run)
        for _ in trainer:
            if trainer.progress().step == stop:
                break
        trainer.finish("stopped")
        run.close()
        with Run.open(tmp_path / f"run{stop}") as again:
            resumed = _trained(Trainer(digits, SPEC, train, run=again, resume=True)).state_dict()
        assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_time_limit_counts_what_each_stage_takes(digits, monkeypatch):
    from latentlab.training import precision

    vae = build(SPEC)
    asked = []

    def timed(_stepper, _trial, stage=0):
        asked.append(stage)
        return 5.0

    monkeypatch.setattr(precision, "_timed", timed)
    rows = Trainer(digits, SPEC, TRAIN)._batches
    first = precision.Measured("float32", 1, 1.0)
    mean_s = precision.over_stages(vae, VqVae(prior_share=0.25), rows, 8, first)
    assert mean_s == pytest.approx(0.75 * 1.0 + 0.25 * 5.0)
    assert set(asked) == {1}


def test_a_model_without_codes_is_refused():
    vae = build(ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(8,))))
    with pytest.raises(UsageError, match="learns codes"):
        recipe(VqVae(), vae, source=None)


def _trained(trainer: Trainer):
    for _ in trainer:
        pass
    return trainer.vae
