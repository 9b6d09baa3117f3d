"""Derivatives in forward mode, from several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from latentlab.latent.forward_mode import jvp


def test_threads_do_not_take_each_others_level() -> None:
    weights = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))

    def decode(z: Tensor) -> Tensor:
        return torch.sigmoid(z @ weights.T)

    at, along = torch.zeros(500, 2), torch.ones(500, 2)
    expected = (along @ weights.T) / 4  # the sigmoid's slope at 0
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: jvp(decode, at, along)[1], range(200)))
    assert all(torch.allclose(moved, expected, atol=1e-6) for moved in found)
