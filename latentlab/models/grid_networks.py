"""Networks between pictures and grids of vectors, one for each place: (B, D, h, w)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from latentlab.models.causal import Size
from latentlab.models.networks import MlpDecoder, MlpEncoder, Shape, stages
from latentlab.specs import Conv, Mlp

LEAST_SIDE = 4  # a grid with a shorter side holds too few codes


def grid_stages(spec: Conv, shape: Shape) -> tuple[list[int], list[Size]]:
    """`stages`, ending before the grid has a side under `LEAST_SIDE`, but with one halving.

    Example:
        >>> grid_stages(Conv(channels=(32, 64)), (1, 8, 8))
        ([1, 32], [(8, 8), (4, 4)])
    """
    channels, sides = stages(spec, shape)
    keep = max(2, sum(min(side) >= LEAST_SIDE for side in sides))
    return channels[:keep], sides[:keep]


class Residual(nn.Module):
    """h + a 3x3 convolution to half the channels and a 1x1 one back, each of a relu."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, max(1, channels // 2), 3, padding=1)
        self.second = nn.Conv2d(max(1, channels // 2), channels, 1)

    def forward(self, h: Tensor) -> Tensor:
        """(B, C, H, W) -> the same."""
        change: Tensor = self.second(torch.relu(self.first(torch.relu(h))))
        return h + change


class Down(nn.Sequential):
    """Convolutions of stride 2, each halving the sides, with relu between: (B, C, H, W)."""

    def __init__(self, channels: Sequence[int]) -> None:
        layers: list[nn.Module] = []
        for source, target in pairwise(channels):
            layers += [nn.Conv2d(source, target, 3, stride=2, padding=1), nn.ReLU()]
        super().__init__(*layers[:-1])


class Up(nn.Module):
    """Transposed convolutions, each doubling the sides, cropped to what they were on the way down.

    Args:
        channels: Before and after each.
        sides: (height, width) before and after each.
    """

    def __init__(self, channels: Sequence[int], sides: Sequence[Size]) -> None:
        super().__init__()
        self.sides = list(sides)
        self.layers = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(channels)
        )

    def forward(self, h: Tensor) -> Tensor:
        """(B, F, h, w) -> (B, C, H, W)."""
        for layer, (height, width) in zip(self.layers, self.sides[1:], strict=True):
            h = layer(torch.relu(h))[..., :height, :width]
        return h


class ConvToGrid(nn.Module):
    """Halvings, a residual block, and a vector for each place."""

    def __init__(self, spec: Conv, shape: Shape, dim: int) -> None:
        super().__init__()
        channels, sides = grid_stages(spec, shape)
        self.size = sides[-1]
        self.layers = nn.Sequential(
            Down(channels), Residual(channels[-1]), nn.ReLU(), nn.Conv2d(channels[-1], dim, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, D, h, w)."""
        grid: Tensor = self.layers(x)
        return grid


class ConvFromGrid(nn.Module):
    """The way back."""

    def __init__(self, spec: Conv, shape: Shape, dim: int, channels_out: int) -> None:
        super().__init__()
        channels, sides = grid_stages(spec, shape)
        widths = [*channels[:0:-1], channels_out]
        self.layers = nn.Sequential(
            nn.Conv2d(dim, widths[0], 3, padding=1), Residual(widths[0]), Up(widths, sides[::-1])
        )

    def forward(self, grid: Tensor) -> Tensor:
        """(B, D, h, w) -> (B, C, H, W)."""
        pixels: Tensor = self.layers(grid)
        return pixels


class MlpToGrid(nn.Module):
    """Fully connected layers, and a row of T vectors."""

    def __init__(self, spec: Mlp, shape: Shape, dim: int, tokens: int) -> None:
        super().__init__()
        self.size = (1, tokens)
        self.dim = dim
        self.layers = MlpEncoder(spec, shape)
        self.last = nn.Linear(spec.hidden[-1], tokens * dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, D, 1, T)."""
        flat: Tensor = self.last(self.layers(x))
        return flat.view(len(x), self.dim, *self.size)


class MlpFromGrid(nn.Module):
    """The way back."""

    def __init__(self, spec: Mlp, shape: Shape, dim: int, tokens: int, channels_out: int) -> None:
        super().__init__()
        self.layers = MlpDecoder(spec, tokens * dim, (channels_out, *shape[1:]))

    def forward(self, grid: Tensor) -> Tensor:
        """(B, D, 1, T) -> (B, C, H, W)."""
        pixels: Tensor = self.layers(grid.flatten(1))
        return pixels
