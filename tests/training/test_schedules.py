"""Learning rate and beta over a training, and the record that they weigh."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentlab.models.build import build
from latentlab.specs import BetaVae, Elbo, FullCovariance, ModelSpec, replace
from latentlab.training.objectives import Batch
from latentlab.training.recipes import Stage, recipe, stage_at
from latentlab.training.schedules import FLOOR, beta, learning_rate

fractions = st.floats(0, 1)


@given(done=fractions, later=fractions, schedule=st.sampled_from(["constant", "cosine", "linear"]))
def test_a_learning_rate_never_rises_after_the_warm_up(done, later, schedule):
    done, later = sorted((done, later))
    first, second = (learning_rate(1.0, schedule, at, 1000) for at in (done, later))
    assert FLOOR - 1e-9 <= second <= first <= 1 + 1e-9


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_a_decaying_learning_rate_goes_from_its_peak_to_its_floor(schedule):
    assert learning_rate(2.0, schedule, 0.0, 0) == pytest.approx(2.0)
    assert learning_rate(2.0, schedule, 1.0, 0) == pytest.approx(2.0 * FLOOR)


def test_the_warm_up_is_a_ramp():
    ramp = [learning_rate(1.0, "constant", 0.0, step, 4) for step in range(6)]
    assert ramp == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


@given(done=fractions)
def test_the_bounds_own_beta_is_one(done):
    assert beta(Elbo(), done) == 1.0


def test_beta_follows_its_schedule():
    linear = BetaVae(beta=4.0, schedule="linear", warmup=0.5)
    assert [beta(linear, at) for at in (0.0, 0.25, 0.5, 1.0)] == [0.0, 2.0, 4.0, 4.0]
    cyclical = BetaVae(beta=4.0, schedule="cyclical", warmup=0.5)
    assert [beta(cyclical, at) for at in (0.0, 0.0625, 0.125, 0.2, 0.25, 0.375)] == [
        0.0, 2.0, 4.0, 4.0, 0.0, 4.0,
    ]  # fmt: skip
    assert beta(replace(linear, warmup=0.0), 0.0) == 4.0
    assert beta(BetaVae(beta=0.5), 0.0) == 0.5


UNLABELLED = torch.full((7,), -1)


class Quiet(Batch):
    """A batch whose noise is zero."""

    def noise(self, shape):
        return torch.zeros(shape)


def test_the_stages_follow_each_other_by_their_shares():
    stages = (Stage(None, 0.25), Stage(None, 0.5), Stage(None, 0.25))
    assert [stage_at(stages, done) for done in (0.0, 0.125, 0.25, 0.5, 0.875, 1.0)] == [
        (0, 0.0), (0, 0.5), (1, 0.0), (1, 0.5), (2, 0.5), (2, 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize("posterior", [None, FullCovariance()])
@pytest.mark.parametrize("samples", [1, 4])
def test_the_loss_is_minus_reconstruction_plus_beta_kl(posterior, samples):
    spec = ModelSpec(shape=(1, 4, 4), latent_dim=3)
    vae = build(spec if posterior is None else replace(spec, posterior=posterior))
    x = torch.rand(7, 1, 4, 4)
    vae.requires_grad_(requires_grad=False)
    bound = recipe(Elbo(samples=samples), vae, source=None)[0].objective
    record = bound.record(Quiet(x, UNLABELLED, 0.0, 3.0, torch.Generator()))
    # With eps = 0 every sample is the mean, and the terms have a plain form.
    q = vae.q(x)
    by_hand = vae.log_likelihood(x, q.mean).mean()
    assert float(record.reconstruction) == pytest.approx(float(by_hand), rel=1e-5)
    assert float(record.loss) == pytest.approx(
        float(3 * record.kl - record.reconstruction), rel=1e-5
    )
    assert float(record.bound) == pytest.approx(float(record.reconstruction - record.kl), rel=1e-5)


def test_more_samples_leave_the_mean_and_lower_the_spread():
    vae = build(ModelSpec(shape=(1, 4, 4)))
    x = torch.rand(1, 1, 4, 4)
    generator = torch.Generator().manual_seed(0)

    batch = Batch(x, torch.tensor([-1]), 0.0, 1.0, generator)

    def spread(samples):
        bound = recipe(Elbo(samples=samples), vae, source=None)[0].objective
        with torch.no_grad():
            found = [bound.record(batch).loss for _ in range(200)]
        return torch.stack(found).std(), torch.stack(found).mean()

    (one, first), (ten, second) = spread(1), spread(10)
    assert ten < one / 2
    assert abs(first - second) < 0.3


def test_an_unknown_objective_is_named():
    with pytest.raises(TypeError, match="Mystery"):
        recipe(type("Mystery", (), {})(), None, None)
