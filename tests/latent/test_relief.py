"""Laws of a plane's relief: what it says of the surface, and what it is worth for geodesics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.latent import geodesic as g
from latentlab.latent.bicubic import Bicubic
from latentlab.latent.closeness import DataDensity
from latentlab.latent.effort import multiplications
from latentlab.latent.relaxing import after_rounds, resampled
from latentlab.latent.relief import SIDE, WORK, relief_of
from latentlab.latent.surface import Surface, surface_of
from latentlab.models.model import Model
from latentlab.resources import sample_path

RECT = (-2.0, -1.5, 2.0, 1.5)


def waves(z: torch.Tensor) -> torch.Tensor:
    """A smooth surface in 60 dimensions."""
    turns = torch.linspace(0.2, 2.0, 60)
    return torch.sin(z[:, :1] * turns) + torch.cos(z[:, 1:] * turns.flip(0))


def sample() -> tuple[Surface, np.ndarray]:
    path = sample_path()
    assert path is not None
    model = Model.from_file(path)
    return surface_of(model), model.stored_map.codes.astype(np.float64)


def test_splines_pass_through_their_nodes_and_slope_as_differences_say():
    source = np.random.default_rng(0)
    values = source.normal(size=(6, 8, 3))
    spline = Bicubic(values, (-1.0, 2.0), 0.5)
    x, y = np.meshgrid(-1.0 + 0.5 * np.arange(8), 2.0 + 0.5 * np.arange(6))
    nodes = np.stack([x.ravel(), y.ravel()], axis=1)
    np.testing.assert_allclose(spline.at(nodes), values.reshape(48, 3), atol=1e-9)
    z = source.uniform([-1.6, 1.4], [3.2, 5.2], size=(40, 2))  # some of them beyond the grid
    slopes = spline.look(z)[1]
    for axis in range(2):
        away = np.zeros(2)
        away[axis] = 1e-6
        difference = (spline.at(z + away) - spline.at(z - away)) / 2e-6
        inside = ((z > [-1, 2]) & (z < [2.5, 4.5])).all(axis=1)
        np.testing.assert_allclose(slopes[inside, :, axis], difference[inside], atol=1e-4)


def test_beyond_its_grid_a_spline_goes_on_straight():
    spline = Bicubic(np.random.default_rng(1).normal(size=(5, 5, 2)), (0.0, 0.0), 1.0)
    steps = spline.at([[4.0, 2.0], [5.0, 2.0], [6.0, 2.0], [8.0, 2.0]])
    np.testing.assert_allclose(steps[2] - steps[1], steps[1] - steps[0], atol=1e-9)
    np.testing.assert_allclose(steps[3] - steps[1], 3 * (steps[1] - steps[0]), atol=1e-9)


def test_lengths_on_it_are_those_on_the_surface():
    surface = Surface(waves)
    relief = relief_of(surface, RECT)
    path = np.array([[-1.7, -1.2], [0.3, 1.1], [1.8, -0.4]])
    assert relief.along(path)[-1] == pytest.approx(surface.along(path)[-1], rel=0.002)
    finer = relief.finer()
    assert finer is relief.finer()  # made once
    assert finer.along(path)[-1] == pytest.approx(surface.along(path)[-1], rel=0.001)


def test_it_keeps_the_term_that_holds_paths_near_data():
    near = DataDensity(np.random.default_rng(0).normal(size=(200, 2)) * 0.4)
    surface = Surface(waves, near=near, weight=1.0)
    relief = relief_of(surface, RECT)
    path = np.array([[-1.5, -1.0], [1.5, 1.0]])
    assert relief.along(path)[-1] == pytest.approx(surface.along(path)[-1], rel=0.01)


def test_it_is_as_fine_as_its_decoder_is_worth_and_stops_when_it_is_not_wanted():
    shapes = []
    for work in (0, int(WORK) // (5 * SIDE**2), int(WORK)):
        relief = relief_of(Surface(waves, work=work), RECT)
        shapes.append(relief.finest()._nodes.shape[1])
    assert shapes == [4 * SIDE - 3, 2 * SIDE - 1, SIDE]
    assert relief_of(Surface(waves), RECT, wanted=lambda: False) is None
    assert relief_of(Surface(waves), RECT).finest(lambda: False) is None


def test_the_work_of_a_picture_is_counted():
    layers = torch.nn.Sequential(
        torch.nn.Linear(2, 12),
        torch.nn.Unflatten(1, (3, 2, 2)),
        torch.nn.ConvTranspose2d(3, 5, 4, stride=2, padding=1),
        torch.nn.Conv2d(5, 1, 3, padding=1),
    )
    expected = 2 * 12 + 4 * 3 * 5 * 16 + 16 * 5 * 9
    assert multiplications(layers, layers, torch.zeros(1, 2)) == expected


def test_of_a_trained_model_three_in_ten_are_shorter_by_two_percent():
    surface, codes = sample()
    relief = relief_of(surface, (-3, -4, 3, 4))
    ratios = []
    for a, b in codes[np.random.default_rng(4).integers(len(codes), size=(8, 2))]:
        answers = list(g.improving(surface, a, b, relief))
        assert all(one.length <= one.straight for one in answers)
        assert [one.settled for one in answers] == [False, False, True]
        ratios.append(answers[-1].length / answers[-1].straight)
        np.testing.assert_array_equal(answers[-1].points[[0, -1]], [a, b])
    assert np.mean(np.array(ratios) < 0.98) >= 0.3


def test_it_is_within_one_percent_of_eight_starts_on_a_finer_curve():
    surface, codes = sample()
    relief, source = relief_of(surface, (-3, -4, 3, 4)), np.random.default_rng(7)
    finest, t = relief.finest().finer(), np.linspace(0, 1, 257)[:, None]
    for a, b in codes[source.integers(len(codes), size=(2, 2))]:
        ours, curves = g.geodesic(surface, a, b, relief), []
        for number in range(8):
            bend = source.normal(size=2) * 0.4 * number / 8
            start = (1 - t) * a + t * b + np.sin(np.pi * t) * bend
            rough = after_rounds(finest, resampled(start, 64), 20, lambda: True)
            curves.append(after_rounds(finest, resampled(rough, 256), 10, lambda: True))
        best = min(curves, key=lambda curve: finest.along(curve, 512)[-1])
        best = after_rounds(surface, best, 6, lambda: True)
        assert ours.length <= 1.01 * surface.along(best)[-1]
