"""Laws of geodesics: never longer than straight, as short as known ones, near data where asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.errors import RefusedError, UsageError
from latentlab.latent import geodesic as g
from latentlab.latent.closeness import DataDensity
from latentlab.latent.metric import metric_length
from latentlab.latent.relaxing import relaxed
from latentlab.latent.spacing import frames_in_metric
from latentlab.latent.surface import Surface
from latentlab.latent.terrain import Graph, data_graph, grid_graph, landmark_graph, neighbour_pairs


def sphere(z):
    """Longitude and latitude -> a point of the unit sphere."""
    u, v = z[:, 0], z[:, 1]
    return torch.stack([torch.cos(v) * torch.cos(u), torch.cos(v) * torch.sin(u), torch.sin(v)], 1)


def network(latents: int = 2, seed: int = 0) -> Surface:
    """A small decoder with bends, in doubles' reach of float32."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(latents, 48), torch.nn.SiLU(), torch.nn.Linear(48, 40), torch.nn.Sigmoid()
    ).requires_grad_(requires_grad=False)
    for layer in net:
        if isinstance(layer, torch.nn.Linear):
            layer.weight *= 2.5
    return Surface(net)


def pictures_of(surface: Surface):
    return lambda z: surface.pictures(z).numpy()


@pytest.mark.parametrize(
    ("a", "b"), [((-1.2, 0.9), (1.2, 0.9)), ((0.0, -0.5), (1.5, 1.0)), ((0.3, 0.2), (0.3, 1.2))]
)
@pytest.mark.parametrize("with_graph", [True, False])
def test_on_a_chart_of_the_sphere_it_is_the_great_circle(a, b, with_graph):
    surface = Surface(sphere)
    graph = grid_graph((-1.6, -1.4, 1.6, 1.4), pictures_of(surface)) if with_graph else None
    found = g.geodesic(surface, a, b, graph)
    ends = sphere(torch.tensor([a, b], dtype=torch.float64)).numpy()
    angle = np.arccos(np.clip(ends[0] @ ends[1], -1, 1))
    assert found.length == pytest.approx(angle, rel=0.01)
    np.testing.assert_array_equal(found.points[[0, -1]], [a, b])
    assert found.settled


@pytest.mark.parametrize("latents", [2, 3, 16])
def test_of_a_linear_map_it_is_the_straight_line(latents):
    torch.manual_seed(1)
    matrix = torch.randn(latents, 20)
    a, b = np.zeros(latents), np.linspace(0.5, 2.0, latents)
    found = g.geodesic(Surface(lambda z: z @ matrix), a, b)
    expected = float(np.linalg.norm(b @ matrix.double().numpy()))
    assert found.length == pytest.approx(expected, rel=0.01)
    assert found.length <= found.straight


@pytest.mark.parametrize("latents", [2, 4, 14])
def test_it_is_never_longer_than_straight(latents):
    surface, source = network(latents), np.random.default_rng(0)
    codes = source.normal(size=(300, latents))
    shown = pictures_of(surface)
    graph = grid_graph((-3, -3, 3, 3), shown) if latents == 2 else landmark_graph(codes, shown)
    for a, b in codes[:6].reshape(-1, 2, latents):
        for found in g.improving(surface, a, b, graph):
            assert found.length <= found.straight
            np.testing.assert_array_equal(found.points[[0, -1]], [a, b])
        again = metric_length(surface._decode, found.points)
        assert found.length == pytest.approx(again, rel=1e-6)


def test_it_is_within_one_percent_of_other_starts_on_a_finer_curve():
    surface, source = network(), np.random.default_rng(2)
    graph = grid_graph((-3, -3, 3, 3), pictures_of(surface))
    for a, b in source.normal(size=(2, 2, 2)):
        best, t = np.inf, np.linspace(0, 1, 2 * g.FINE + 1)[:, None]
        for _ in range(3):
            bend = source.normal(size=2) * 0.4
            start = (1 - t) * a + t * b + np.sin(np.pi * t) * bend
            for curve in relaxed(surface, start, 30):
                start = curve
            best = min(best, float(surface.along(start)[-1]))
        assert g.geodesic(surface, a, b, graph).length <= 1.01 * best


def test_frames_even_in_the_metric_have_equal_metric_steps():
    surface = network()
    found = g.geodesic(surface, [-1.5, -1.0], [1.5, 1.2])
    rows = frames_in_metric(found.along, 40)
    low = np.minimum(rows.astype(int), len(found.points) - 2)
    share = (rows - low)[:, None]
    frames = (1 - share) * found.points[low] + share * found.points[low + 1]
    steps = [metric_length(surface._decode, frames[i : i + 2]) for i in range(39)]
    assert max(steps) / min(steps) < 1.05


def test_frames_are_even_in_the_metric_where_the_straight_line_is_the_geodesic():
    surface = Surface(lambda z: torch.stack([torch.exp(2.0 * z[:, 0]), z[:, 1]], 1))
    line = np.array([[-1.0, 0.0], [1.0, 0.0]])
    t = np.linspace(0.0, 1.0, 129)
    detour = np.stack([2.0 * t - 1.0, np.sin(np.pi * t)], axis=1)
    found = g._told(surface, detour, line, 256, settled=True)
    assert found.length == found.straight
    rows = frames_in_metric(found.along, 20)
    x = np.interp(rows, np.arange(len(found.points)), found.points[:, 0])
    steps = np.diff(np.exp(2.0 * x))
    assert steps.max() / steps.min() < 1.05


def test_curves_are_compared_by_more_than_the_chords_that_cut_their_folds():
    def folded(z):
        fold = torch.exp(-50.0 * z[:, 1] ** 2) * torch.sin(8.0 * np.pi * z[:, 0]).abs()
        return torch.stack([z[:, 0], z[:, 1], fold], 1)

    surface, t = Surface(folded), np.linspace(0.0, 1.0, 9)
    through = np.stack([t, np.zeros(9)], axis=1)  # its nodes lie where the folds touch the ground
    around = np.stack([t, 0.6 * (t > 0) * (t < 1)], axis=1)
    assert surface.chords(through, 8) < surface.chords(around, 8)
    assert g._likely(surface, [through, around])[0] is around


def test_the_jacobian_equals_finite_differences():
    surface = network(3)
    z = np.random.default_rng(0).normal(size=(5, 3))
    look, step = surface.look(z), 1e-2
    for axis in range(3):
        away = np.zeros(3)
        away[axis] = step
        slope = (surface.pictures(z + away) - surface.pictures(z - away)) / (2 * step)
        np.testing.assert_allclose(look.jacobian[:, :, axis], slope, atol=5e-3)
    metric = surface.tensor_at(z[0])
    jacobian = look.jacobian[0].numpy()
    np.testing.assert_allclose(metric, jacobian.T @ jacobian, rtol=1e-6)


def test_the_reverse_slope_equals_the_forward_one():
    surface, z = network(3), np.random.default_rng(1).normal(size=(6, 3))
    _, slope = surface.gradient(z, lambda p: p.square().sum())
    look = surface.look(z)
    forward = 2.0 * torch.einsum("nDi,nD->ni", look.jacobian, look.pictures)
    np.testing.assert_allclose(slope, forward.numpy(), rtol=1e-4, atol=1e-5)


def test_what_changes_most_comes_first():
    surface = Surface(lambda z: z @ torch.tensor([[0.5, 0.0, 0.0], [0.0, 4.0, 0.0]]))
    amounts, ways = surface.changes([0.0, 0.0])
    np.testing.assert_allclose(amounts, [4.0, 0.5], rtol=1e-6)
    np.testing.assert_allclose(ways, [[0.0, 1.0], [1.0, 0.0]], atol=1e-6)


def ring(count: int = 400) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_the_density_term_keeps_a_geodesic_near_data_and_is_named():
    flat = Surface(lambda z: torch.cat([z, z], 1), near=DataDensity(ring()), weight=3.0)
    a, b = np.array([1.0, 0.0]), np.array([np.cos(2.5), np.sin(2.5)])
    graph = grid_graph((-1.5, -1.5, 1.5, 1.5), pictures_of(flat), lambda z: flat.pull(z)[0])
    found = g.geodesic(flat, a, b, graph)
    assert np.abs(np.linalg.norm(found.points, axis=1) - 1.0).max() < 0.35
    assert found.length < 0.9 * found.straight  # the straight line crosses the hole
    assert "distance from data" in flat.name
    assert Surface(lambda z: z).name == "pull-back metric of the decoder's mean"


def test_the_slope_of_the_density_is_that_of_its_energy():
    near, z = DataDensity(ring()), np.array([[0.3, 0.2], [1.8, -0.4]])
    energy, slope = near.look(z)
    assert (energy > 0).all()
    for axis in range(2):
        away = np.zeros(2)
        away[axis] = 1e-5
        difference = (near.look(z + away)[0] - near.look(z - away)[0]) / 2e-5
        np.testing.assert_allclose(slope[:, axis], difference, rtol=1e-4)


def test_a_path_over_the_data_follows_them_and_joins_far_groups():
    path = data_graph(ring()).path([1.0, 0.0], [-1.0, 0.0])
    assert np.abs(np.linalg.norm(path, axis=1) - 1.0).max() < 1e-6
    two = np.concatenate([ring(50), ring(50) + np.array([8.0, 0.0])])
    across = data_graph(two).path(two[25], two[50])
    assert len(across) > 2
    with pytest.raises(RefusedError, match="data"):
        data_graph(np.zeros((0, 2)))


def test_a_graph_that_does_not_join_two_places_goes_straight():
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    graph = Graph(nodes, np.array([[0, 1]]), np.array([1.0]))
    np.testing.assert_array_equal(graph.path([0, 0], [5, 0]), [[0, 0], [5, 0]])


def test_neighbours_hang_together():
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    nodes = np.concatenate([np.random.default_rng(i).normal(size=(30, 3)) + 20 * i for i in (0, 1)])
    pairs = neighbour_pairs(nodes, 3)
    edges = csr_array((np.ones(len(pairs)), pairs.T), shape=(60, 60))
    assert connected_components(edges, directed=False)[0] == 1


def test_what_is_no_longer_wanted_stops_early():
    surface, calls = network(), []

    def wanted() -> bool:
        calls.append(1)
        return len(calls) < 2

    found = list(g.improving(surface, [-2.0, 0.0], [2.0, 1.0], wanted=wanted))
    assert len(found) == 1
    assert not found[0].settled


def test_ends_that_are_the_same_or_do_not_fit():
    surface = network()
    assert g.geodesic(surface, [1.0, 1.0], [1.0, 1.0]).length == 0.0
    with pytest.raises(UsageError, match="dimensions"):
        g.geodesic(surface, [1.0, 1.0], [1.0, 1.0, 0.0])
