"""How much the decoder stretches the map: against known maps, and against the Jacobian."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.latent.charts import Plane, axes_plane, principal_plane
from latentlab.latent.field import centres
from latentlab.latent.magnification import _twice_as_fine, magnification_at, magnification_rows

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


class Counting:
    """A decoder that knows how many pictures it made."""

    def __init__(self, decode) -> None:
        self.decode, self.count = decode, 0

    def __call__(self, z: torch.Tensor) -> torch.Tensor:
        self.count += len(z)
        return self.decode(z)


def test_a_fine_layer_of_a_smooth_decoder_takes_a_quarter_of_the_pictures() -> None:
    decode, plane = Counting(network(2)), axes_plane(2)
    found = layer(decode, plane, 160, 200)
    assert found.shape == (160, 200)
    assert decode.count < 0.3 * 160 * 200
    exact = magnification_at(decode.decode, plane, centres(RECT, 160, 200).reshape(-1, 2))
    off = np.abs(found.ravel() / exact - 1.0)
    assert np.quantile(off, 0.99) < 0.01
    assert off.max() < 0.05


def test_a_fine_layer_of_a_decoder_with_fine_structure_is_decoded_whole() -> None:
    def waves(z: torch.Tensor) -> torch.Tensor:
        long = 0.05 * torch.sin(12.0 * z) / 12.0  # a wave is 25 cells long
        return z + long + torch.sin(30.0 * z.flip(-1)) / 30.0

    decode, plane = Counting(waves), axes_plane(2)
    found = layer(decode, plane, 160, 200).ravel()
    assert decode.count > 160 * 200
    exact = magnification_at(waves, plane, centres(RECT, 160, 200).reshape(-1, 2))
    assert np.median(np.abs(found - exact)) < 0.02


def test_wide_cells_are_interpolated_alike_however_they_come() -> None:
    x, y = np.meshgrid(np.arange(5) + 0.5, np.arange(8) + 0.5)
    wide = (3.0 * x + 2.0 * y).astype(np.float32)  # linear: exact everywhere, beyond the ends too
    u, v = np.meshgrid((np.arange(10) + 0.5) / 2, (np.arange(16) + 0.5) / 2)
    for cuts in ([], [1], [1, 2], [3, 4, 7], [1, 2, 3, 4, 5, 6, 7]):
        parts = [(slice(0), part) for part in np.split(wide, cuts)]
        found = list(_twice_as_fine(iter(parts)))
        assert [part.start for part, _ in found] == [0, *(part.stop for part, _ in found[:-1])]
        assert np.allclose(np.concatenate([rows for _, rows in found]), 3.0 * u + 2.0 * v)
    ((_, one),) = _twice_as_fine(iter([(slice(0), wide[:1])]))
    assert one.shape == (2, 10)


def test_the_number_of_threads_stays_what_it_was() -> None:
    before = torch.get_num_threads()
    layer(network(2), axes_plane(2), 5, 5)
    assert torch.get_num_threads() == before
