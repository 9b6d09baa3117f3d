"""`evaluate`: every figure, said with how it was got."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from latentlab.analysis import asked
from latentlab.analysis.evaluate import evaluate
from latentlab.data.dataset import Dataset
from latentlab.errors import RefusedError, UsageError
from latentlab.models.build import build
from latentlab.models.files import ModelHeader
from latentlab.models.model import Model
from latentlab.specs import (
    Bernoulli,
    ContinuousBernoulli,
    DataSpec,
    FullCovariance,
    Gaussian,
    Mlp,
    ModelSpec,
    TrainSpec,
)

KEYS = {
    "bound_nats",
    "reconstruction_nats",
    "kl_nats",
    "log_likelihood_nats",
    "log_likelihood_kind",
    "samples",
    "binarize",
    "kl_kind",
    "active_units",
    "kl_per_dimension",
    "knn_accuracy",
    "linear_accuracy",
}


@pytest.fixture
def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    labels = (np.arange(90) % 3).astype(np.int64)
    x = (rng.integers(0, 120, (90, 1, 4, 4)) + 60 * labels[:, None, None, None]).astype(np.uint8)
    return Dataset(
        name="Squares",
        x=x,
        kind="image",
        levels=256,
        labels=labels,
        label_names=("a", "b", "c"),
        split=(np.arange(90) % 3 == 2).astype(np.int8) * (np.arange(90) > 30).astype(np.int8),
        source=DataSpec(source="squares"),
        value_range=(0.0, 255.0),
    )


def _model(d: int = 2, **parts) -> Model:
    spec = ModelSpec(shape=(1, 4, 4), latent_dim=d, network=Mlp(hidden=(12,)), **parts)
    return Model(build(spec, seed=1))


@pytest.mark.parametrize("d", [1, 2, 4])
def test_every_key_of_the_contract_is_there(dataset, d):
    found = evaluate(_model(d), dataset, samples=20)
    figures = msgspec.to_builtins(found)
    assert figures.keys() >= KEYS
    assert found.bound_nats == pytest.approx(found.reconstruction_nats - found.kl_nats)
    assert found.bound_nats < found.log_likelihood_nats + 0.05
    assert found.log_likelihood_kind == ("quadrature" if d <= 2 else "importance")
    assert found.samples == 20
    assert found.kl_kind == "closed"
    assert len(found.kl_per_dimension) == d
    assert sum(found.kl_per_dimension) == pytest.approx(found.kl_nats, rel=1e-4)
    assert 0 <= found.active_units <= d
    assert found.count == len(dataset.rows("test"))
    assert (found.effective_samples is None) == (d <= 2)
    assert (found.moved_nats is None) == (d > 2)


def test_figures_do_not_depend_on_how_the_data_are_cut(dataset, monkeypatch):
    whole = evaluate(_model(), dataset, samples=500)
    monkeypatch.setattr(asked, "CHUNK_PIXELS", 16 * 7)
    pieces = evaluate(_model(), dataset, samples=500)
    assert pieces.log_likelihood_nats == pytest.approx(whole.log_likelihood_nats, abs=1e-6)
    assert pieces.kl_nats == pytest.approx(whole.kl_nats, rel=1e-5)
    assert pieces.bound_nats == pytest.approx(whole.bound_nats, abs=0.05)
    assert pieces.kl_per_dimension == pytest.approx(whole.kl_per_dimension, rel=1e-5)
    assert pieces.knn_accuracy == whole.knn_accuracy


def test_the_same_seed_gives_the_same_figures(dataset):
    one, two = (evaluate(_model(4), dataset, seed=3) for _ in range(2))
    assert msgspec.structs.replace(one, seconds={}) == msgspec.structs.replace(two, seconds={})


def test_the_number_of_importance_samples_is_chosen_for_the_data(dataset):
    assert 32 <= evaluate(_model(3), dataset).samples <= 1000


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_each_split_is_judged(dataset, split):
    assert evaluate(_model(), dataset, split=split).count == len(dataset.rows(split))


@pytest.mark.parametrize(
    ("likelihood", "name"),
    [
        (Bernoulli(), "Bernoulli on grey values"),
        (ContinuousBernoulli(), "continuous Bernoulli"),
        (Gaussian(), "Gaussian"),
    ],
)
def test_the_likelihood_is_named(dataset, likelihood, name):
    found = evaluate(_model(likelihood=likelihood, posterior=FullCovariance()), dataset)
    assert found.likelihood == name
    assert found.binarize == "none"


def test_a_model_of_binarised_pixels_is_judged_on_binary_pixels(dataset):
    plain = _model()
    header = ModelHeader(model=plain.spec, train=TrainSpec(binarize="dynamic"))
    found = evaluate(Model(plain.vae, header), dataset)
    assert found.binarize == "dynamic"
    assert found.likelihood == "Bernoulli"
    assert found.bound_nats != pytest.approx(evaluate(plain, dataset).bound_nats, abs=1e-4)


def test_without_labels_there_are_no_accuracies(dataset):
    bare = Dataset(
        name="Bare",
        x=dataset.x,
        kind="image",
        levels=256,
        labels=np.full(90, -1),
        label_names=(),
        split=dataset.split,
        source=dataset.source,
        value_range=dataset.value_range,
    )
    found = evaluate(_model(), bare)
    assert found.knn_accuracy is None
    assert found.linear_accuracy is None


def test_progress_is_told_in_rising_fractions(dataset):
    told: list[tuple[str, float | None]] = []
    evaluate(_model(), dataset, report=lambda text, fraction: told.append((text, fraction)))
    fractions = [fraction for _, fraction in told if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def test_what_does_not_fit_is_refused(dataset):
    other = Model(build(ModelSpec(shape=(1, 5, 5), network=Mlp(hidden=(4,)))))
    with pytest.raises(RefusedError, match=r"shape \(1, 4, 4\), the model takes \(1, 5, 5\)"):
        evaluate(other, dataset)
    with pytest.raises(UsageError, match="at least 1"):
        evaluate(_model(), dataset, samples=0)
    nothing = Dataset(
        name="All train",
        x=dataset.x,
        kind="image",
        levels=256,
        labels=dataset.labels,
        label_names=dataset.label_names,
        split=np.zeros(90, dtype=np.int8),
        source=dataset.source,
    )
    with pytest.raises(RefusedError, match="no test rows"):
        evaluate(_model(), nothing)
