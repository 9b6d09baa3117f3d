"""The layers of the map: each against an independent computation."""

from __future__ import annotations

from collections import deque
from itertools import product

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from latentlab.analysis.aggregates import aggregate_rows
from latentlab.analysis.crowding import Neighbours, data_density, kernel_width
from latentlab.analysis.entropy import decoder_entropy
from latentlab.analysis.fields import SIDES, Ask, fields
from latentlab.analysis.holes import Aggregate
from latentlab.analysis.places import here
from latentlab.analysis.quadrature import log_likelihood
from latentlab.errors import CancelledError, UsageError
from latentlab.latent.charts import Plane, axes_plane
from latentlab.latent.field import Field, centres
from latentlab.models.build import build
from latentlab.models.likelihoods import LIKELIHOODS
from latentlab.models.vae import VAE
from latentlab.specs import (
    Bernoulli,
    Conditional,
    ContinuousBernoulli,
    Diagonal,
    Flow,
    FullCovariance,
    Gaussian,
    LatentClassifier,
    Logistic,
    Mlp,
    ModelSpec,
    Poisson,
)

SHAPE = (1, 3, 4)
RECT = (-3.0, -2.0, 3.0, 2.0)


def model(latent_dim: int = 2, **parts) -> VAE:
    spec = ModelSpec(shape=SHAPE, latent_dim=latent_dim, network=Mlp(hidden=(8,)), **parts)
    return build(spec, seed=1).eval()


def last(kind, ask: Ask) -> Field:
    return deque(fields(kind, ask), maxlen=1).pop()[0]


@pytest.fixture
def points() -> np.ndarray:
    source = np.random.default_rng(2)
    heaps = [source.normal(middle, 0.4, (300, 2)) for middle in ((-1, 0), (1, 1), (0.5, -1))]
    return np.concatenate(heaps).astype(np.float32)


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).random((40, *SHAPE), np.float32)


# Density of the data


def by_hand(points: np.ndarray, w: np.ndarray, width: float) -> np.ndarray:
    squares = ((w[..., None, :] - points.astype(np.float64)) ** 2).sum(-1)
    return np.exp(-0.5 * squares / width**2).sum(-1) / (2 * np.pi * width**2)


@pytest.mark.parametrize("rect", [RECT, (-1.2, -0.2, -0.8, 0.1), (-1.0, 0.0, -0.99, 0.008)])
def test_the_density_is_a_kernel_on_every_datum_at_every_zoom(points, rect) -> None:
    found = data_density(points, rect, 48, 64, 0.2)
    expected = by_hand(points, centres(rect, 48, 64), 0.2)
    assert np.abs(found - expected).max() < 0.02 * expected.max()


def test_all_data_are_in_it_and_places_without_one_are_passed_over(points) -> None:
    more = np.concatenate([points, np.full((5, 2), np.nan, np.float32)])
    far = (-8.0, -8.0, 8.0, 8.0)
    found = data_density(more, far, 80, 80, 0.3)
    assert found.sum() * 0.2**2 == pytest.approx(len(points), rel=1e-3)


def test_on_a_line_the_density_is_for_each_unit_of_length(points) -> None:
    line = np.stack([points[:, 0], np.zeros(len(points))], 1)
    found = data_density(line, (-6.0, -1.0, 6.0, 1.0), 1, 120, 0.2)
    assert found.shape == (1, 120)
    assert found.sum() * 0.1 == pytest.approx(len(points), rel=1e-3)


def test_an_outlier_does_not_widen_the_kernel(points) -> None:
    outlier = np.concatenate([points, [[1e4, 1e4]]]).astype(np.float32)
    assert kernel_width(outlier, 2) == pytest.approx(kernel_width(points, 2), rel=0.02)


# Aggregate posterior


@pytest.mark.parametrize("posterior", [Diagonal(), FullCovariance()])
def test_the_aggregate_posterior_is_the_mean_of_q_and_a_density(posterior, pictures) -> None:
    vae, rect = model(posterior=posterior), (-8.0, -8.0, 8.0, 8.0)
    parts = ((vae, pictures),)
    found = np.concatenate([v for _, v in aggregate_rows(parts, axes_plane(2), rect, 64, 64)])
    z = torch.from_numpy(centres(rect, 64, 64).reshape(-1, 2).astype(np.float32))
    with torch.inference_mode():
        expected = np.exp(Aggregate(parts).log_density(z)).reshape(64, 64)
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-7)
    assert found.sum() * 0.25**2 == pytest.approx(1.0, abs=0.01)


def test_of_many_latents_it_is_the_projection(pictures) -> None:
    vae = model(latent_dim=4, posterior=FullCovariance())
    basis = np.linalg.qr(np.random.default_rng(5).normal(size=(4, 2)))[0]
    plane = Plane(np.full(4, 0.3), basis, ("PC1", "PC2"))
    rect = (-6.0, -6.0, 6.0, 6.0)
    rows = aggregate_rows(((vae, pictures),), plane, rect, 48, 48)
    fine = np.concatenate([values for _, values in rows])
    found = fine.reshape(12, 4, 12, 4).mean(axis=(1, 3))  # the mean over cells of one unit
    with torch.inference_mode():
        q = vae.q(torch.from_numpy(pictures))
        eps = torch.randn(q.eps_shape(4000), generator=torch.Generator().manual_seed(0))
        w = plane.project(q.rsample(eps)[0].reshape(-1, 4).numpy())
    counts = np.histogram2d(-w[:, 1], w[:, 0], bins=12, range=[(-6, 6), (-6, 6)])[0]
    assert np.abs(found - counts / len(w)).max() < 0.03 * found.max()


def test_a_q_that_is_no_gaussian_is_drawn_from(pictures) -> None:
    vae, rect = model(posterior=Flow(layers=1)), (-5.0, -5.0, 5.0, 5.0)
    parts = ((vae, pictures[:10]),)
    found = np.concatenate([v for _, v in aggregate_rows(parts, axes_plane(2), rect, 20, 20)])
    z = torch.from_numpy(centres(rect, 20, 20).reshape(-1, 2).astype(np.float32))
    with torch.inference_mode():
        expected = np.exp(Aggregate(parts).log_density(z)).reshape(20, 20)
    assert found.sum() * 0.5**2 == pytest.approx(1.0, abs=0.02)
    assert np.abs(found - expected).mean() < 0.15 * expected.mean()


# Decision regions, and how far data are


def test_regions_are_the_votes_of_the_nearest_codes(points) -> None:
    labels = (np.arange(len(points)) // 300).astype(np.int64)
    ask = Ask(axes_plane(2), RECT, z=points, labels=labels, spread=100.0, side=30)
    found = last("decisions", ask)
    chance = KNeighborsClassifier(15).fit(points, labels)
    expected = chance.predict_proba(centres(RECT, *found.values.shape).reshape(-1, 2))
    assert np.allclose(found.values.ravel(), expected.max(1), atol=1e-6)
    sure = expected.max(1) > 0.54  # a tie has no one answer
    assert (found.classes.ravel() == expected.argmax(1))[sure].all()
    assert {label for label, _, _ in found.places} == {0, 1, 2}
    for label, x, y in found.places:
        assert found.class_at(x, y) == label


def test_far_from_data_nobody_votes(points) -> None:
    labels = (np.arange(len(points)) // 300).astype(np.int64)
    ask = Ask(axes_plane(2), (-9.0, -9.0, 9.0, 9.0), z=points, labels=labels, spread=0.1, side=30)
    found = last("decisions", ask)
    assert found.at(8.0, 8.0) is None
    assert found.at(-1.0, 0.0) is not None


def test_unlabelled_codes_have_no_vote(points) -> None:
    labels = np.where(np.arange(len(points)) < 300, -1, np.arange(len(points)) // 300)
    ask = Ask(axes_plane(2), RECT, z=points, labels=labels, spread=100.0, side=12)
    assert set(np.unique(last("decisions", ask).classes)) == {1, 2}
    with pytest.raises(UsageError, match="two classes"):
        last("decisions", Ask(axes_plane(2), RECT, z=points, labels=labels * 0))


def test_a_classifier_of_codes_is_asked_itself() -> None:
    vae = model(labels=LatentClassifier(classes=3))
    found = last("decisions", Ask(axes_plane(2), RECT, vae=vae, side=20))
    z = torch.from_numpy(centres(RECT, *found.values.shape).reshape(-1, 2).astype(np.float32))
    with torch.inference_mode():
        chances = vae.knowing.log_probs(z).exp().numpy()
    assert np.allclose(found.values.ravel(), chances.max(1), atol=1e-5)
    assert "classifier" in found.note


@pytest.mark.parametrize("latent_dim", [1, 2, 12])
def test_the_distance_is_to_the_nearest_code_in_all_latents(latent_dim) -> None:
    z = np.random.default_rng(4).normal(size=(300, latent_dim)).astype(np.float32)
    plane = axes_plane(latent_dim)
    found = last("far", Ask(plane, RECT, z=z, spread=0.5, side=20))
    w = centres(RECT, *found.values.shape).reshape(-1, 2)
    expected = NearestNeighbors(n_neighbors=1).fit(z).kneighbors(plane.lift(w))[0][:, 0]
    assert np.allclose(found.values.ravel(), expected / 0.5, rtol=1e-3)


def test_codes_that_are_no_numbers_are_nobody_s_neighbours() -> None:
    z = np.array([[0.0, 0.0], [np.nan, 1.0], [5.0, 5.0]], np.float32)
    near = Neighbours(z, 1)
    distances, found = near.find(np.array([[4.0, 5.0]]))
    assert distances[0, 0] == pytest.approx(1.0)
    assert near.rows[found[0, 0]] == 2


# The decoder's entropy


def test_the_entropy_of_binary_pixels_is_that_of_all_pictures() -> None:
    vae = model(likelihood=Bernoulli())
    parameters = torch.linspace(-2, 2, 12).view(1, *SHAPE)
    every = torch.tensor(list(product([0.0, 1.0], repeat=12))).view(-1, *SHAPE)
    nats = vae.likelihood.log_prob(every, parameters.expand(len(every), *SHAPE)).double()
    found = decoder_entropy(vae.likelihood, parameters)
    assert float(found) == pytest.approx(float(-(nats.exp() * nats).sum()), rel=1e-5)


def test_the_entropy_of_grey_pixels_is_the_integral() -> None:
    likelihood = LIKELIHOODS[ContinuousBernoulli](ContinuousBernoulli(), (1, 1, 1))
    x = ((torch.arange(20_000) + 0.5) / 20_000).view(-1, 1, 1, 1)
    for logit in (-6.0, -0.2, 0.0, 3.0):
        parameters = torch.full((1, 1, 1, 1), logit)
        nats = likelihood.log_prob(x, parameters.expand(len(x), 1, 1, 1)).double()
        expected = float(-(nats.exp() * nats).mean())
        assert float(decoder_entropy(likelihood, parameters)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("components", [1, 2])
def test_the_entropy_of_levels_is_the_sum_over_them(components) -> None:
    spec = Logistic(levels=6, components=components)
    likelihood = LIKELIHOODS[Logistic](spec, (1, 1, 1))
    parameters = torch.randn(5, likelihood.channels_out, 1, 1, generator=torch.manual_seed(0))
    x = (torch.arange(6) / 5).view(-1, 1, 1, 1)
    nats = torch.stack([likelihood.log_prob(x, p.expand(6, *p.shape)) for p in parameters])
    expected = -(nats.exp() * nats).sum(1)
    assert torch.allclose(decoder_entropy(likelihood, parameters), expected, atol=1e-4)


@pytest.mark.parametrize("likelihood", [Gaussian(), Poisson(levels=5)])
def test_a_decoder_without_an_entropy_to_map_says_why(likelihood) -> None:
    with pytest.raises(UsageError, match="no entropy"):
        last("entropy", Ask(axes_plane(2), RECT, vae=model(likelihood=likelihood), side=4))


# log p(x) of the decode, and values at one place


def test_log_px_is_that_of_each_decode_and_the_same_at_the_cursor() -> None:
    vae = model()
    found = last("log_px", Ask(axes_plane(2), RECT, vae=vae, side=5))
    z = centres(RECT, *found.values.shape).reshape(-1, 2)
    with torch.inference_mode():
        x = vae.decode(torch.from_numpy(z.astype(np.float32))).numpy()
    assert np.allclose(found.values.ravel(), log_likelihood(vae, x).log_likelihood, atol=0.05)
    value, how = here(("log_px",), vae, axes_plane(2), z[7])["log_px"]
    assert how == "quadrature"
    assert value == pytest.approx(float(found.values.ravel()[7]), abs=0.05)


def test_with_many_latents_it_is_estimated_at_one_place_alone() -> None:
    vae, plane = model(latent_dim=4), axes_plane(4)
    with pytest.raises(UsageError, match="one or two latents"):
        last("log_px", Ask(plane, RECT, vae=vae))
    values = here(("log_px", "magnification", "entropy"), vae, plane, np.full(4, 0.2))
    assert "at least" in values["log_px"][1]
    assert values["magnification"][0] > 0.0


def test_a_class_is_decoded_as_itself() -> None:
    vae = model(labels=Conditional(classes=3))
    asks = [Ask(axes_plane(2), RECT, vae=vae, label=label, side=6) for label in (0, 2)]
    one, other = (last("magnification", ask) for ask in asks)
    assert not np.allclose(one.values, other.values)
    with pytest.raises(UsageError, match="class"):
        last("entropy", Ask(axes_plane(2), RECT, vae=vae, side=4))


# As they are made


def test_a_layer_is_coarse_at_first_then_finer_and_never_empty() -> None:
    made = list(fields("magnification", Ask(axes_plane(2), RECT, vae=model())))
    sides = [field.values.shape[1] for field, _ in made]
    assert sides == sorted(sides)
    assert {sides[0], sides[-1]} == {SIDES["magnification"][0], SIDES["magnification"][-1]}
    first_whole = next(i for i, side in enumerate(sides) if side > sides[0])
    assert all(np.isfinite(field.values).all() for field, _ in made[first_whole:])
    shares = [share for _, share in made]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("kind", ["magnification", "entropy", "log_px", "decisions", "far"])
def test_a_layer_is_called_off_between_two_pieces(kind, points) -> None:
    asked = []

    def tick() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise CancelledError("Called off.")

    labels = (np.arange(len(points)) // 300).astype(np.int64)
    ask = Ask(axes_plane(2), RECT, vae=model(), z=points, labels=labels, spread=1.0, tick=tick)
    with pytest.raises(CancelledError):
        last(kind, ask)
