"""Pictures of models that are told of classes, where classes are known, unknown or drawn."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.models.model import Model
from latentlab.specs import Conditional, Mlp, ModelSpec, SemiSupervised

KINDS = {"condition": Conditional(classes=3), "m2": SemiSupervised(classes=3, hidden=(8,))}


def _model(kind: str | None) -> Model:
    labels = None if kind is None else KINDS[kind]
    spec = ModelSpec(shape=(1, 8, 8), latent_dim=5, network=Mlp(hidden=(12, 8)), labels=labels)
    return Model(build(spec, seed=4))


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).random((7, 1, 8, 8), dtype=np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_reconstructed_as_its_own_class(kind, pictures):
    model, y = _model(kind), np.array([2, 0, 1, 1, 2, 0, 0])
    again = model.reconstruct(pictures, labels=y)
    z = model.encode(pictures, labels=y)
    own = np.stack([model.decode(z[i], int(y[i]))[0] for i in range(7)])
    np.testing.assert_allclose(again, own, atol=1e-6)
    assert np.abs(again - model.decode(z)).max() > 1e-4


def test_an_unknown_class_is_what_m2_finds_most_probable(pictures):
    model = _model("m2")
    guess = model.classify(pictures).argmax(1)
    own = model.reconstruct(pictures, labels=guess)
    np.testing.assert_array_equal(model.reconstruct(pictures), own)
    np.testing.assert_array_equal(model.reconstruct(pictures, labels=np.full(7, -1)), own)


def test_an_unknown_class_is_any_where_there_is_no_classifier(pictures):
    model = _model("condition")
    mean = model.decode(model.encode(pictures))
    np.testing.assert_allclose(model.reconstruct(pictures), mean, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_draw_without_a_class_is_of_one_class_and_not_their_mean(kind):
    model = _model(kind)
    drawn, z = model.sample(60, seed=3), model.sample_latents(60, seed=3)
    each = np.stack([model.decode(z, label) for label in range(3)])  # (Y, 60, 1, 8, 8)
    far = np.abs(each - drawn).max(axis=(2, 3, 4))  # (Y, 60)
    np.testing.assert_allclose(far.min(0), 0, atol=1e-6)
    assert np.bincount(far.argmin(0), minlength=3).min() >= 8
    np.testing.assert_array_equal(model.sample(60, seed=3), drawn)


def test_a_class_asked_of_a_model_without_classes_is_refused():
    with pytest.raises(UsageError, match="knows no classes"):
        _model(None).sample(3, label=1)
