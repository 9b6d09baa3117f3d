"""Likelihoods p(x|z): from a decoder's parameters to nats and to the picture that is shown.

`log_prob` sums over the pixels of x in [0, 1]; `pairs` scores every datum under every parameter at
once, which makes quadrature a matrix product. A new likelihood is one tagged spec, one class and
its line in `LIKELIHOODS`.

A likelihood is `discrete` where it is a probability mass (Bernoulli of binary pixels, levels,
counts); the others are densities. Training takes data as they are: a density is never dequantised
there, so its nats on data with levels may grow without bound as its scale shrinks (a floor holds
it). Bits per dimension are of dequantised data alone: see `bits`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import expm1, log, prod

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import softplus

from latentlab import specs
from latentlab.models.counts import NegativeBinomial, Poisson
from latentlab.models.gaussian import LOG_2PI
from latentlab.models.likelihood import PIXELS, Likelihood, wide
from latentlab.models.logistic import Logistic
from latentlab.models.networks import Shape

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "ContinuousBernoulli",
    "Gaussian",
    "Likelihood",
    "Logistic",
    "NegativeBinomial",
    "Poisson",
    "log_normaliser",
]

SCALE_FLOOR = 0.01  # a learned sigma diverges on constant pixels: 0.01 is 2.5 grey levels of 255
SERIES = 0.3  # below this |logit| the continuous Bernoulli's mean is taken from its series


class Bernoulli(Likelihood):
    """sum_i x_i l_i - log(1 + exp l_i) of logits l.

    On grey values this is a loss and no likelihood: "Bernoulli on grey values".
    """

    discrete = True

    def __init__(self, spec: specs.Bernoulli, shape: Shape) -> None:
        super().__init__(shape)
        self.spec = spec

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        logits = wide(parameters)
        return (x * logits - softplus(logits)).sum(PIXELS)

    def mean(self, parameters: Tensor) -> Tensor:
        """sigmoid of the logits."""
        return torch.sigmoid(parameters)

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Linear in x: one matrix product."""
        return x.flatten(1) @ parameters.flatten(1).T - softplus(parameters).sum(PIXELS)


class ContinuousBernoulli(Likelihood):
    """The Bernoulli made a density on [0, 1] (Loaiza-Ganem and Cunningham, 2019).

    log p(x) = x l - log(1 + exp l) + log C with C = 2 artanh(1 - 2 lambda) / (1 - 2 lambda), which
    for a logit l is l / tanh(l / 2).
    """

    def __init__(self, spec: specs.ContinuousBernoulli, shape: Shape) -> None:
        super().__init__(shape)
        self.spec = spec

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        logits = wide(parameters)
        return (x * logits - softplus(logits) + log_normaliser(logits)).sum(PIXELS)

    def mean(self, parameters: Tensor) -> Tensor:
        """lambda / (2 lambda - 1) + 1 / (2 artanh(1 - 2 lambda)) = 1/2 + coth(l / 2)/2 - 1/l."""
        logits = wide(parameters)
        small = logits.abs() < SERIES
        safe = torch.where(small, SERIES, logits)
        square = logits.square()
        series = logits * (1 / 12 - square * (1 / 720 - square / 30240))
        exact = 0.5 / torch.tanh(safe / 2) - 1 / safe
        return 0.5 + torch.where(small, series, exact)

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Linear in x: one matrix product."""
        constant = (log_normaliser(parameters) - softplus(parameters)).sum(PIXELS)
        return x.flatten(1) @ parameters.flatten(1).T + constant


class Gaussian(Likelihood):
    """N(x; m, sigma^2 I) with its constants; sigma fixed, or one learned sigma above a floor."""

    def __init__(self, spec: specs.Gaussian, shape: Shape) -> None:
        super().__init__(shape)
        self.spec = spec
        self.raw_scale = nn.Parameter(torch.zeros(())) if spec.learned else None

    def reset_parameters(self, _generator: Generator) -> None:
        """Begin at the spec's scale."""
        if self.raw_scale is not None:
            above = max(self.spec.scale - SCALE_FLOOR, 1e-3)
            # The inverse of softplus, without overflow at large scales.
            raw = above if above > 20 else log(expm1(above))
            nn.init.constant_(self.raw_scale, raw)

    @property
    def scale(self) -> Tensor | float:
        """sigma."""
        if self.raw_scale is None:
            return self.spec.scale
        return softplus(self.raw_scale) + SCALE_FLOOR

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        mean = wide(parameters)
        return -0.5 * ((x - mean) / self.scale).square().sum(PIXELS) - self._constant()

    def mean(self, parameters: Tensor) -> Tensor:
        """The parameters themselves."""
        return parameters

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """From squared distances, centred so that float32 keeps its digits."""
        centre = x.mean(0, keepdim=True)
        flat_x, flat_mean = (x - centre).flatten(1), (parameters - centre).flatten(1)
        squares = flat_x.square().sum(1)[:, None] + flat_mean.square().sum(1)  # (N, M)
        distances = (squares - 2 * flat_x @ flat_mean.T).clamp_min(0)
        return -0.5 * distances / self.scale**2 - self._constant()

    def _constant(self) -> Tensor | float:
        scale = self.scale
        log_scale = log(scale) if isinstance(scale, float) else scale.log()
        return prod(self.shape) * (log_scale + 0.5 * LOG_2PI)


LIKELIHOODS: dict[type[specs.LikelihoodSpec], Callable[..., Likelihood]] = {
    specs.Bernoulli: Bernoulli,
    specs.ContinuousBernoulli: ContinuousBernoulli,
    specs.Gaussian: Gaussian,
    specs.Logistic: Logistic,
    specs.Poisson: Poisson,
    specs.NegativeBinomial: NegativeBinomial,
}


def log_normaliser(logits: Tensor) -> Tensor:
    """log C of the continuous Bernoulli: log(l / tanh(l / 2)), log 2 at l = 0, even in l.

    Example:
        >>> round(float(log_normaliser(torch.zeros(()))), 6)
        0.693147
    """
    small = logits.abs() < SERIES
    safe = torch.where(small, SERIES, logits)
    square = torch.where(small, logits, 0.0).square()
    series = log(2) + square * (1 / 12 - square * (7 / 1440 - square * (31 / 90720)))
    return torch.where(small, series, torch.log(safe / torch.tanh(safe / 2)))
