"""Masked convolutions: a picture or a grid of codes, each place told of those before it.

Places are taken row after row, from the left (van den Oord et al., 2016). For pixels this is a
density of its own (`pixelcnn`), for codes a prior (`code_priors`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import conv2d, pad

FIRST_RADIUS = 3  # the first layer looks farther: its few inputs make it cheap

Size = tuple[int, int]  # (height, width)


class Memory:
    """What each convolution was given of the last rows, while a grid is drawn row after row."""

    def __init__(self) -> None:
        self._rows: dict[CausalConv, Tensor] = {}
        self._next: dict[CausalConv, Tensor] = {}
        self.row = 0

    def join(self, layer: CausalConv, h: Tensor) -> Tensor:
        """The rows above, and the row at hand: (B, C, 1, W) -> (B, C, 1 + radius, W)."""
        above = self._rows.get(layer)
        if above is None:
            above = h.new_zeros(len(h), h.shape[1], layer.radius, h.shape[3])
        joined = torch.cat([above.to(h.dtype), h], 2)
        self._next[layer] = joined[:, :, 1:]
        return joined

    def advance(self) -> None:
        """The row at hand is whole."""
        self._rows, self._next = self._next, {}
        self.row += 1


class CausalConv(nn.Module):
    """A convolution over the `radius` rows above and, in its own row, what lies to the left.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        radius: Rows above, and columns to either side.
        own: Whether a place sees itself: not in the first layer.
    """

    def __init__(self, inputs: int, outputs: int, radius: int, *, own: bool) -> None:
        super().__init__()
        self.radius, self.own = radius, own
        self.weight = nn.Parameter(torch.empty(outputs, inputs, radius + 1, 2 * radius + 1))
        self.bias = nn.Parameter(torch.empty(outputs))

    def reset_parameters(self, generator: Generator) -> None:
        """U(-1, 1) / sqrt(fan in), counting what is seen."""
        bound = 1 / sqrt(max(1.0, float(self.mask().sum()) * self.weight.shape[1]))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def mask(self) -> Tensor:
        """Which places the kernel sees: (radius + 1, 2 radius + 1) of 0 and 1."""
        seen = torch.ones(self.weight.shape[2:], device=self.weight.device)
        seen[-1, self.radius + self.own :] = 0
        return seen

    def forward(self, h: Tensor, memory: Memory | None = None) -> Tensor:
        """(B, C, H, W) -> (B, C', H, W); with a memory, one row."""
        r = self.radius
        h = pad(h, (r, r, r, 0)) if memory is None else pad(memory.join(self, h), (r, r))
        return conv2d(h, self.weight * self.mask(), self.bias)


class Gated(nn.Module):
    """h + W (a sigmoid(b)), (a, b) a causal convolution of h and of what the row is told."""

    def __init__(self, channels: int, radius: int, told: int) -> None:
        super().__init__()
        self.look = CausalConv(channels, 2 * channels, radius, own=True)
        self.hear = nn.Conv2d(told, 2 * channels, 1) if told else None
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, h: Tensor, told: Tensor | None, memory: Memory | None) -> Tensor:
        """(B, C, H, W) -> the same."""
        u = self.look(torch.relu(h), memory)  # (B, 2C, H, W)
        if self.hear is not None and told is not None:
            u = u + self.hear(told)
        value, gate = u.chunk(2, 1)
        mixed: Tensor = self.mix(value * torch.sigmoid(gate))
        return h + mixed


class CausalNetwork(nn.Module):
    """Parameters of each place from the places before it, and from what the grid is told.

    They begin at zero: every value of a place is as likely as any other.

    Args:
        inputs: Channels of a place.
        outputs: Parameters of a place.
        size: (height, width) of the grid.
        channels: Of the feature maps.
        layers: Gated residual blocks.
        kernel: Width of their convolutions.
        told: Channels of the side information (B, told, H, W); 0 is none.

    Example:
        >>> CausalNetwork(1, 1, (5, 4), channels=8, layers=1, kernel=3).first.mask()[-1].tolist()
        [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: Size,
        *,
        channels: int,
        layers: int,
        kernel: int,
        told: int = 0,
    ) -> None:
        super().__init__()
        self.inputs, self.size = inputs, size
        self.first = CausalConv(inputs, channels, FIRST_RADIUS, own=False)
        self.blocks = nn.ModuleList(Gated(channels, kernel // 2, told) for _ in range(layers))
        self.place = nn.Parameter(torch.empty(channels, *size))
        self.last_weight = nn.Parameter(torch.empty(outputs, channels, 1, 1))
        self.last_bias = nn.Parameter(torch.empty(outputs))

    def reset_parameters(self, _generator: Generator) -> None:
        """What every place has of its own, and the outcome, begin at zero."""
        for parameter in (self.place, self.last_weight, self.last_bias):
            nn.init.zeros_(parameter)

    def forward(
        self, x: Tensor, told: Tensor | None = None, memory: Memory | None = None
    ) -> Tensor:
        """(B, I, H, W) -> (B, O, H, W); with a memory, its row of both."""
        place = self.place if memory is None else self.place[:, memory.row : memory.row + 1]
        if told is not None and memory is not None:
            told = told[:, :, memory.row : memory.row + 1]
        x = x.contiguous(memory_format=torch.channels_last)
        h = self.first(x, memory)
        h = h + place.to(h.dtype)
        for block in self.blocks:
            h = block(h, told, memory)
        return conv2d(torch.relu(h), self.last_weight, self.last_bias)


def draw(
    network: CausalNetwork,
    uniform: Tensor,
    choose: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    told: Tensor | None = None,
    report: Callable[[float], None] | None = None,
) -> Tensor:
    """Draw grids place by place; only the row at hand is computed, those above are remembered.

    Args:
        network: Whose grids.
        uniform: Noise (n, ..., H, W) in [0, 1).
        choose: Parameters (n, O) and noise (n, ...) of a place -> its value (n, ...), and the same
            as the network takes it (n, I).
        told: Side information (n, T, H, W).
        report: Called with the fraction done.

    Returns:
        (n, ..., H, W).
    """
    height, width = network.size
    memory, values = Memory(), torch.empty_like(uniform)
    for i in range(height):
        row = uniform.new_zeros(len(uniform), network.inputs, 1, width)
        for j in range(width):
            parameters = network(row, told, memory)[:, :, 0, j].float()
            values[..., i, j], row[:, :, 0, j] = choose(parameters, uniform[..., i, j])
        network(row, told, memory)  # the last place of the row too is remembered
        memory.advance()
        if report is not None:
            report((i + 1) / height)
    return values
