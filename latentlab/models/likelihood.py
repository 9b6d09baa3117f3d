"""What every likelihood p(x|z) can do, and what those of levels and counts share."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from latentlab.models.networks import Shape

PIXELS = (-3, -2, -1)


class Likelihood(nn.Module):
    """What every likelihood can do.

    Parameters are (..., B, channels_out, H, W), x is (B, C, H, W).

    Attributes:
        discrete: log p(x|z) is of a probability mass; otherwise of a density.
    """

    discrete: ClassVar[bool] = False

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    @property
    def channels_out(self) -> int:
        """Channels that the decoder makes."""
        return self.shape[0]

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        raise NotImplementedError

    def mean(self, parameters: Tensor) -> Tensor:
        """E[x|z]: (..., B, C, H, W), in the data's units."""
        raise NotImplementedError

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x_n|z_m) in nats for every pair: (N, C, H, W), (M, ...) -> (N, M)."""
        return torch.stack(
            [self.log_prob(x, one.expand(len(x), *one.shape)) for one in parameters], 1
        )


def wide(parameters: Tensor) -> Tensor:
    """The same numbers with at least 32 bits: nats are never added up in half precision."""
    return parameters.float() if parameters.dtype.itemsize < 4 else parameters


def whole(x: Tensor, levels: int) -> Tensor:
    """The level or count of x = level / (levels - 1), free of rounding errors; above 1 too.

    Example:
        >>> whole(torch.tensor([0.0, 7 / 16, 1.25]), 17)
        tensor([ 0.,  7., 20.])
    """
    return torch.round(x * (levels - 1)).clamp_min(0)
