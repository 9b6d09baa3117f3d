"""Planes through latent space: what each is made of, and that a click is an exact z."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh

from latentlab.errors import UsageError
from latentlab.latent.charts import (
    Plane,
    axes_plane,
    discriminant_plane,
    points_plane,
    principal_plane,
)


def classes(count: int = 600, latents: int = 5, kinds: int = 4) -> tuple[np.ndarray, np.ndarray]:
    source = np.random.default_rng(3)
    labels = np.arange(count) % kinds
    middles = source.normal(size=(kinds, latents)) * 2.0
    mixed = source.normal(size=(latents, latents))
    z = middles[labels] + source.normal(size=(count, latents)) @ mixed * 0.5
    return z.astype(np.float32), labels


def planes() -> list[Plane]:
    z, labels = classes()
    corners = np.random.default_rng(0).normal(size=(3, 5))
    return [
        axes_plane(5, 1, 3),
        principal_plane(z),
        discriminant_plane(z, labels),
        points_plane(corners),
    ]


@pytest.mark.parametrize("plane", planes(), ids=lambda plane: plane.names[0])
def test_a_place_of_a_plane_is_one_latent_exactly(plane: Plane) -> None:
    w = np.random.default_rng(1).normal(size=(50, 2)) * 3
    assert np.allclose(plane.axes.T @ plane.axes, np.eye(2))
    assert np.allclose(plane.project(plane.lift(w)), w)
    assert np.allclose(plane.off(plane.lift(w)), 0.0, atol=1e-12)
    assert not plane.mixes


@pytest.mark.parametrize("plane", planes(), ids=lambda plane: plane.names[0])
def test_a_datum_is_drawn_at_the_nearest_place_of_the_plane(plane: Plane) -> None:
    z = np.random.default_rng(2).normal(size=5) * 2
    here = plane.project(z)
    away = float(np.linalg.norm(z - plane.lift(here)))
    assert plane.off(z) == pytest.approx(away)
    for step in ((0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)):
        assert np.linalg.norm(z - plane.lift(here + step)) > away


def test_discriminants_span_what_fishers_criterion_says() -> None:
    z, labels = classes()
    plane = discriminant_plane(z, labels)
    codes = z.astype(np.float64)
    within, between = np.zeros((5, 5)), np.zeros((5, 5))
    for k in range(4):
        own = codes[labels == k]
        within += np.cov(own.T, bias=True) * len(own)
        off = (own.mean(0) - codes.mean(0))[:, None]
        between += len(own) * off @ off.T
    _, vectors = eigh(between, within)  # w^T S_b w / w^T S_w w
    best = vectors[:, [-1, -2]]
    # The same plane: what is left of Fisher's directions outside of it is nothing.
    left = best - plane.axes @ (plane.axes.T @ best)
    assert np.abs(left).max() < 1e-3 * np.abs(best).max()
    first = best[:, 0] / np.linalg.norm(best[:, 0])
    assert abs(first @ plane.axes[:, 0]) == pytest.approx(1.0, abs=1e-6)
    assert plane.names == ("LD1", "LD2")


def test_two_classes_have_one_discriminant_and_a_component_beside_it() -> None:
    z, labels = classes(kinds=2)
    plane = discriminant_plane(z, labels)
    assert plane.names == ("LD1", "PC1")
    xy = plane.place(z)
    apart = xy[labels == 0].mean(0) - xy[labels == 1].mean(0)
    spread = xy[labels == 0].std(0)
    assert abs(apart[0]) / spread[0] > abs(apart[1]) / spread[1]


def test_dead_latents_have_no_say_in_discriminants() -> None:
    z, labels = classes(latents=3)
    hint = (labels[:, None] * [1e-3, -1e-3]).astype(np.float32)  # tells the classes, hardly moves
    both = np.hstack([z, hint])
    plane = discriminant_plane(both, labels)
    assert np.abs(plane.axes[3:]).max() == 0.0


def test_unlabelled_data_have_no_say_in_discriminants() -> None:
    z, labels = classes()
    far = np.full((100, 5), 50.0, np.float32)
    both, marks = np.vstack([z, far]), np.concatenate([labels, np.full(100, -1)])
    assert np.allclose(discriminant_plane(both, marks).axes, discriminant_plane(z, labels).axes)


@pytest.mark.parametrize("labels", [np.full(20, -1), np.zeros(20, int), np.arange(20)])
def test_discriminants_of_too_few_classes_are_refused(labels: np.ndarray) -> None:
    z = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(UsageError, match="two classes"):
        discriminant_plane(z, labels)


def test_a_plane_goes_through_its_three_points() -> None:
    corners = np.random.default_rng(5).normal(size=(3, 7))
    plane = points_plane(corners)
    assert np.allclose(plane.off(corners), 0.0, atol=1e-12)
    assert np.allclose(plane.project(corners)[0], 0.0)
    assert plane.project(corners)[1, 1] == pytest.approx(0.0, abs=1e-12)
    assert plane.project(corners)[2, 1] > 0


@pytest.mark.parametrize("third", [(3.0, 3.0, 3.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)])
def test_three_points_on_a_line_are_refused(third: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="line"):
        points_plane([(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), third])


def test_former_components_stay_until_others_hold_a_tenth_more() -> None:
    z = np.random.default_rng(0).normal(size=(500, 4)) * [3.0, 2.0, 1.0, 0.5]
    former = principal_plane(z)
    nearly = z * [0.9, 1.3, 1.4, 1.0] + 5.0  # they would change places
    kept = principal_plane(nearly, former)
    assert np.array_equal(kept.axes, former.axes)
    assert np.allclose(kept.origin, nearly.mean(axis=0))
    other = z * [0.1, 1.0, 5.0, 1.0]
    assert np.array_equal(principal_plane(other, former).axes, principal_plane(other).axes)
    for stranger in (axes_plane(4), principal_plane(z[:, :3])):
        assert np.array_equal(principal_plane(nearly, stranger).axes, principal_plane(nearly).axes)
