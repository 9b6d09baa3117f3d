"""`evaluate` on every kind of model: what is undefined is None, and it says why."""

from __future__ import annotations

import json
import math

import msgspec
import numpy as np
import pytest
import torch

from latentlab.analysis.abilities import Abilities, abilities
from latentlab.analysis.asked import likelihood_name
from latentlab.analysis.evaluate import evaluate
from latentlab.analysis.told import Told
from latentlab.data.dataset import Dataset
from latentlab.errors import UsageError
from latentlab.export.findings import report_of
from latentlab.export.reports import text_of
from latentlab.models.build import build
from latentlab.models.model import Model
from latentlab.parts.evaluation import CHECKS, SECTIONS
from latentlab.specs import (
    Adversarial,
    Categorical,
    Conditional,
    DataSpec,
    Deterministic,
    Flow,
    FlowPrior,
    Implicit,
    Logistic,
    Made,
    Mixture,
    Mlp,
    ModelSpec,
    NegativeBinomial,
    Poisson,
    SemiSupervised,
    TrainSpec,
    UniformCategorical,
    Vamp,
    VectorQuantised,
)

ALL = tuple(SECTIONS)
VQ = {"posterior": VectorQuantised(codes=8, tokens=4), "prior": UniformCategorical()}
CATEGORIES = {"posterior": Categorical(categories=3), "prior": UniformCategorical()}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    labels = (np.arange(80) % 3).astype(np.int64)
    x = (rng.random((80, 1, 3, 3)) < 0.2 + 0.25 * labels[:, None, None, None]).astype(np.uint8)
    factors = np.column_stack([labels, rng.integers(0, 2, 80)]).astype(np.float64)
    return Dataset(
        name="Dots",
        x=x,
        kind="image",
        levels=2,
        labels=labels,
        label_names=("a", "b", "c"),
        split=(np.arange(80) % 4 == 0).astype(np.int8),
        source=DataSpec(source="dots"),
        value_range=(0.0, 1.0),
        factors=factors,
        factor_names=("class", "coin"),
    )


def _model(**parts) -> Model:
    network = parts.pop("network", Mlp(hidden=(8,)))
    return Model(build(ModelSpec(shape=(1, 3, 3), network=network, **parts), seed=1))


@pytest.mark.parametrize(
    "parts",
    [
        {"latent_dim": 3},
        {"posterior": Flow(transform="iaf", hidden=8), "prior": Mixture(components=2)},
        {"posterior": Flow(transform="planar"), "latent_dim": 3},
        {"prior": Vamp(components=3)},
        {"prior": FlowPrior(layers=1, hidden=8)},
        {"posterior": Deterministic()},
        {"posterior": Implicit(noise=2)},
        {"latent_dim": 2, **CATEGORIES},
        {"latent_dim": 2, **VQ},
        {"network": Made(hidden=(16,))},
        {"labels": Conditional(classes=3)},
        {"labels": SemiSupervised(classes=3, hidden=(8,))},
    ],
    ids=lambda parts: "-".join(type(part).__name__ for part in parts.values()),
)
def test_every_family_is_judged_on_all_there_is(dataset, parts):
    found = evaluate(_model(**parts), dataset, samples=20, sections=ALL)
    fields = msgspec.to_builtins(found)
    json.dumps(fields, allow_nan=False)
    assert text_of(report_of(found, "m", "d")).startswith("m\n20 test rows of d; Bernoulli")
    for section, field in (("aggregate", "aggregate"), ("gradients", "gradients")):
        assert (fields[field] is None) == (section in found.unavailable)
    assert found.cover is not None
    if found.bound_kind == "bound":
        assert found.bound_nats == pytest.approx(found.reconstruction_nats - found.kl_nats)
        assert found.log_likelihood_nats is None or (
            found.bound_nats <= found.log_likelihood_nats + 0.1
        )


def test_a_plain_autoencoder_has_no_bound(dataset):
    found = evaluate(_model(posterior=Deterministic()), dataset, check="ais")
    assert found.bound_kind == "none"
    assert found.bound_nats is None
    assert found.kl_nats is None
    assert found.log_likelihood_nats is None
    assert found.reconstruction_nats < 0
    assert found.knn_accuracy is not None
    assert "ais" in found.unavailable


def test_codes_of_a_plain_autoencoder_are_held_against_no_prior(dataset):
    model = _model(posterior=Deterministic())
    found = evaluate(model, dataset, sections=("aggregate",))
    assert found.aggregate is None
    assert "no prior" in found.unavailable["aggregate"]
    matched = Model(
        model.vae, msgspec.structs.replace(model.header, train=TrainSpec(objective=Adversarial()))
    )
    assert evaluate(matched, dataset, sections=("aggregate",)).aggregate is not None


@pytest.mark.parametrize(
    ("likelihood", "name"),
    [
        (Poisson(), "Poisson"),
        (NegativeBinomial(), "negative binomial"),
        (Logistic(), "discretised logistic"),
    ],
)
def test_a_likelihood_is_named_as_people_write_it(dataset, likelihood, name):
    assert likelihood_name(likelihood, dataset, "none") == name


def test_a_model_without_latents_is_exact(dataset):
    model = _model(network=Made(hidden=(16,)))
    found = evaluate(model, dataset, sections=("likelihood", "classes"), check="hmc")
    with torch.no_grad():
        x = torch.from_numpy(dataset.inputs(dataset.rows("test")))
        exact = float(model.vae.log_prob(x).double().mean())
    assert found.log_likelihood_kind == found.bound_kind == "exact"
    assert found.log_likelihood_nats == pytest.approx(exact, abs=1e-5)
    assert found.bits_per_dimension == pytest.approx(-exact / (9 * math.log(2)), abs=1e-6)
    assert found.unavailable.keys() == {"classes", "hmc"}
    assert found.active_units is None


def test_categories_are_judged_by_hard_samples(dataset):
    """log p(x) of 9 codes is a sum: importance sampling reaches it."""
    model = _model(latent_dim=2, **CATEGORIES)
    found = evaluate(model, dataset, samples=3000)
    assert found.kl_kind == "closed"
    assert found.log_likelihood_kind == "importance"
    every = torch.zeros(9, 6)
    for code in range(9):
        every[code, code // 3] = every[code, 3 + code % 3] = 1
    x = torch.from_numpy(dataset.inputs(dataset.rows("test")))
    with torch.no_grad():
        pairs = model.vae.likelihood.pairs(x, model.vae.likelihood_parameters(every))
        exact = float((pairs.logsumexp(1) - math.log(9)).mean())
    assert found.log_likelihood_nats == pytest.approx(exact, abs=0.01)


def test_a_conditional_model_is_told_the_class_of_each_datum(dataset):
    model = _model(labels=Conditional(classes=3))
    found = evaluate(model, dataset)
    assert found.conditional
    rows = dataset.rows("test")
    total = 0.0
    for y in range(3):
        x = dataset.inputs(rows[dataset.labels[rows] == y])
        total += len(x) * _by_grid(model, x, y).mean()
    assert found.log_likelihood_nats == pytest.approx(total / len(rows), abs=0.02)


def test_where_the_class_is_a_latent_it_is_summed_out(dataset):
    model = _model(labels=SemiSupervised(classes=3, hidden=(8,)))
    found = evaluate(model, dataset)
    assert not found.conditional
    x = dataset.inputs(dataset.rows("test"))
    each = np.stack([_by_grid(model, x, y) for y in range(3)])
    exact = (np.logaddexp.reduce(each) - math.log(3)).mean()
    assert found.log_likelihood_nats == pytest.approx(exact, abs=0.02)
    assert found.bound_nats < exact + 0.01


def _by_grid(model: Model, x: np.ndarray, y: int) -> np.ndarray:
    """log p(x|y) by a plain sum over a fine grid of z."""
    line = np.linspace(-6, 6, 241, dtype=np.float32)
    z = torch.from_numpy(np.stack(np.meshgrid(line, line), -1).reshape(-1, 2))
    with torch.no_grad():
        told = Told(model.vae, y)
        joint = model.vae.likelihood.pairs(
            torch.from_numpy(x), told.likelihood_parameters(z)
        ) + model.vae.prior.log_prob(z)
        return (joint.double().logsumexp(1) + 2 * math.log(12 / 240)).numpy()


def test_models_say_what_can_be_asked_of_them():
    full = Abilities(density=True, foreign=True, continuous=True, prior=True, drawn=True)
    assert abilities(_model().vae) == full
    assert abilities(_model(posterior=Flow(transform="planar")).vae) == full
    assert not abilities(_model(posterior=Implicit(noise=2)).vae).density
    plain = abilities(_model(posterior=Deterministic()).vae)
    assert (plain.density, plain.continuous) == (False, False)
    grid = abilities(_model(**VQ).vae)
    assert (grid.density, grid.drawn, grid.continuous) == (True, False, False)
    assert not abilities(_model(**CATEGORIES).vae).continuous


def test_a_draw_of_rows_is_scored_with_its_error(dataset):
    part = evaluate(_model(), dataset, count=7)
    assert (part.count, part.rows) == (7, 20)
    assert part.log_likelihood_error_nats > 0
    again = evaluate(_model(), dataset, count=7)
    assert part.log_likelihood_nats == again.log_likelihood_nats


@pytest.mark.parametrize("check", list(CHECKS))
def test_a_check_stands_beside_the_usual_estimate(dataset, check):
    found = evaluate(_model(), dataset, sections=(), check=check, check_count=4).check
    assert found.count == 4
    assert found.kl_gap_nats > -0.05
    if check == "ais":
        assert abs(found.checked_nats - found.log_likelihood_nats) < (
            5 * found.checked_error_nats + 0.02
        )
        assert "agree" in found.verdict
    else:
        assert found.width_ratio > 0.5
        assert found.reverse_gap_nats > -0.05


def test_what_can_be_wrong_is_said(dataset):
    with pytest.raises(UsageError):
        evaluate(_model(), dataset, sections=("nonsense",))
    with pytest.raises(UsageError):
        evaluate(_model(), dataset, count=0)
