"""log sum exp, where most terms are nothing beside the largest."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOG2_E = 1 / math.log(2)


def logsumexp(values: Tensor, dim: int) -> Tensor:
    """log sum_i exp(values_i) over one axis, in nats, as `torch.logsumexp` but for speed.

    On some processors torch's exp takes ten times as long where its result underflows, and of a
    mixture's or a grid's terms most do; its exp2 takes the same time for all. A row of -inf is
    -inf.

    Example:
        >>> values = torch.tensor([[0.0, -5000.0], [1.0, 1.0]])
        >>> torch.allclose(logsumexp(values, 1), torch.logsumexp(values, 1))
        True
    """
    top = values.detach().amax(dim, keepdim=True)
    top = torch.where(top.isfinite(), top, 0.0)
    total = ((values - top) * LOG2_E).exp2().sum(dim)
    return total.log() + top.squeeze(dim)
