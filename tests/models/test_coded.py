"""Grids of codes through the facade: encoding, decoding, paths, and what a file keeps of them."""

from __future__ import annotations

from dataclasses import replace as changed

import numpy as np
import pytest
import torch

from latentlab.errors import RefusedError, UsageError
from latentlab.models.build import build
from latentlab.models.files import StoredMap, from_bytes, to_bytes
from latentlab.models.grids import Grids, cross_fade
from latentlab.models.model import Model
from latentlab.specs import (
    Categorical,
    Conv,
    Made,
    Mlp,
    ModelSpec,
    PixelCnn,
    UniformCategorical,
    VectorQuantised,
    replace,
)

SPEC = ModelSpec(
    shape=(1, 8, 8), latent_dim=3, network=Conv(channels=(6,)),
    posterior=VectorQuantised(codes=12), prior=UniformCategorical(),
)  # fmt: skip


@pytest.fixture
def model(x) -> Model:
    """With a codebook of what the encoder says of the data, so that their grids differ."""
    vae = build(SPEC, seed=4)
    with torch.no_grad():
        encoded = vae.q(torch.from_numpy(x)).encoded[0].flatten(0, 1)
        vae.books()[0].vectors.copy_(encoded[::37][:12])
    return Model(vae)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).random((30, 1, 8, 8), dtype=np.float32)


def stored(model: Model, x: np.ndarray) -> StoredMap:
    tokens = model.tokens(x)
    n = len(x)
    return StoredMap(
        model.pooled(tokens), np.full(n, -1), np.zeros(n, np.int8), np.zeros(3),
        np.eye(3)[:, :2].copy(), ("PC1", "PC2"), tokens,
    )  # fmt: skip


def test_a_code_is_the_mean_of_the_grids_vectors(model, x):
    tokens = model.tokens(x)
    vectors = model.vae.books()[0].vectors.numpy()
    assert tokens.shape == (30, 16)
    assert tokens.dtype == np.int16
    np.testing.assert_allclose(model.encode(x), vectors[tokens].mean(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.vectors(tokens), vectors[tokens].reshape(30, -1))


def test_a_grid_decodes_the_same_by_its_codes_and_by_its_vectors(model, x):
    tokens = model.tokens(x)
    pictures = model.decode_tokens(tokens)
    np.testing.assert_allclose(pictures, model.decode(model.vectors(tokens)), atol=1e-6)
    np.testing.assert_allclose(pictures, model.reconstruct(x), atol=1e-6)
    assert pictures.shape == x.shape


def test_a_point_of_the_map_decodes_the_nearest_real_grid(model, x):
    with pytest.raises(RefusedError, match="grids of codes"):
        model.decode(np.zeros(3))
    tokens, codes = model.tokens(x), model.encode(x)
    model.know(Grids(codes, tokens))
    assert len(np.unique(codes.round(5), axis=0)) == 30
    near = codes + 1e-6
    np.testing.assert_allclose(model.decode(near), model.decode_tokens(tokens), atol=1e-6)
    z = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    rows = ((codes[None] - z[:, None]) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(model.grids_at(z), tokens[rows])


def test_a_path_goes_from_grid_to_grid_one_token_after_the_other(model, x):
    tokens, codes = model.tokens(x), model.encode(x)
    model.know(Grids(codes, tokens))
    differ = int(np.argmax((tokens != tokens[0]).sum(1)))
    path = np.linspace(codes[0], codes[differ], 9)
    fade = model.cross_fade(path)
    np.testing.assert_array_equal(fade[0], tokens[0])
    np.testing.assert_array_equal(fade[-1], tokens[differ])
    assert ((fade == tokens[0]) | (fade == tokens[differ])).all()
    switched = (fade == tokens[differ])[:, tokens[0] != tokens[differ]]
    assert (np.diff(switched.astype(int), axis=0) >= 0).all()  # each switches once
    np.testing.assert_array_equal(fade, model.cross_fade(path))


def test_a_cross_fade_stops_at_every_waypoint():
    grids = np.random.default_rng(0).integers(0, 9, (3, 20)).astype(np.int16)
    fade = cross_fade(grids, 11, knots=(0, 3, 10))
    np.testing.assert_array_equal(fade[[0, 3, 10]], grids)
    assert not (cross_fade(grids, 11, seed=1) == cross_fade(grids, 11, seed=2)).all()
    np.testing.assert_array_equal(cross_fade(grids[:1], 4), np.repeat(grids[:1], 4, axis=0))
    even = cross_fade(np.array([[0] * 50, [1] * 50], np.int16), 11).sum(1)
    assert (np.abs(even - np.linspace(0, 50, 11)) <= 1).all()


def test_a_file_keeps_the_grids_of_its_map(model, x):
    file = from_bytes(to_bytes(model.to_file(stored(model, x))), "a file")
    again = Model.from_file(file)
    np.testing.assert_array_equal(file.map.tokens, model.tokens(x))
    np.testing.assert_allclose(again.decode(model.encode(x)), model.reconstruct(x), atol=1e-6)
    assert again.decode(model.encode(x)).shape == x.shape


def test_grids_that_do_not_fit_are_refused(model, x):
    whole = stored(model, x)
    for tokens in (whole.tokens[:5], whole.tokens + np.int16(12), whole.tokens.astype(np.int32)):
        with pytest.raises(RefusedError, match="code grids"):
            to_bytes(model.to_file(changed(whole, tokens=tokens)))
    short = to_bytes(model.to_file(changed(whole, tokens=whole.tokens[:, :7].copy())))
    with pytest.raises(RefusedError, match="another size"):
        Model.from_file(from_bytes(short, "a file"))
    other = Model(build(replace(SPEC, posterior=Categorical(categories=2), network=Mlp())))
    codes = np.zeros((30, 6), np.float32)
    plane = {"origin": np.zeros(6), "axes": np.eye(6)[:, :2].copy()}
    with pytest.raises(RefusedError, match="code grids"):
        to_bytes(other.to_file(changed(whole, codes=codes, **plane)))
    assert to_bytes(other.to_file(changed(whole, codes=codes, tokens=None, **plane)))


@pytest.mark.parametrize("tokens", [[[0] * 15], [[12] * 16], [[-1] * 16]])
def test_codes_that_the_model_has_not_are_refused(model, tokens):
    with pytest.raises(UsageError, match=r"codes|Codes"):
        model.decode_tokens(np.array(tokens))


def test_samples_are_decoded_grids_of_the_prior(model):
    pictures = model.sample(6, seed=3)
    z = model.sample_latents(6, seed=3)
    tokens = model.grids_at(z)
    np.testing.assert_allclose(pictures, model.decode_tokens(tokens), atol=1e-6)
    assert len(np.unique(tokens)) > 4


@pytest.mark.parametrize("network", [Made(hidden=(16,)), PixelCnn(channels=4, layers=1)])
def test_models_without_latents_draw_and_refuse_the_rest(network):
    model = Model(build(ModelSpec(shape=(1, 6, 6), network=network)))
    said: list[float] = []
    pictures = model.sample(3, seed=1, report=said.append)
    assert pictures.shape == (3, 1, 6, 6)
    assert set(np.unique(pictures)) <= {0.0, 1.0}
    assert said[-1] == 1.0
    assert said == sorted(said)
    np.testing.assert_array_equal(pictures, model.sample(3, seed=1))
    assert (pictures != model.sample(3, seed=2)).any()
    x = np.zeros((2, 1, 6, 6), np.float32)
    asks = (
        lambda: model.encode(x),
        lambda: model.decode(np.zeros((1, 2))),
        lambda: model.reconstruct(x),
        lambda: model.sample_latents(2),
        lambda: model.posterior_samples(x, 2),
    )
    for ask in asks:
        with pytest.raises(UsageError, match="no latents"):
            ask()
    with pytest.raises(UsageError, match="no codebook"):
        model.tokens(x)
