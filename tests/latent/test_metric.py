"""The pull-back metric against decoders whose lengths are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.latent import metric, paths


def test_a_linear_decoder_stretches_a_path_by_its_jacobian():
    generator = torch.Generator().manual_seed(1)
    jacobian = torch.randn(3, 20, generator=generator)
    a, b = np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.0, 4.0])
    expected = float(np.linalg.norm((b - a) @ jacobian.numpy().astype(np.float64)))
    length = metric.metric_length(lambda z: z @ jacobian, paths.straight(a, b, 9))
    assert length == pytest.approx(expected, rel=1e-5)


def test_the_identity_decoder_measures_euclidean_length():
    path = paths.spline([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]], 50)
    length = metric.metric_length(lambda z: z, path)
    assert length == pytest.approx(metric.euclidean_length(path), rel=1e-5)


def test_the_length_of_a_curved_decoder_is_its_arc_length():
    # z -> (cos z, sin z): the path from 0 to pi becomes half a unit circle.
    def decode(z):
        return torch.cat([torch.cos(z), torch.sin(z)], dim=1)

    length = metric.metric_length(decode, [[0.0], [np.pi]])
    assert length == pytest.approx(np.pi, rel=1e-5)


def test_one_coarse_chord_is_cut_into_256_sub_steps():
    # a decoder that oscillates: few sub-steps would miss the way up and down
    length = metric.metric_length(lambda z: torch.sin(20 * z), [[0.0], [np.pi]])
    assert length == pytest.approx(40.0, rel=2e-3)
    assert len(metric.refine([[0.0], [1.0]], metric.SUB_STEPS)) == metric.SUB_STEPS + 1


def test_refining_keeps_every_row_of_the_path():
    path = np.array([[0.0, 1.0], [2.0, 3.0], [2.5, -1.0], [0.0, 0.0]])
    fine = metric.refine(path, 256)
    assert len(fine) - 1 >= 256
    for row in path:
        assert (np.abs(fine - row).sum(axis=1) == 0).any()


def test_a_network_decoder_agrees_with_small_differences():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(2, 32), torch.nn.SiLU(), torch.nn.Linear(32, 10), torch.nn.Sigmoid()
    )
    path = paths.straight([-1.0, 0.0], [1.0, 2.0], 4001)
    with torch.no_grad():
        pictures = net(torch.as_tensor(path, dtype=torch.float32)).double().numpy()
    chords = np.linalg.norm(np.diff(pictures[::40], axis=0), axis=1).sum()
    assert metric.metric_length(net, path[::100]) == pytest.approx(chords, rel=1e-3)
