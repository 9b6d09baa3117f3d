"""How much the decoder stretches the map: against known maps, and against the Jacobian."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.latent.charts import Plane, axes_plane, principal_plane
from latentlab.latent.field import centres
from latentlab.latent.magnification import magnification_at, magnification_rows

RECT = (-2.0, -1.0, 2.0, 1.5)


def layer(decode, plane: Plane, rows: int, columns: int) -> np.ndarray:
    parts = list(magnification_rows(decode, plane, RECT, rows, columns))
    assert [part.start for part, _ in parts] == [0, *(part.stop for part, _ in parts[:-1])]
    return np.concatenate([values for _, values in parts])


def network(latent_dim: int) -> torch.nn.Module:
    torch.manual_seed(3)
    made = torch.nn.Sequential(
        torch.nn.Linear(latent_dim, 24), torch.nn.Tanh(), torch.nn.Linear(24, 50), torch.nn.Tanh()
    )
    return made.requires_grad_(False)


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_a_linear_decoder_stretches_every_place_alike(latent_dim) -> None:
    generator = np.random.default_rng(0)
    w = generator.normal(size=(30, latent_dim))
    plane = principal_plane(generator.normal(size=(40, latent_dim)))
    pushed = w @ plane.axes  # (30, 2)
    expected = np.sqrt(np.linalg.det(pushed.T @ pushed))
    matrix = torch.from_numpy(w.astype(np.float32)).T
    found = layer(lambda z: z @ matrix, plane, 9, 13)
    assert found.shape == (9, 13)
    assert np.allclose(found, expected, rtol=1e-3)
    assert np.allclose(magnification_at(lambda z: z @ matrix, plane, [[0.3, 1.0]]), expected)


def test_one_latent_is_stretched_in_length() -> None:
    found = layer(lambda z: torch.cat([3.0 * z, 4.0 * z], 1), axes_plane(1), 1, 11)
    assert np.allclose(found, 5.0, rtol=1e-4)
    assert magnification_at(lambda z: 2.0 * z, axes_plane(1), [[0.5, 0.0]]) == pytest.approx(2.0)


def test_a_sphere_is_magnified_by_the_sine_of_its_latitude() -> None:
    def sphere(z: torch.Tensor) -> torch.Tensor:
        polar, turn = z[:, 0] + 1.6, z[:, 1]
        return torch.stack([polar.sin() * turn.cos(), polar.sin() * turn.sin(), polar.cos()], dim=1)

    inner = np.abs(np.sin(centres((-1.0, -1.0, 1.0, 1.0), 40, 40)[..., 0] + 1.6))
    parts = magnification_rows(sphere, axes_plane(2), (-1.0, -1.0, 1.0, 1.0), 40, 40)
    assert np.allclose(np.concatenate([v for _, v in parts]), inner, rtol=2e-3)


@pytest.mark.parametrize("latent_dim", [1, 2, 4])
def test_differences_agree_with_jacobian_vector_products_at_200_cells(latent_dim) -> None:
    decode, plane = network(latent_dim), axes_plane(latent_dim)
    rows, columns = (1, 400) if latent_dim == 1 else (120, 200)
    found = layer(decode, plane, rows, columns).ravel()
    cells = np.random.default_rng(1).choice(found.size, 200, replace=False)
    w = centres(RECT, rows, columns).reshape(-1, 2)[cells]
    exact = magnification_at(decode, plane, w)
    assert np.abs(found[cells] / exact - 1.0).max() < 0.05


def test_a_creased_decoder_agrees_with_them_too() -> None:
    torch.manual_seed(5)
    layers = [torch.nn.Linear(2, 40), torch.nn.ReLU(), torch.nn.Linear(40, 30), torch.nn.ReLU()]
    decode = torch.nn.Sequential(*layers, torch.nn.Linear(30, 20)).requires_grad_(False)
    found = layer(decode, axes_plane(2), 40, 60).ravel()  # coarse: creases in most of the cells
    exact = magnification_at(decode, axes_plane(2), centres(RECT, 40, 60).reshape(-1, 2))
    off = np.abs(found / exact - 1.0)
    assert np.quantile(off, 0.99) < 0.05
    assert np.median(off) < 0.005


def test_the_number_of_threads_stays_what_it_was() -> None:
    before = torch.get_num_threads()
    layer(network(2), axes_plane(2), 5, 5)
    assert torch.get_num_threads() == before
