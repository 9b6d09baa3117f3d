"""MADE: a masked autoencoder whose outputs are conditional probabilities (Germain et al., 2015).

Pixel number r of an ordering has an output that sees the pixels before it alone: a hidden unit of
degree m sees pixels 1 .. m and units of degree <= m, an output r units of degree < r.
"""

from __future__ import annotations

from itertools import pairwise
from math import log, prod, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn.functional import linear, logsigmoid

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.density import Density, Report

Degrees = NDArray[np.int64]


class MaskedLinear(nn.Module):
    """A linear layer of which a mask leaves some weights out."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None

    def reset_parameters(self, generator: Generator) -> None:
        """U(-1, 1) / sqrt(half the fan in): about half of the weights are seen."""
        bound = 1 / sqrt(max(1.0, self.weight.shape[1] / 2))
        for parameter in self.parameters(recurse=False):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, h: Tensor, mask: Tensor) -> Tensor:
        """(B, I) and (O, I) of 0 and 1 -> (B, O)."""
        return linear(h, self.weight * mask, self.bias)


class Made(Density):
    """p(x), the mean over orderings of products over pixels.

    The first ordering goes row after row, the others are fixed permutations. While learning, each
    step takes one of them.

    Raises:
        UsageError: The pixels are not Bernoulli.

    Example:
        >>> from latentlab.models.build import build
        >>> spec = specs.ModelSpec(shape=(1, 8, 8), network=specs.Made(hidden=(32,)))
        >>> build(spec).log_prob(torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5])
    """

    def __init__(self, spec: specs.ModelSpec) -> None:
        super().__init__(spec)
        network = spec.network
        assert isinstance(network, specs.Made)  # noqa: S101 - `build` chose this class by it
        if not isinstance(spec.likelihood, specs.Bernoulli):
            raise UsageError("MADE learns binary values.", do="Choose the Bernoulli likelihood.")
        pixels = prod(spec.shape)
        self.orders = [ordering(pixels, k) for k in range(network.orders)]  # rank of each pixel
        self.degrees = [degrees(width, pixels) for width in network.hidden]
        widths = (pixels, *network.hidden)
        self.layers = nn.ModuleList(MaskedLinear(a, b) for a, b in pairwise(widths))
        self.last = MaskedLinear(widths[-1], pixels)
        self.direct = MaskedLinear(pixels, pixels, bias=False)
        self._masks: dict[tuple[int, torch.device], list[Tensor]] = {}

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) = log 1/K sum_k p_k(x) in nats: (B, C, H, W) -> (B,)."""
        each = [self.log_prob_in(x, k) for k in range(len(self.orders))]
        return torch.stack(each).logsumexp(0) - log(len(each))

    def log_prob_in(self, x: Tensor, order: int) -> Tensor:
        """log p_k(x) of one ordering in nats: (B, C, H, W) -> (B,)."""
        logits = self.logits(x.flatten(1), order).view(x.shape)
        return self.likelihood.log_prob(x, logits)

    def logits(self, x: Tensor, order: int = 0) -> Tensor:
        """Pixels (B, D) -> log odds of each given those before it (B, D)."""
        *masks, last, direct = self.masks(order, x.device)
        h = x
        for layer, mask in zip(self.layers, masks, strict=True):
            h = torch.relu(layer(h, mask))
        logits: Tensor = self.last(h, last) + self.direct(x, direct)
        return logits

    def masks(self, order: int, device: torch.device) -> list[Tensor]:
        """Of each hidden layer, of the outputs, and of the direct weights from x to them."""
        key = (order, device)
        if key not in self._masks:
            rank = self.orders[order]
            steps = [rank, *self.degrees]
            found = [b[:, None] >= a[None] for a, b in pairwise(steps)]
            found += [rank[:, None] > steps[-1][None], rank[:, None] > rank[None]]
            with torch.inference_mode(False):  # they outlive the evaluation that first asks
                self._masks[key] = [torch.from_numpy(m).to(device, torch.float32) for m in found]
        return self._masks[key]

    def sample(self, uniform: Tensor, report: Report | None = None) -> Tensor:
        """Uniform noise (n, C, H, W) -> binary pictures; the first pixel's chooses the ordering."""
        noise = uniform.flatten(1).clone()
        scaled = noise[:, 0] * len(self.orders)
        chosen = scaled.long().clamp_max(len(self.orders) - 1)
        noise[:, 0] = scaled - chosen  # what is left is uniform again
        x = torch.zeros_like(noise)
        for k in range(len(self.orders)):
            if len(rows := (chosen == k).nonzero()[:, 0]):
                x[rows] = self._draw(noise[rows], k)
            if report is not None:
                report((k + 1) / len(self.orders))
        return x.view(uniform.shape)

    def _draw(self, noise: Tensor, order: int) -> Tensor:
        """Pixel by pixel, each hidden unit once: when all that it sees is drawn.

        What is not drawn or computed yet is zero, so that no mask is needed.
        """
        x = torch.zeros_like(noise)
        hidden = [noise.new_zeros(len(noise), len(d)) for d in self.degrees]
        for step, pixel in enumerate(np.argsort(self.orders[order]).tolist()):
            below = x
            for layer, h, degree in zip(self.layers, hidden, self.degrees, strict=True):
                begin, end = np.searchsorted(degree, [step, step + 1]).tolist()
                h[:, begin:end] = torch.relu(_some(layer, below, slice(begin, end)))
                below = h
            one = slice(pixel, pixel + 1)
            logit = (_some(self.last, below, one) + _some(self.direct, x, one))[:, 0]
            x[:, pixel] = (noise[:, pixel].log() < logsigmoid(logit)).to(x.dtype)
        return x


def _some(layer: nn.Module, h: Tensor, units: slice) -> Tensor:
    """What some units of a masked layer make of h (B, I), of which nothing is masked."""
    assert isinstance(layer, MaskedLinear)  # noqa: S101 - a ModuleList has forgotten it
    bias = None if layer.bias is None else layer.bias[units]
    return linear(h, layer.weight[units], bias)


def ordering(pixels: int, number: int) -> Degrees:
    """The rank, 1 .. D, of each pixel: as they lie for number 0, else a fixed permutation.

    Example:
        >>> ordering(4, 0).tolist()
        [1, 2, 3, 4]
    """
    if number == 0:
        return np.arange(1, pixels + 1)
    return np.random.default_rng(number).permutation(pixels) + 1


def degrees(width: int, pixels: int) -> Degrees:
    """Degrees of hidden units, ascending and spread evenly over 1 .. D - 1.

    Example:
        >>> degrees(4, 3).tolist()
        [1, 1, 2, 2]
    """
    return 1 + np.arange(width) * max(1, pixels - 1) // width
