"""Networks: how a picture becomes features, and how a latent becomes a likelihood's parameters.

An encoder maps x (B, C, H, W) to features (B, F) and tells F as `features`; a decoder maps z (B, D)
to (B, channels_out, H, W). A new network is one tagged spec, one encoder, one decoder and their
line in `ENCODERS` and `DECODERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from latentlab.errors import UsageError
from latentlab.models.conditioner import NEAR_ZERO
from latentlab.specs import Conv, Linear, Mlp, NetworkSpec

Shape = tuple[int, int, int]  # (channels, height, width)

FEW_CHANNELS = 4  # of a picture, up to which `doubled` multiplies and folds
MANY = 8  # pictures, from which on it is worth it to put their pixels into another order
SMALL_MAP = 64  # pixels of a feature map that a fully connected layer may take whole


class MlpEncoder(nn.Module):
    """Fully connected layers from pixels to features."""

    def __init__(self, spec: Mlp, shape: Shape) -> None:
        super().__init__()
        self.features = spec.hidden[-1]
        self.layers = nn.Sequential(*_stack((prod(shape), *spec.hidden)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, F)."""
        features: Tensor = self.layers(x.flatten(1))  # (B, C * H * W)
        return features


class MlpDecoder(nn.Module):
    """The mirrored layers from latents to a picture's parameters."""

    def __init__(self, spec: Mlp, latent_dim: int, shape: Shape) -> None:
        super().__init__()
        widths = spec.hidden[::-1]
        self.shape = shape
        self.first = nn.Linear(latent_dim, widths[0])
        self.rest = nn.Sequential(nn.ReLU(), *_stack(widths), nn.Linear(widths[-1], prod(shape)))

    def forward(self, z: Tensor) -> Tensor:
        """(B, D) -> (B, C, H, W)."""
        pixels: Tensor = self.rest(full_precision(self.first, z))
        return pixels.view(-1, *self.shape)  # (B, C, H, W)


class LinearEncoder(nn.Module):
    """The pixels themselves are the features: the posterior's head is the one linear map."""

    def __init__(self, _spec: Linear, shape: Shape) -> None:
        super().__init__()
        self.features = prod(shape)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C * H * W)."""
        return x.flatten(1)


class LinearDecoder(nn.Module):
    """One linear map from latents to a picture's parameters: W z + b."""

    def __init__(self, _spec: Linear, latent_dim: int, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.layer = nn.Linear(latent_dim, prod(shape))

    def forward(self, z: Tensor) -> Tensor:
        """(B, D) -> (B, C, H, W)."""
        return full_precision(self.layer, z).view(-1, *self.shape)


class ConvEncoder(nn.Module):
    """Convolutions of stride 2, each halving the sides, and one fully connected layer."""

    def __init__(self, spec: Conv, shape: Shape) -> None:
        super().__init__()
        channels, sides = stages(spec, shape)
        layers: list[nn.Module] = []
        for source, target in pairwise(channels):
            layers += [nn.Conv2d(source, target, 3, stride=2, padding=1), nn.ReLU()]
        flat = channels[-1] * prod(sides[-1])
        layers += [nn.Flatten(), nn.Linear(flat, spec.hidden), nn.ReLU()]
        self.features = spec.hidden
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, F)."""
        features: Tensor = self.layers(x)
        return features


class ConvDecoder(nn.Module):
    """One fully connected layer and transposed convolutions, each doubling the sides."""

    def __init__(self, spec: Conv, latent_dim: int, shape: Shape) -> None:
        super().__init__()
        channels, sides = stages(spec, shape)
        self.sides = sides[::-1]
        self.small = (channels[-1], *sides[-1])
        self.first = nn.Linear(latent_dim, spec.hidden)
        self.second = nn.Linear(spec.hidden, prod(self.small))
        widths = channels[::-1]
        self.layers = nn.ModuleList(
            nn.ConvTranspose2d(source, target, 4, stride=2, padding=1)
            for source, target in pairwise(widths)
        )

    def forward(self, z: Tensor) -> Tensor:
        """(B, D) -> (B, C, H, W)."""
        h: Tensor = self.second(torch.relu(full_precision(self.first, z)))
        h = h.view(-1, *self.small)  # (B, F, h, w)
        if len(h) >= MANY and torch.is_inference_mode_enabled() and h.device.type == "cpu":
            # oneDNN's order of pixels: a batch of 32 takes 0.6 of the time.
            h = h.contiguous(memory_format=torch.channels_last)
        for layer, (height, width) in zip(self.layers, self.sides[1:], strict=True):
            h = doubled(layer, torch.relu(h))  # (B, F', 2h, 2w)
            if h.shape[-2:] != (height, width):
                h = h[..., :height, :width]  # an odd side was rounded up on the way down
        return h


def doubled(layer: nn.Module, h: Tensor) -> Tensor:
    """A transposed convolution (kernel 4, stride 2, padding 1): (B, F, h, w) -> (B, F', 2h, 2w).

    The last one, to a picture's few channels, is a matrix product and a fold where a CPU decodes
    without gradients: a fifth of oneDNN's time, the same up to rounding.
    """
    if not isinstance(layer, nn.ConvTranspose2d) or layer.out_channels > FEW_CHANNELS:
        return layer(h)  # type: ignore[no-any-return]
    if not torch.is_inference_mode_enabled() or h.device.type != "cpu":
        return layer(h)  # type: ignore[no-any-return]
    weight, bias = layer.weight, layer.bias
    if h.dtype != weight.dtype or bias is None:  # in mixed precision
        return layer(h)  # type: ignore[no-any-return]
    pieces = weight.flatten(1).T @ h.flatten(2)  # (B, F' * 4 * 4, h * w)
    size = (2 * h.shape[-2], 2 * h.shape[-1])
    return (
        nn.functional.fold(pieces, size, kernel_size=4, stride=2, padding=1) + bias[:, None, None]
    )


ENCODERS: dict[type[NetworkSpec], Callable[..., nn.Module]] = {
    Mlp: MlpEncoder,
    Conv: ConvEncoder,
    Linear: LinearEncoder,
}
DECODERS: dict[type[NetworkSpec], Callable[..., nn.Module]] = {
    Mlp: MlpDecoder,
    Conv: ConvDecoder,
    Linear: LinearDecoder,
}


def stages(spec: Conv, shape: Shape) -> tuple[list[int], list[tuple[int, int]]]:
    """Channels and (height, width) before and after each halving.

    Stages follow `spec.channels` as far as the picture can be halved; stages of the last width
    follow until the map has at most `SMALL_MAP` pixels, so that a large picture does not end in a
    huge fully connected layer.

    Raises:
        UsageError: The data are rows of a table, not pictures.

    Example:
        >>> stages(Conv(channels=(32, 64)), (1, 28, 28))
        ([1, 32, 64], [(28, 28), (14, 14), (7, 7)])
    """
    if min(shape[1:]) == 1:
        raise UsageError(
            "A convolutional network needs pictures, and these data are rows of numbers.",
            do="Choose the MLP network.",
        )
    channels, sides = [shape[0]], [(shape[1], shape[2])]
    while max(sides[-1]) > 2 and (
        len(channels) <= len(spec.channels) or prod(sides[-1]) > SMALL_MAP
    ):
        height, width = sides[-1]
        channels.append(spec.channels[min(len(channels), len(spec.channels)) - 1])
        sides.append(((height + 1) // 2, (width + 1) // 2))
    return channels, sides


class NearZero(nn.Linear):
    """A layer whose weights begin as a share of what others begin with."""

    share = NEAR_ZERO


def full_precision(layer: nn.Linear, x: Tensor) -> Tensor:
    """Apply `layer` in float32 even inside autocast.

    A bfloat16 latent has 8 bits: near 2 its steps are 0.016, as wide as a sharp posterior.
    """
    kind = x.device.type
    if not torch.is_autocast_enabled(kind):
        return nn.functional.linear(x, layer.weight, layer.bias)
    with torch.autocast(kind, enabled=False):
        return nn.functional.linear(x.float(), layer.weight, layer.bias)


def _stack(widths: Sequence[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for source, target in pairwise(widths):
        layers += [nn.Linear(source, target), nn.ReLU()]
    return layers
