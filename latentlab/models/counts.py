"""Poisson and negative binomial: p(x|z) of counts.

x = count / (levels - 1), and log p is of the count. A count above `levels - 1` (x above 1), as test
data may hold, is scored like any other.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import logsigmoid

from latentlab import specs
from latentlab.models.likelihood import PIXELS, Likelihood, whole, wide
from latentlab.models.networks import Shape

LOG_FLOOR = math.log(1e-6)  # of a rate: at 0 any count but 0 would be impossible
HEADROOM = 4.0  # a rate saturates at this many times the highest count of the data
LOG_SHAPE = (-5.0, 12.0)  # of the negative binomial's r; above it is a Poisson to six digits
STIRLING = 16.0  # from here on log Gamma's series of three terms holds to 1e-9


class Counts(Likelihood):
    """What the two share: a rate with a log link that saturates, so that no step explodes.

    The decoder's zero is a rate of sqrt(levels - 1), halfway between one and the highest count on
    the logarithm's scale.
    """

    discrete = True

    def __init__(self, levels: int, shape: Shape) -> None:
        super().__init__(shape)
        self.levels = levels

    def log_rate(self, parameters: Tensor) -> Tensor:
        """log E[count|z]: (..., B, C, H, W)."""
        top = self.levels - 1
        log_most = math.log(HEADROOM * top)
        rising = logsigmoid(wide(parameters) + 0.5 * math.log(top) - log_most) + log_most
        return torch.logaddexp(rising, torch.full_like(rising, LOG_FLOOR))

    def mean(self, parameters: Tensor) -> Tensor:
        """E[x|z] = rate / (levels - 1); it may be above 1."""
        return self.log_rate(parameters).exp() / (self.levels - 1)


class Poisson(Counts):
    """log p = k log rate - rate - log k!."""

    def __init__(self, spec: specs.Poisson, shape: Shape) -> None:
        super().__init__(spec.levels, shape)
        self.spec = spec

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        log_rate, k = self.log_rate(parameters), whole(x, self.levels)
        return (k * log_rate - log_rate.exp() - torch.lgamma(k + 1)).sum(PIXELS)

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Linear in the counts: one matrix product."""
        log_rate, k = self.log_rate(parameters), whole(x, self.levels)
        of_z, of_x = log_rate.exp().sum(PIXELS), torch.lgamma(k + 1).sum(PIXELS)
        return k.flatten(1) @ log_rate.flatten(1).T - of_z - of_x[:, None]


class NegativeBinomial(Counts):
    """Counts with mean m and variance m + m^2 / r, r learned for each value.

    log p = log Gamma(k + r) - log Gamma(r) - log k! + k log(m / (r + m)) + r log(r / (r + m)).
    """

    def __init__(self, spec: specs.NegativeBinomial, shape: Shape) -> None:
        super().__init__(spec.levels, shape)
        self.spec = spec
        self.log_shape = nn.Parameter(torch.zeros(shape))

    def reset_parameters(self, _generator: Generator) -> None:
        """Begin at r = 1: a variance of m + m^2."""
        nn.init.zeros_(self.log_shape)

    @property
    def r(self) -> Tensor:
        """How little the counts are dispersed beyond a Poisson: (C, H, W)."""
        return self.log_shape.clamp(*LOG_SHAPE).exp()

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        log_rate, k, r = self.log_rate(parameters), whole(x, self.levels), self.r
        of_x = (log_rising(k, r) - torch.lgamma(k + 1)).sum(PIXELS)
        return of_x + (k * log_rate - (k + r) * torch.log1p(log_rate.exp() / r)).sum(PIXELS)

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Linear in the counts, for r is not the latents': one matrix product."""
        log_rate, k = self.log_rate(parameters), whole(x, self.levels)
        r = self.r.to(log_rate.dtype)
        excess = torch.log1p(log_rate.exp() / r)
        of_x = (log_rising(k, r) - torch.lgamma(k + 1)).sum(PIXELS)
        of_z = (r * excess).sum(PIXELS)
        return k.flatten(1) @ (log_rate - excess).flatten(1).T - of_z + of_x[:, None]


def log_rising(k: Tensor, r: Tensor) -> Tensor:
    """log Gamma(k + r) - log Gamma(r) - k log r, which goes to 0 as r grows.

    For large r the two logarithms agree in all of float32's digits: there their difference is
    taken from Stirling's series.

    Example:
        >>> round(float(log_rising(torch.tensor(2.0), torch.tensor(1.0)).exp()), 4)  # 1 * 2 / 1^2
        2.0
    """
    small, large = r.clamp_max(STIRLING), r.clamp_min(STIRLING)
    direct = torch.lgamma(k + small) - torch.lgamma(small) - k * small.log()
    series = (large + k - 0.5) * torch.log1p(k / large) - k + _series(large + k) - _series(large)
    return torch.where(r < STIRLING, direct, series)


def _series(z: Tensor) -> Tensor:
    """log Gamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2) for z >= 16."""
    return 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5)
