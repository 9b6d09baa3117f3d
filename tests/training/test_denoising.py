"""Autoencoders: the reconstruction alone, and the clean picture from a corrupted one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import latentlab
from latentlab.models.build import build
from latentlab.specs import (
    Autoencoder,
    Denoising,
    Deterministic,
    Diagonal,
    Elbo,
    Mlp,
    ModelSpec,
    TrainSpec,
)
from latentlab.training.denoising import corrupted
from latentlab.training.recipes import recipe
from latentlab.training.trainer import Trainer

KINDS = ["gaussian", "mask", "salt-and-pepper"]


def objective(spec, posterior=None):
    model = ModelSpec(
        shape=(1, 6, 6), network=Mlp(hidden=(8,)), posterior=posterior or Deterministic()
    )
    return recipe(spec, build(model, seed=1), None)[0].objective


def cross_entropy(vae, x, z) -> float:
    """Bernoulli nats per datum, written out."""
    p = vae.decode(z).double()
    return (x * p.log() + (1 - x) * (1 - p).log()).sum((-3, -2, -1)).mean().item()


def test_an_autoencoder_has_the_reconstruction_and_nothing_else(rows, batch_of):
    plain, x = objective(Autoencoder()), rows.span(0, 20)
    record = plain.record(batch_of(x))
    with torch.no_grad():
        expected = cross_entropy(plain.vae, x, plain.vae.q(x).mean)
    assert record.loss.item() == pytest.approx(-expected, rel=1e-5)
    assert record.kl.item() == 0.0
    record.loss.backward()
    assert all(p.grad is not None for p in plain.vae.parameters())


@pytest.mark.parametrize("posterior", [Deterministic(), Diagonal()], ids=["none", "diagonal"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_corrupted_picture_is_read_and_the_clean_one_scored(kind, posterior, rows, batch_of):
    spec, x = Denoising(noise=kind, amount=0.4), rows.span(0, 20)
    denoiser = objective(spec, posterior)
    record = denoiser.record(batch_of(x, 4))
    vae, generator = denoiser.vae, torch.Generator().manual_seed(4)
    with torch.no_grad():
        q = vae.q(corrupted(x, spec, generator))
        z, _ = q.rsample(torch.randn(q.eps_shape(1)[1:], generator=generator))
        expected = cross_entropy(vae, x, z)
        kl = 0.0
        if isinstance(posterior, Diagonal):
            variance = (2 * q.log_sigma).exp()
            kl = 0.5 * (variance + q.mean**2 - 1 - 2 * q.log_sigma).sum(-1).mean().item()
    assert record.reconstruction.item() == pytest.approx(expected, rel=1e-5)
    assert record.kl.item() == pytest.approx(kl, rel=1e-5)
    assert record.loss.item() == pytest.approx(kl - expected, rel=1e-5)


def test_no_noise_is_the_elbo(rows, batch_of):
    x = rows.span(0, 20)
    denoiser = objective(Denoising(noise="mask", amount=0.0), Diagonal())
    batch = batch_of(x, 4)
    batch.uniform((20, 1, 6, 6))  # what the mask draws before
    plain = objective(Elbo(), Diagonal()).record(batch)
    torch.testing.assert_close(denoiser.record(batch_of(x, 4)).loss, plain.loss)


def test_held_out_rows_show_the_clean_bound_and_the_denoising_beside_it(rows, batch_of):
    denoiser, x = objective(Denoising(amount=0.6), Diagonal()), rows.span(0, 50)
    denoiser.vae.eval()
    with torch.no_grad():
        record = denoiser.score(batch_of(x, 4))
        generator = torch.Generator().manual_seed(4)
        q = denoiser.vae.q(corrupted(x, denoiser.spec, generator))
        z, _ = q.rsample(torch.randn(q.eps_shape(1)[1:], generator=generator))
        expected = cross_entropy(denoiser.vae, x, z)
        clean = denoiser.vae.q(x)
        z, _ = clean.rsample(torch.randn(clean.eps_shape(1)[1:], generator=generator))
        reconstruction = cross_entropy(denoiser.vae, x, z)
    assert record.extras["denoising"].item() == pytest.approx(expected, rel=1e-5)
    assert record.reconstruction.item() == pytest.approx(reconstruction, rel=1e-5)


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
def test_each_noise_does_what_its_name_says(amount, generator):
    x = torch.full((400, 3, 8, 8), 0.5)
    count = 400 * 64
    error = 4 * math.sqrt(amount * (1 - amount) / count) + 1e-9
    mask = corrupted(x, Denoising(noise="mask", amount=amount), generator)
    assert (mask == 0).float().mean().item() == pytest.approx(amount, abs=error)
    assert set(mask.unique().tolist()) <= {0.0, 0.5}
    peppered = corrupted(x, Denoising(noise="salt-and-pepper", amount=amount), generator)
    assert set(peppered.unique().tolist()) <= {0.0, 0.5, 1.0}
    for value in (0.0, 1.0):
        share = (peppered == value).float().mean().item()
        assert share == pytest.approx(amount / 2, abs=error + 0.01 * amount)
    for picture in (mask, peppered):  # a pixel goes in all of its channels
        assert torch.equal(picture[:, 0], picture[:, 2])
    grey = corrupted(x, Denoising(noise="gaussian", amount=0.1 * amount), generator)
    assert grey.min() >= 0
    assert grey.max() <= 1
    assert (grey - x).std().item() == pytest.approx(0.1 * amount, rel=0.02, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("posterior", [Deterministic(), Diagonal()], ids=["none", "diagonal"])
def test_extreme_inputs_stay_finite(kind, posterior, batch_of):
    denoiser = objective(Denoising(noise=kind, amount=1.0), posterior)
    with torch.no_grad():
        for parameter in denoiser.vae.parameters():
            parameter.mul_(100.0)
    x = torch.stack([torch.zeros(1, 6, 6), torch.ones(1, 6, 6), torch.full((1, 6, 6), 0.5)])
    with torch.autocast("cpu", torch.bfloat16):
        loss = denoiser.record(batch_of(x)).loss
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in denoiser.vae.parameters())


def test_a_trained_denoiser_gives_back_more_than_it_is_shown(dataset):
    """Half of each picture is gone; what it makes of the rest is nearer to the clean one."""
    train = TrainSpec(
        objective=Denoising(noise="mask", amount=0.5),
        epochs=120,
        batch_size=30,
        learning_rate=5e-3,
        device="cpu",
        precision="float32",
    )
    model = ModelSpec(shape=(1, 6, 6), network=Mlp(hidden=(32,)), posterior=Deterministic())
    trainer = Trainer(dataset, model, train)
    list(trainer)
    trained = latentlab.Model(trainer.vae, trainer.header())
    test = dataset.rows("test")
    read, denoised = latentlab.reconstruct(trained, dataset, rows=test, device="cpu", seed=1)
    clean = dataset.inputs(test)
    assert (read == 0).mean() > (clean == 0).mean() + 0.1  # the noise is shown
    assert np.square(denoised - clean).mean() < 0.5 * np.square(read - clean).mean()
    again, _ = latentlab.reconstruct(trained, dataset, rows=test, device="cpu", seed=1)
    assert np.array_equal(read, again)
    assert np.array_equal(dataset.inputs(test), clean)  # the data themselves are left alone
