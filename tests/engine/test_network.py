"""The live lane's decoder: how many threads it takes, and whom it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.engine.network import FEW, NetworkDecoder
from latentlab.models.vae import VAE
from latentlab.specs import Conv, ModelSpec


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("pictures", "threads"), [(1, 1), (FEW, 1), (FEW + 1, 2)])
def test_one_thread_decodes_few_pictures(two_threads, pictures, threads):
    vae = VAE(ModelSpec(shape=(1, 12, 12), network=Conv(), latent_dim=2))
    decoder = NetworkDecoder(vae, torch.device("cpu"))
    seen: list[int] = []
    for module in decoder._vae.modules():
        module.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads()))
    z = np.random.default_rng(0).normal(size=(pictures, 2))
    decoded = decoder.decode(z)
    assert set(seen) == {threads}
    assert torch.get_num_threads() == 2
    with torch.no_grad():
        means = vae.eval().decode(torch.from_numpy(z).float())[:, 0]  # (B, H, W)
    assert np.abs(decoded - 255.0 * means.numpy()).max() <= 0.51


def test_a_decode_that_fails_gives_the_threads_back(two_threads):
    decoder = NetworkDecoder(VAE(ModelSpec(shape=(1, 8, 8), latent_dim=2)), torch.device("cpu"))
    with pytest.raises(RuntimeError):
        decoder.decode(np.zeros((1, 3)))
    assert torch.get_num_threads() == 2
