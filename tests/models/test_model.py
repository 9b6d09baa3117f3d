"""The model to use: numpy in, numpy out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.errors import RefusedError, UsageError
from latentlab.models import devices
from latentlab.models import model as model_module
from latentlab.models.build import build
from latentlab.models.devices import available_devices, choose_device
from latentlab.models.files import from_bytes, to_bytes, write_model_file
from latentlab.models.model import Model
from latentlab.specs import Conv, Mlp, ModelSpec

SPEC = ModelSpec(shape=(1, 8, 6), latent_dim=3, network=Mlp(hidden=(16,)))


@pytest.fixture
def model() -> Model:
    return Model(build(SPEC, seed=5))


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).random((23, 1, 8, 6), dtype=np.float32)


def test_batches_give_what_single_data_give(model, x, monkeypatch):
    codes, pictures = model.encode(x), model.decode(model.encode(x))
    monkeypatch.setattr(model_module, "PIXELS_AT_ONCE", 4 * 48)
    told: list[float] = []
    np.testing.assert_allclose(model.encode(x, report=told.append), codes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.decode(codes), pictures, rtol=1e-5, atol=1e-6)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_numpy_goes_in_and_float32_comes_out(model, x):
    assert model.encode(x).dtype == model.decode(np.zeros(3)).dtype == np.float32
    assert model.encode(x).shape == (23, 3)
    assert model.decode([0.0, 1.0, 2.0]).shape == (1, 1, 8, 6)
    assert model.decode(np.zeros((0, 3))).shape == (0, 1, 8, 6)
    assert model.encode(x[:0]).shape == (0, 3)


def test_data_that_cannot_be_written_are_encoded_all_the_same(model, x):
    x.flags.writeable = False
    assert np.isfinite(model.encode(x)).all()


def test_decoding_many_arrays_of_other_layouts_is_the_same(model):
    z = np.random.default_rng(1).normal(size=(5, 3))
    expected = model.decode(z)
    assert (model.decode(np.asfortranarray(z)) == expected).all()
    backwards = z.astype(np.float32)[::-1]
    np.testing.assert_allclose(model.decode(backwards)[::-1], expected, rtol=1e-5)
    assert (model.decode(z.tolist()) == expected).all()


def test_what_does_not_fit_is_refused(model, x):
    with pytest.raises(RefusedError, match="takes data of shape"):
        model.encode(x[:, :, :7])
    with pytest.raises(RefusedError, match="takes data of shape"):
        model.encode(x[0])
    with pytest.raises(UsageError, match="has 3 latents, 2 were given"):
        model.decode(np.zeros((4, 2)))


def test_samples_follow_from_the_seed_and_leave_the_global_generator_alone(model, x):
    before = torch.get_rng_state()
    first, second, other = model.sample(7, seed=1), model.sample(7, seed=1), model.sample(7, seed=2)
    assert (first == second).all()
    assert (first != other).any()
    assert first.shape == (7, 1, 8, 6)
    draws = model.posterior_samples(x[:4], 5, seed=1)
    assert draws.shape == (4, 5, 3)
    assert torch.equal(before, torch.get_rng_state())
    spread = draws - model.encode(x[:4])[:, None]
    assert 0 < np.abs(spread).mean() < 5


def test_half_a_model_decodes_nearly_the_same_from_half_the_bytes(model, x, tmp_path):
    path = tmp_path / "half.safetensors"
    write_model_file(path, model.to_file(half=True))
    again = Model.from_file(path)
    np.testing.assert_allclose(again.decode(np.ones(3)), model.decode(np.ones(3)), atol=0.01)
    assert path.stat().st_size < 0.8 * len(to_bytes(model.to_file()))
    assert all(p.dtype == torch.float32 for p in again.vae.parameters())


def test_an_opened_model_can_be_trained_on(model):
    again = Model.from_file(from_bytes(to_bytes(model.to_file()), "a file"))
    again.vae.decode(torch.zeros(1, 3)).sum().backward()
    assert again.vae.decoder.first.weight.grad is not None


def test_a_conv_model_opens_from_its_file(tmp_path):
    spec = ModelSpec(shape=(3, 9, 7), network=Conv(channels=(3, 4), hidden=8))
    model = Model(build(spec))
    write_model_file(tmp_path / "m.safetensors", model.to_file())
    again = Model.from_file(str(tmp_path / "m.safetensors"))
    assert (again.decode([0.1, 0.2]) == model.decode([0.1, 0.2])).all()
    assert again.parameter_count == model.parameter_count > 0


def test_the_cpu_is_always_there_and_auto_takes_the_fastest(monkeypatch):
    assert available_devices()[-1] == "cpu"
    assert choose_device("auto").type == available_devices()[0]
    monkeypatch.setattr(devices.torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    monkeypatch.setattr(devices.torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no CUDA device"):
        choose_device("cuda")
