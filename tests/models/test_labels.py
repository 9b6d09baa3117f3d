"""Models that know of labels: what they are told, what they decode, what they classify."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from latentlab.errors import UsageError
from latentlab.models.build import build, clone
from latentlab.models.files import from_bytes, to_bytes
from latentlab.models.model import Model
from latentlab.specs import (
    Conditional,
    Conv,
    FullCovariance,
    LatentClassifier,
    Mlp,
    ModelSpec,
    SemiSupervised,
    Stacked,
)

KINDS = {
    "condition": Conditional(classes=3),
    "m1": LatentClassifier(classes=3, hidden=(8,)),
    "m2": SemiSupervised(classes=3, hidden=(8,)),
    "m1m2": Stacked(classes=3, inner_dim=4, hidden=(8,)),
}
NETWORKS = {"mlp": Mlp(hidden=(12, 8)), "conv": Conv(channels=(4, 6), hidden=8)}


def _vae(kind: str, network: str = "mlp", **more):
    spec = ModelSpec(
        shape=(1, 8, 8), latent_dim=5, network=NETWORKS[network], labels=KINDS[kind], **more
    )
    return build(spec, seed=4)


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).random((7, 1, 8, 8), dtype=np.float32)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("kind", ["m1", "m2", "m1m2"])
def test_a_classifier_gives_probabilities_that_add_up(kind, network, pictures):
    log_probs = Model(_vae(kind, network)).classify(pictures)
    assert log_probs.shape == (7, 3)
    np.testing.assert_allclose(np.exp(log_probs).sum(1), 1, rtol=1e-5)


def test_a_model_without_a_classifier_says_so(pictures):
    with pytest.raises(UsageError, match="no classifier"):
        Model(_vae("condition")).classify(pictures)


@pytest.mark.parametrize("kind", ["condition", "m2", "m1m2"])
def test_each_class_is_decoded_in_its_own_way_from_the_same_z(kind):
    model = Model(_vae(kind))
    z = np.random.default_rng(1).normal(size=(4, 5))
    each = np.stack([model.decode(z, label) for label in range(3)])  # (Y, 4, 1, 8, 8)
    assert model.decoded_classes == 3
    assert np.abs(each[0] - each[1]).max() > 1e-4
    assert np.abs(each[1] - each[2]).max() > 1e-4
    for wrong in (-1, 3):
        with pytest.raises(UsageError, match="There is no class"):
            model.decode(z, wrong)


@pytest.mark.parametrize("kind", ["condition", "m2"])
def test_without_a_class_the_picture_is_the_mean_over_classes(kind):
    model = Model(_vae(kind))
    z = np.random.default_rng(1).normal(size=(4, 5))
    each = np.mean([model.decode(z, label) for label in range(3)], axis=0)
    np.testing.assert_allclose(model.decode(z), each, atol=1e-6)
    samples = torch.from_numpy(np.stack([z, -z]).astype(np.float32))  # (2, 4, 5)
    with torch.no_grad():
        np.testing.assert_allclose(model.vae.decode(samples)[0].numpy(), each, atol=1e-6)


def test_m1_decodes_no_classes():
    with pytest.raises(UsageError, match="knows no classes"):
        Model(_vae("m1")).decode(np.zeros(5), 1)


def test_what_is_not_known_is_what_the_classifier_finds_most_probable(pictures):
    model = Model(_vae("m2"))
    guess = model.classify(pictures).argmax(1)
    told = guess.copy()
    told[:3] = (told[:3] + 1) % 3
    partly = np.where(np.arange(7) < 3, told, -1)
    np.testing.assert_array_equal(model.encode(pictures), model.encode(pictures, labels=guess))
    np.testing.assert_array_equal(
        model.encode(pictures, labels=partly), model.encode(pictures, labels=told)
    )
    assert np.abs(model.encode(pictures) - model.encode(pictures, labels=told))[:3].max() > 1e-4


def test_labels_go_with_their_rows_where_rows_come_in_parts(pictures, monkeypatch):
    model = Model(_vae("condition"))
    y = np.array([0, 1, 2, -1, 2, 1, 0])
    whole = model.encode(pictures, labels=y)
    monkeypatch.setattr("latentlab.models.model.PIXELS_AT_ONCE", 3 * 64)
    np.testing.assert_allclose(model.encode(pictures, labels=y), whole, rtol=1e-5, atol=1e-6)
    one_by_one = [model.encode(pictures[i : i + 1], labels=y[i : i + 1])[0] for i in range(7)]
    np.testing.assert_allclose(one_by_one, whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["condition", "m2"])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_class_at_once_equals_one_class_at_a_time(kind, network, pictures):
    vae = _vae(kind, network, posterior=FullCovariance())
    x = torch.from_numpy(pictures)
    with torch.no_grad():
        each = vae.q_each(x)
        for label in range(3):
            one = vae.q(x, torch.full((7,), label))
            part = slice(7 * label, 7 * (label + 1))
            torch.testing.assert_close(each.mean[part], one.mean)
            torch.testing.assert_close(each.scale_tril[part], one.scale_tril)


def test_m1m2_leaves_z_alone_where_no_class_is_asked_for(pictures):
    vae = _vae("m1m2")
    z = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        plain = vae.decode(z)
        untold = vae.decode(z, torch.full((6,), -1))
        torch.testing.assert_close(plain, untold)
        moved = vae.decode(z, torch.tensor([0, 1, 2, 0, 1, 2]))
        one = vae.decode(z[1, 4:5], torch.tensor([1]))
    torch.testing.assert_close(moved[1, 4], one[0])
    assert (moved - plain).abs().max() > 1e-4


def test_a_draw_of_a_class_follows_the_model_of_codes():
    """p(z|y) = integral of p(z|y, v) N(v; 0, I): here linear, so that its mean is known."""
    vae = _vae("m1m2")
    inner = vae.knowing
    with torch.no_grad():
        for layer in (inner.decoder[0], inner.decoder[2]):
            layer.weight.mul_(0.0)
        inner.decoder[2].bias[5:] = math.log(0.5)
        expected = inner.decoder[2].bias[:5].clone()
    model = Model(vae)
    seen: list[np.ndarray] = []
    model.decode = lambda z, label=None: seen.append(z) or z  # type: ignore[method-assign]
    model.sample(20_000, seed=1, label=2)
    np.testing.assert_allclose(seen[0].mean(0), expected.numpy(), atol=5 * 0.5 / math.sqrt(20_000))
    np.testing.assert_allclose(seen[0].std(0), 0.5, rtol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_classifies_and_decodes_to_the_same_bits(kind, pictures):
    model = Model(_vae(kind))
    again = Model.from_file(from_bytes(to_bytes(model.to_file()), "a file"))
    y = np.array([0, 1, 2, -1, 2, 1, 0])
    assert model.encode(pictures, labels=y).tobytes() == again.encode(pictures, labels=y).tobytes()
    z = model.encode(pictures)
    label = 1 if model.decoded_classes else None
    assert model.decode(z, label).tobytes() == again.decode(z, label).tobytes()
    assert model.decode(z, label).tobytes() == Model(clone(model.vae)).decode(z, label).tobytes()
    if kind != "condition":
        assert model.classify(pictures).tobytes() == again.classify(pictures).tobytes()
