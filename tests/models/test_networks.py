"""Networks that fit any picture, and what is refused."""

from __future__ import annotations

import pytest
import torch

from latentlab.errors import UsageError
from latentlab.models.build import build, count_parameters, outline
from latentlab.models.networks import ConvDecoder, doubled, full_precision, stages
from latentlab.specs import Conv, FullCovariance, Mlp, ModelSpec

SHAPES = [
    (1, 8, 8),
    (3, 8, 8),
    (1, 9, 9),
    (1, 28, 28),
    (3, 31, 17),
    (2, 8, 128),
    (1, 128, 8),
    (3, 64, 64),
    (3, 127, 128),
    (3, 128, 128),
    (1, 2, 2),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("network", [Mlp(hidden=(8,)), Conv(channels=(2, 3), hidden=8)])
def test_pictures_of_any_size_come_out_as_they_went_in(shape, network):
    vae = build(ModelSpec(shape=shape, network=network))
    with torch.no_grad():
        assert vae.decode(vae.q(torch.rand(2, *shape)).mean).shape == (2, *shape)


@pytest.mark.parametrize("network", [Mlp(hidden=(8, 6)), Mlp(hidden=(8,) * 16)])
def test_rows_of_a_table_pass_an_mlp(network):
    vae = build(ModelSpec(shape=(1, 1, 7), network=network))
    assert vae.decode(torch.zeros(3, 2)).shape == (3, 1, 1, 7)


def test_rows_of_a_table_are_refused_by_convolutions():
    with pytest.raises(UsageError, match="needs pictures"):
        build(ModelSpec(shape=(1, 1, 64), network=Conv()))


def test_a_large_picture_gets_more_stages_not_a_huge_layer():
    channels, sides = stages(Conv(), (3, 128, 128))
    assert channels == [3, 32, 64, 64, 64]
    assert sides[-1] == (8, 8)
    assert count_parameters(outline(ModelSpec(shape=(3, 128, 128), network=Conv()))) < 3_000_000


def test_a_tiny_picture_gets_as_many_stages_as_fit():
    channels, sides = stages(Conv(channels=(4, 5, 6, 7)), (1, 8, 8))
    assert channels == [1, 4, 5]
    assert sides == [(8, 8), (4, 4), (2, 2)]


def test_the_decoder_mirrors_the_encoder():
    decoder = ConvDecoder(Conv(channels=(4, 8)), 2, (1, 27, 30))
    assert decoder.sides == [(7, 8), (14, 15), (27, 30)]
    widths = build(ModelSpec(shape=(1, 4, 4), network=Mlp(hidden=(9, 5)))).state_dict()
    assert widths["decoder.first.weight"].shape == (5, 2)
    assert widths["decoder.rest.1.weight"].shape == (9, 5)


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec(shape=(1, 28, 28), network=Mlp(hidden=(16384,) * 16)),
        ModelSpec(shape=(64, 1024, 1024), network=Mlp()),
        ModelSpec(shape=(1, 28, 28), latent_dim=4096, posterior=FullCovariance()),
    ],
    ids=["layers", "pixels", "covariance"],
)
def test_a_model_that_is_too_large_is_refused_before_it_takes_memory(spec):
    with pytest.raises(UsageError, match="parameters; at most 500,000,000"):
        build(spec)


def test_an_outline_has_names_and_shapes_and_no_memory():
    spec = ModelSpec(shape=(1, 8, 8))
    empty, full = outline(spec), build(spec)
    assert all(parameter.is_meta for parameter in empty.parameters())
    assert {n: p.shape for n, p in empty.state_dict().items()} == {
        n: p.shape for n, p in full.state_dict().items()
    }


def test_latents_keep_their_digits_inside_autocast():
    """In bfloat16 a latent near 2 moves in steps of 0.016: as wide as a sharp posterior."""
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(layer.weight)
    z = torch.tensor([[2.001], [2.002]])
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(full_precision(layer, z), z)
        assert not torch.equal(layer(z).float(), z)


def test_fresh_weights_are_bounded_and_not_constant():
    vae = build(ModelSpec(shape=(1, 28, 28), network=Conv()))
    for name, parameter in vae.named_parameters():
        assert parameter.isfinite().all(), name
        assert parameter.abs().max() <= 1.0, name
        assert parameter.unique().numel() > parameter.numel() // 2, name


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
@pytest.mark.parametrize("side", [(7, 7), (5, 3), (1, 1)])
def test_a_picture_without_gradients_is_the_same_as_with_them(channels, side):
    torch.manual_seed(channels)
    layer = torch.nn.ConvTranspose2d(6, channels, 4, stride=2, padding=1)
    h = torch.randn(3, 6, *side)
    with torch.inference_mode():
        quick = doubled(layer, h)
    assert quick.shape == (3, channels, 2 * side[0], 2 * side[1])
    assert torch.allclose(quick, layer(h).detach(), atol=1e-5)


def test_the_quick_way_is_for_decoding_alone(monkeypatch):
    layer = torch.nn.ConvTranspose2d(6, 1, 4, stride=2, padding=1)
    h = torch.randn(2, 6, 4, 4)
    monkeypatch.setattr("torch.nn.functional.fold", None)  # a training never comes there
    assert doubled(layer, h).requires_grad
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert doubled(layer, h.bfloat16()).dtype == torch.bfloat16
