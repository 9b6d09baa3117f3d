"""Directions from the command line and from Python: made, kept, walked, computed with."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import latentlab as package
from latentlab.errors import RefusedError, UsageError


@pytest.fixture
def model(model_file, tmp_path):
    """A model file of one's own, so that directions beside it are too."""
    return shutil.copy(model_file, tmp_path / "model.safetensors")


def test_a_direction_is_made_listed_walked_and_removed(latentlab, model, tmp_path):
    made = latentlab(
        *("directions", "make", model, "--name", "three", "--with", "3", "--without", "8,9"),
        "--json",
    ).json
    assert made["with"] == 183
    assert made["consistency"]["held_out"]
    held = ("--name", "one", "--with", "1", "--hold", "three", "--json")
    one = latentlab("directions", "make", model, *held).json
    assert abs(np.dot(one["vector"], made["vector"])) < 1e-9
    listed = latentlab("directions", "list", model, "--json").json["directions"]
    assert [d["name"] for d in listed] == ["three", "one"]
    out = tmp_path / "film.npz"
    walk = ("--name", "three", "--at", "0,0", "--strength", "2", "--frames", 5, "--out", out)
    fields = latentlab("directions", "apply", model, *walk, "--json").json
    np.testing.assert_allclose(fields["z"][4], 2 * np.array(made["vector"]))
    with np.load(out) as arrays:
        assert arrays["frames"].shape[0] == 5
    assert latentlab("directions", "remove", model, "--name", "one").code == 0
    assert [d.name for d in package.directions(model)] == ["three"]


@pytest.mark.parametrize(
    "words",
    [
        ("make", "--name", "x", "--with", "eleven"),
        ("apply", "--name", "x", "--at", "0,0"),
        ("remove", "--name", "x"),
        ("make", "--name", "x", "--with", "3", "--hold", "y"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(latentlab, model, words):
    answer = latentlab("directions", words[0], model, *words[1:])
    assert answer.code == 2
    assert "There is no" in answer.err


def test_what_can_change_is_told(latentlab, model):
    fields = latentlab("directions", "changes", model, "--at", "data:3", "--json").json
    amounts, ways = np.array(fields["pixels_per_unit"]), np.array(fields["directions"])
    assert amounts[0] >= amounts[1] > 0
    np.testing.assert_allclose(ways @ ways.T, np.eye(2), atol=1e-6)


def test_arithmetic_stands_wherever_a_latent_does(latentlab, model):
    fields = latentlab("decode", model, "--at", "=mean(3) - mean(8) + data(17)", "--json").json
    z = package.embed(model, "digits").astype(np.float64)
    labels = package.open_dataset("digits").labels
    expected = z[labels == 3].mean(axis=0) - z[labels == 8].mean(axis=0) + z[17]
    np.testing.assert_allclose(fields["z"], expected, atol=1e-4)
    assert latentlab("decode", model, "--at", "=mean(3) +").code == 2


def test_a_damaged_file_of_directions_is_refused(latentlab, model, tmp_path):
    place = tmp_path / "model.directions.json"
    for text in ("{", '{"latentlab_directions": 2, "directions": []}', '{"directions": 1}'):
        place.write_text(text)
        assert latentlab("directions", "list", model).code == 3
    wrong = {"name": "x", "vector": [1.0, 2.0, 3.0]}
    place.write_text(json.dumps({"latentlab_directions": 1, "directions": [wrong]}))
    with pytest.raises(UsageError, match="3 latents"):
        package.walk_direction(model, "x", [0.0, 0.0], [1.0])


def test_directions_read_back_as_they_were_written(model):
    made = package.make_direction(model, None, "a", "3", "8", save=True)
    read = package.directions(model)[0]
    np.testing.assert_array_equal(read.vector, made.vector)
    assert read.consistency == made.consistency
    with pytest.raises(RefusedError):
        package.make_direction(package.load_model(model), None, "b", "3", save=True)


def test_consistency_tells_a_real_attribute_from_none():
    from latentlab.latent.directions import attribute

    source = np.random.default_rng(0)
    z = source.normal(size=(600, 8))
    shift = np.array([3.0, *np.zeros(7)])
    real = attribute("real", z[:300] + shift, z[300:]).consistency
    none = attribute("none", z[:300], z[300:]).consistency
    assert real.effect_size > 2.0 > 0.4 > abs(none.effect_size)
    assert real.cosine > 0.5 > 0.15 > abs(none.cosine)
    assert abs(real.random) < 0.1
    assert real.accuracy > 0.9


def test_holding_leaves_nothing_of_a_direction_among_the_held():
    from latentlab.latent.directions import Direction, analogy, orthogonal

    source = np.random.default_rng(1)
    others = source.normal(size=(3, 6))
    left = orthogonal(source.normal(size=6), others)
    np.testing.assert_allclose(others @ left, 0, atol=1e-12)
    with pytest.raises(UsageError, match="Nothing is left"):
        Direction("x", others[0] + others[1]).holding(
            [Direction("a", others[0]), Direction("b", others[1])]
        )
    np.testing.assert_allclose(analogy(others[0], others[1], others[0]), others[1])


def test_the_public_modules_have_what_they_name():
    for module in (package.paths, package.metric):
        for name in module.__all__:
            assert getattr(module, name).__doc__
