"""The discretised logistic, and mixtures of it: p(x|z) of data with levels.

The mass of level k is that of its bin under a logistic with location m and scale s,
sigmoid(a) - sigmoid(b) with a = (k + 1/2 - m) / s and b = (k - 1/2 - m) / s; the first and the last
bin are open to their side, so the masses of all levels sum to one (Kingma et al., 2016; Salimans et
al., 2017). Instead of a difference, which float32 loses in the tails, the identity

    log(sigmoid(a) - sigmoid(b)) = log sigmoid(a) + log sigmoid(-b) + log(1 - exp(b - a))

is taken: it is exact, and a - b = 1 / s.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, logsigmoid, softplus

from latentlab import specs
from latentlab.models.likelihood import PIXELS, Likelihood, whole, wide
from latentlab.models.networks import Shape

LEAST_SCALE = 0.1  # of s in levels: puts 99 % of the mass on one level
WIDEST = 10.0  # ranges: all levels are alike long before
START = 8.0  # scales begin at an eighth of the range
NEAR = 8  # thresholds farther than this from m are certain, where s is at most `NARROW`
NARROW = 0.5
TABLE_VALUES = 2**22


class Logistic(Likelihood):
    """A mixture of discretised logistics for every value by itself.

    The decoder makes, for each value and component, a location, a logarithm of the scale and (in a
    mixture) a logit of the weight.
    """

    discrete = True

    def __init__(self, spec: specs.Logistic, shape: Shape) -> None:
        super().__init__(shape)
        self.spec = spec

    @property
    def channels_out(self) -> int:
        """Two numbers a value for one logistic, three for each component of a mixture."""
        k = self.spec.components
        return self.shape[0] * (2 if k == 1 else 3 * k)

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., B)."""
        log_weight, location, log_scale = self._split(parameters)  # (..., B, K, C, H, W)
        level = whole(x, self.spec.levels).clamp_max(self.spec.levels - 1).unsqueeze(-4)
        nats = log_mass(level, location, log_scale, self.spec.levels)
        return mixed(log_weight, nats, -4).sum(PIXELS)

    def mean(self, parameters: Tensor) -> Tensor:
        """E[x|z] of the levels, not the logistic's own location."""
        log_weight, location, log_scale = self._split(parameters)
        level = mean_level(location, log_scale.exp(), self.spec.levels - 1)
        return (log_weight.exp() * level).sum(-4) / (self.spec.levels - 1)

    def pairs(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Every level's nats once for each latent, added up by a look-up for each datum."""
        levels, width = self.spec.levels, math.prod(self.shape)
        if len(x) < levels:
            at_once = max(1, TABLE_VALUES // (parameters.shape[0] * width * self.spec.components))
            few = [self.log_prob(part, parameters) for part in torch.split(x[:, None], at_once)]
            return torch.cat(few)  # (N, 1, C, H, W) against (M, ...) -> (N, M)
        places = torch.arange(width, device=x.device) * levels
        chosen = whole(x, levels).clamp_max(levels - 1).flatten(1).long() + places  # (N, V)
        step = max(1, TABLE_VALUES // (width * levels))
        parts = [
            embedding_bag(chosen, self._table(part), mode="sum")  # (N, m)
            for part in torch.split(parameters, step)
        ]
        return torch.cat(parts, 1).to(parameters.dtype)

    def level_nats(self, parameters: Tensor) -> Tensor:
        """Nats of every value's every level: (m, ...) -> (m, C, H, W, levels)."""
        log_weight, location, log_scale = (p.unsqueeze(-1) for p in self._split(parameters))
        level = torch.arange(self.spec.levels, device=parameters.device, dtype=location.dtype)
        nats = log_mass(level, location, log_scale, self.spec.levels)  # (m, K, C, H, W, levels)
        return mixed(log_weight, nats, 1)

    def _table(self, parameters: Tensor) -> Tensor:
        """Nats of every value's every level: (m, ...) -> (V * levels, m)."""
        return self.level_nats(parameters).flatten(1).T.contiguous()

    def _split(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """log weights, locations and log scales in levels: (..., K, C, H, W) each."""
        k, top = self.spec.components, self.spec.levels - 1
        flat = wide(parameters)
        parts = flat.reshape(*flat.shape[:-3], -1, *self.shape)  # (..., 2K or 3K, C, H, W)
        spread, scales = parts[..., :k, :, :, :], parts[..., k : 2 * k, :, :, :]
        location = top * (0.5 + 0.5 * (spread + self._apart(spread)))
        log_scale = scales + math.log(max(top / START, 2 * LEAST_SCALE))
        log_scale = log_scale.clamp(math.log(LEAST_SCALE), math.log(WIDEST * top))
        if k == 1:
            return torch.zeros_like(location), location, log_scale
        return parts[..., 2 * k :, :, :, :].log_softmax(-4), location, log_scale

    def _apart(self, like: Tensor) -> Tensor:
        """Where the components begin, -0.5 .. 0.5 of [-1, 1]: alike, they would learn alike."""
        k = self.spec.components
        places = (torch.arange(k, device=like.device, dtype=like.dtype) + 0.5) / k - 0.5
        return places.view(-1, 1, 1, 1)


def mixed(log_weight: Tensor, nats: Tensor, axis: int) -> Tensor:
    """log sum_k weight_k exp(nats_k) over the components along `axis`; one alone as it is."""
    if nats.shape[axis] == 1:
        return nats.squeeze(axis)
    return (log_weight + nats).logsumexp(axis)


def log_mass(level: Tensor, location: Tensor, log_scale: Tensor, levels: int) -> Tensor:
    """log of the mass of integer `level` in 0 .. levels - 1; all but `levels` broadcast.

    Example:
        >>> nats = log_mass(torch.arange(4.0), torch.tensor(0.7), torch.tensor(-0.3), 4)
        >>> round(float(nats.exp().sum()), 6)
        1.0
    """
    per_level = torch.exp(-log_scale)  # 1 / s
    centred = level - location
    above = logsigmoid((centred + 0.5) * per_level)
    below = logsigmoid((0.5 - centred) * per_level)
    inside = torch.log(-torch.expm1(-per_level))
    first, last = level <= 0, level >= levels - 1
    return (
        torch.where(last, 0.0, above)
        + torch.where(first, 0.0, below)
        + torch.where(first | last, 0.0, inside)
    )


def mean_level(location: Tensor, scale: Tensor, top: int) -> Tensor:
    """E[level] = sum over the thresholds t = 1/2, 3/2 .. top - 1/2 of P(level > t).

    Narrow logistics: the thresholds near m one by one, for the others are certain. Wide ones: the
    integral over t with Euler and Maclaurin's first two corrections; what is left is below 1e-3
    levels.
    """
    u = location + 0.5  # the thresholds are at 1 .. top
    safe = scale.clamp_min(NARROW)
    integral = safe * (softplus((u - 0.5) / safe) - softplus((u - top - 0.5) / safe))
    ends = _correction((u - 0.5) / safe, safe) - _correction((u - top - 0.5) / safe, safe)
    near = u.round().clamp(0, top + 1)
    total = (near - NEAR - 1).clamp(0, top)
    for offset in range(-NEAR, NEAR + 1):
        threshold = near + offset
        inside = (threshold >= 1) & (threshold <= top)
        total = total + inside * torch.sigmoid((u - threshold) / scale)
    return torch.where(scale < NARROW, total, integral + ends).clamp(0, top)


def _correction(at: Tensor, scale: Tensor) -> Tensor:
    """The midpoint rule's end terms for f(t) = sigmoid((u - t) / s), at one end."""
    p = torch.sigmoid(at)
    slope = p * (1 - p)
    third = slope * (1 - 6 * slope)
    return -slope / (24 * scale) + 7 * third / (5760 * scale**3)
