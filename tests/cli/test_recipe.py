"""Options by name, laid over specs."""

from __future__ import annotations

import pytest

from latentlab.errors import UsageError
from latentlab.specs import BetaVae, Conv, Elbo, FullCovariance, Gaussian, Mlp, ModelSpec, TrainSpec
from latentlab.verbs import recipe

MODEL = ModelSpec(shape=(1, 28, 28), network=Mlp(hidden=(100,)))
TRAIN = TrainSpec(epochs=7, steps=500)


def apply(**options):
    return recipe.apply(MODEL, TRAIN, options)


def test_options_that_are_not_given_change_nothing():
    assert apply(latent_dim=None, epochs=None, beta=None) == (MODEL, TRAIN)


def test_parts_are_found_by_their_tag():
    model, train = apply(
        network="conv",
        conv_channels=(8, 16),
        hidden=(64,),
        posterior="full",
        likelihood="gaussian",
        scale=0.3,
        latent_dim=5,
        beta=4.0,
        beta_schedule="cyclical",
    )
    assert model.network == Conv(channels=(8, 16), hidden=64)
    assert model.posterior == FullCovariance()
    assert model.likelihood == Gaussian(scale=0.3)
    assert model.latent_dim == 5
    assert train.objective == BetaVae(beta=4.0, schedule="cyclical")


def test_naming_the_part_that_is_there_keeps_its_settings():
    assert apply(network="mlp")[0].network == Mlp(hidden=(100,))


def test_the_length_that_is_asked_for_is_the_one_that_counts():
    assert apply(epochs=3)[1].steps is None
    assert apply(epochs=3)[1].epochs == 3
    limited = apply(time_limit_s=60.0)[1]
    assert (limited.steps, limited.time_limit_s) == (None, 60.0)


def test_samples_belong_to_the_objective():
    assert apply(samples=5)[1].objective == Elbo(samples=5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"posterior": "flow"}, "There is: diagonal, full"),
        ({"objective": "iwae"}, "elbo, beta"),
        ({"network": "mlp", "conv_channels": (8,)}, "conv"),
        ({"network": "conv", "hidden": (8, 8)}, "one hidden layer"),
        ({"scale": 0.1}, "gaussian"),
        ({"objective": "elbo", "beta": 2.0}, "beta"),
        ({"colour": "red"}, "colour"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"precision": "float7"}, "precision"),
        ({"learning_rate": -1.0}, "learning_rate"),
    ],
)
def test_what_does_not_go_is_wrong_usage_and_says_what_does(options, words):
    with pytest.raises(UsageError) as refusal:
        apply(**options)
    assert words in str(refusal.value)
