"""Options by name, laid over specs."""

from __future__ import annotations

import dataclasses
import re
from typing import get_args

import pytest

from latentlab import rules
from latentlab.errors import UsageError
from latentlab.specs import (
    BetaVae,
    Conditional,
    Conv,
    Elbo,
    FullCovariance,
    Gaussian,
    Logistic,
    MaximumLikelihood,
    Mlp,
    ModelSpec,
    ObjectiveSpec,
    PosteriorSpec,
    PriorSpec,
    TrainSpec,
    replace,
    tag_of,
)
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
    ("options", "brought"),
    [
        ({"posterior": "none"}, {"objective": "autoencoder", "prior": "normal"}),
        ({"objective": "autoencoder"}, {"posterior": "none"}),
        ({"posterior": "vq"}, {"objective": "vq", "prior": "autoregressive"}),
        ({"posterior": "categorical"}, {"objective": "elbo", "prior": "categorical"}),
        ({"categories": 5}, {"posterior": "categorical", "prior": "categorical"}),
        ({"prior": "categorical"}, {"posterior": "categorical"}),
        ({"posterior": "implicit"}, {"objective": "adversarial"}),
        ({"objective": "adversarial"}, {"posterior": "implicit"}),
        ({"objective": "made"}, {"network": "made", "objective": "likelihood"}),
        ({"network": "pixelcnn"}, {"objective": "likelihood"}),
        ({"objective": "vqvae2"}, {"network": "two-level", "posterior": "vq", "objective": "vq"}),
        ({"objective": "linear"}, {"network": "linear", "likelihood": "gaussian"}),
        ({"objective": "m2"}, {"labels": "m2", "posterior": "diagonal"}),
        ({"labels": "m1m2"}, {"objective": "m1m2"}),
        ({"transform": "spline"}, {"posterior": "flow"}),
        ({"gamma": 5.0}, {"objective": "factor"}),
        ({"noise": "gaussian"}, {"objective": "denoising", "posterior": "diagonal"}),
        ({"likelihood": "poisson"}, {"likelihood": "poisson", "objective": "elbo"}),
    ],
)
def test_a_part_that_is_not_given_follows_the_one_that_is(options, brought):
    model, train = apply(**options)
    parts = {name: getattr(model, name) for name in recipe.MODEL_PARTS}
    parts["objective"] = train.objective
    assert {name: tag_of(parts[name]) for name in brought} == brought
    assert recipe.apply(model, train, {}) == (model, train)  # what it came to stays as it is


def replace_part(model, asked):
    return replace(model, posterior=asked["posterior"], prior=asked["prior"])


def test_every_pair_is_either_made_or_refused_with_a_sentence():
    kinds = set(get_args(ObjectiveSpec)) - {MaximumLikelihood}  # it has neither of the others
    for posterior in get_args(PosteriorSpec):
        for objective in kinds:
            for prior in get_args(PriorSpec):
                asked = {"posterior": posterior(), "objective": objective(), "prior": prior()}
                wish = replace_part(MODEL, asked), replace(TRAIN, objective=objective())
                why = rules.reasons(*rules.complete(*wish, asked.keys()))
                assert all(sentence.endswith(".") for sentence in why.values())
                if why:
                    with pytest.raises(UsageError, match=re.escape(next(iter(why.values())))):
                        apply(**asked)
                else:
                    assert type(apply(**asked)[1].objective) is objective


def test_facts_of_the_data_reach_the_parts():
    facts = rules.Facts(shape=(1, 8, 8), pictures=True, levels=17, classes=10)
    model, _ = recipe.apply(MODEL, TRAIN, {"likelihood": "poisson"}, facts)
    assert model.likelihood.levels == 17
    model, _ = recipe.apply(MODEL, TRAIN, {"labels": Conditional(classes=3)}, facts)
    assert model.labels.classes == 10
    _, train = recipe.apply(MODEL, TRAIN, {"objective": "made"}, facts)
    assert train.binarize == "static"
    unlabelled = dataclasses.replace(facts, classes=0)
    with pytest.raises(UsageError, match="no labels"):
        recipe.apply(MODEL, TRAIN, {"objective": "m2"}, unlabelled)
    table = dataclasses.replace(facts, pictures=False, levels=None)
    with pytest.raises(UsageError, match="pictures"):
        recipe.apply(MODEL, TRAIN, {"network": "conv"}, table)
    with pytest.raises(UsageError, match="whole numbers"):
        recipe.apply(MODEL, TRAIN, {"likelihood": "poisson"}, table)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"posterior": "bent"}, "There is: diagonal, full, flow"),
        ({"objective": "mystery"}, "elbo, beta"),
        ({"objective": "mystery"}, "pixelcnn"),
        ({"posterior": "vq", "objective": "elbo"}, "losses of their own"),
        ({"posterior": "diagonal", "prior": "categorical"}, "continuous prior"),
        ({"posterior": "flow", "objective": "tc"}, "total correlation"),
        ({"likelihood": "gaussian", "binarize": "static"}, "bernoulli"),
        ({"posterior.nonsense": 3}, "nonsense"),
        ({"shape.width": 3}, "no part"),
        ({"network": "mlp", "conv_channels": (8,)}, "conv"),
        ({"network": "conv", "hidden": (8, 8)}, "one hidden layer"),
        ({"scale": 0.1}, "gaussian"),
        ({"objective": "elbo", "beta": 2.0}, "beta"),
        ({"colour": "red"}, "colour"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"precision": "float7"}, "precision"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"objective": "made", "posterior": "flow"}, "made has no latents"),
        ({"objective": "likelihood", "prior": "vamp"}, "no latents"),
        ({"objective": "pixelcnn", "latent_dim": 5}, "latent_dim: The network pixelcnn"),
        ({"network": "made", "labels": "condition"}, "told of no labels"),
        ({"objective": "vqvae2", "network": "mlp"}, "a network of its own"),
        ({"objective": "made", "network": "pixelcnn"}, "a network of its own"),
        ({"transform": "bent"}, "Choose iaf, maf, spline, planar."),
        ({"noise": "bent"}, 'noise: "bent" is not possible here.'),
        ({"posterior": "flow", "posterior.layers": 99}, 'posterior.layers: "99"'),
        ({"prior": "vamp", "components": 0}, "Expected `int` >= 1"),
    ],
)
def test_what_does_not_go_is_wrong_usage_and_says_what_does(options, words):
    with pytest.raises(UsageError) as refusal:
        apply(**options)
    assert words in str(refusal.value)


def test_code_vectors_have_a_length_of_their_own():
    model, train = apply(posterior="vq")
    assert model.latent_dim == 16
    assert apply(posterior="vq", latent_dim=3)[0].latent_dim == 3
    short, _ = recipe.apply(model, train, {"latent_dim": 4})
    kept, _ = recipe.apply(short, train, {"codes": 64})  # chosen before
    assert kept.latent_dim == 4


def test_pixelcnn_models_grey_levels_where_that_is_asked_for():
    model, train = apply(objective="pixelcnn", likelihood="logistic")
    assert (model.likelihood, train.binarize) == (Logistic(), "none")
    assert recipe.apply(model, train, {}) == (model, train)  # what it came to stays as it is
    with pytest.raises(UsageError, match="binary pixels"):
        apply(objective="made", likelihood="logistic")


def test_hidden_labels_are_refused_where_nothing_learns_from_labels():
    with pytest.raises(UsageError, match="learns from labels"):
        recipe.apply(MODEL, replace(TRAIN, labelled=5), {"objective": "elbo"})
    _, train = recipe.apply(MODEL, replace(TRAIN, labelled=5), {"objective": "m2"})
    assert train.labelled == 5
