"""Invertible maps of noise, their log-determinants, and the layers that make them from features.

Autoregressive maps are zuko's (affine and spline ones), planar ones are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import expm1, log
from types import ModuleType
from typing import Any, Literal, Protocol

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import softplus

from latentlab.models.conditioner import NEAR_ZERO, Conditioner

BINS = 8
SPLINE = [BINS, BINS, BINS - 1]  # widths, heights, slopes between
IDENTITY = log(expm1(1))  # softplus of it is 1: there a planar map without u is the identity
FLOOR = 1e-3  # of a planar map's rise
BISECTIONS = 60

Order = Literal["draw", "score"]


class Bijection(Protocol):
    """An invertible map of values (..., B, D)."""

    def forward(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """f(v) and log |det df/dv| (..., B)."""
        ...

    def inverse(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """v of f(v), and log |det df/dv| there (..., B)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Autoregressive:
    """zuko's map, whose quick way is the one forward or the one back.

    Args:
        transform: A `zuko.transforms.Transform` of vectors.
        order: draw: forward in one pass, back in D; score: the other way round.
    """

    transform: Any
    order: Order

    def forward(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """f(v) and log |det df/dv| (..., B)."""
        if self.order == "draw":
            image, log_det = self.transform.call_and_ladj(value)
            return image, log_det
        image = self.transform.inv(value)
        return image, -self.transform.log_abs_det_jacobian(image, value)

    def inverse(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """v of f(v), and log |det df/dv| there (..., B)."""
        if self.order == "score":
            origin, log_det = self.transform.call_and_ladj(value)
            return origin, -log_det
        origin = self.transform.inv(value)
        return origin, self.transform.log_abs_det_jacobian(origin, value)


@dataclass(frozen=True, slots=True, eq=False)
class Planar:
    """f(v) = v + u tanh(w.v + b) with w.u > -1, so that it is invertible (Rezende and Mohamed).

    Its inverse has no closed form: w.v is the root of a function of one value that only rises.

    Args:
        u: (B, D).
        w: (B, D).
        b: (B,).
        slope: w.u (B,), told apart: worked out from u it could be rounded to below -1.
    """

    u: Tensor
    w: Tensor
    b: Tensor
    slope: Tensor

    def forward(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """f(v) and log |1 + w.u (1 - tanh^2)| (..., B)."""
        return self._at(value, (self.w * value).sum(-1))

    def inverse(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """v of f(v), and log |det df/dv| there (..., B)."""
        target = (self.w * value).sum(-1)
        along = _root(target, self.slope, self.b)
        # One step of Newton: it polishes the root, and a gradient finds its way through it.
        bent = torch.tanh(along + self.b)
        rise = 1 + self.slope * (1 - bent.square())
        along = along - (along + self.slope * bent - target) / rise.detach()
        origin = value - self.u * torch.tanh(along + self.b).unsqueeze(-1)
        return origin, self._at(origin, along)[1]

    def _at(self, value: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
        bent = torch.tanh(along + self.b)  # (..., B)
        image = value + self.u * bent.unsqueeze(-1)
        return image, torch.log1p(self.slope * (1 - bent.square()))


class AutoregressiveLayer(nn.Module):
    """Features -> an `Autoregressive` map, affine (Kingma et al., 2016) or of splines (Durkan).

    Args:
        spline: Rational-quadratic splines on [-5, 5], the identity outside; else affine.
        order: Which way takes one pass.
        reverse: The values are taken from the last to the first.
    """

    def __init__(
        self,
        latent_dim: int,
        hidden: int,
        *,
        spline: bool,
        order: Order,
        context: int = 0,
        reverse: bool = False,
    ) -> None:
        super().__init__()
        self.latent_dim, self.spline, self.order = latent_dim, spline, order
        outputs = sum(SPLINE) if spline else 2
        self.net = Conditioner(latent_dim, outputs, hidden, context=context, reverse=reverse)

    def forward(self, h: Tensor | None = None) -> Autoregressive:
        """(B, F), or nothing where there is no context -> the map."""
        zuko = transforms()
        parameters = self.net.bind(h)

        def given(value: Tensor) -> Any:
            found = parameters(value)  # (..., B, D, P)
            if self.spline:
                one = zuko.MonotonicRQSTransform(*torch.split(found, SPLINE, -1))
            else:
                one = zuko.MonotonicAffineTransform(*torch.unbind(found, -1))
            return zuko.DependentTransform(one, 1)

        return Autoregressive(zuko.AutoregressiveTransform(given, self.latent_dim), self.order)


class PlanarLayer(nn.Module):
    """Features -> a `Planar` map (Rezende and Mohamed, 2015, with its constraint on u)."""

    def __init__(self, latent_dim: int, context: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.weight = nn.Parameter(torch.empty(2 * latent_dim + 1, context))
        self.bias = nn.Parameter(torch.empty(2 * latent_dim + 1))

    def reset_parameters(self, generator: Generator) -> None:
        """u near zero, where the map is the identity; w of length about 1, the same for all x."""
        d, bound = self.latent_dim, self.weight.shape[1] ** -0.5
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        nn.init.normal_(self.bias, 0.0, d**-0.5, generator=generator)
        with torch.no_grad():
            self.weight.mul_(10 * NEAR_ZERO)
            self.bias[:d].mul_(NEAR_ZERO)

    def forward(self, h: Tensor) -> Planar:
        """(B, F) -> the map."""
        with torch.autocast(h.device.type, enabled=False):
            raw = nn.functional.linear(h.to(self.weight.dtype), self.weight, self.bias)
        u, w, b = torch.split(raw, [self.latent_dim, self.latent_dim, 1], -1)
        along = (w * u).sum(-1, keepdim=True)
        wanted = (1 - FLOOR) * (softplus(along + IDENTITY) - 1)  # above -1, 0 where u is 0
        u = u + (wanted - along) * w / w.square().sum(-1, keepdim=True).clamp_min(1e-12)
        return Planar(u, w, b.squeeze(-1), wanted.squeeze(-1))


def push(maps: Sequence[Bijection], value: Tensor) -> tuple[Tensor, Tensor]:
    """Values through all maps, and the sum of their log-determinants."""
    total = value.new_zeros(value.shape[:-1])
    for one in maps:
        value, log_det = one.forward(value)
        total = total + log_det
    return value, total


def pull(maps: Sequence[Bijection], value: Tensor) -> tuple[Tensor, Tensor]:
    """Values back through all maps, and the sum of the maps' (forward) log-determinants."""
    total = value.new_zeros(())
    for one in reversed(maps):
        value, log_det = one.inverse(value)
        total = total + log_det
    return value, total


@cache
def transforms() -> ModuleType:
    """zuko's transformations, imported when the first flow is used.

    zuko switches torch's checks of distributions off for the whole process: they are put back.
    """
    from torch.distributions import Distribution

    checks = Distribution._validate_args  # noqa: SLF001  torch can set this, not tell it
    from zuko import transforms as found

    Distribution.set_default_validate_args(checks)
    module: ModuleType = found
    return module


@torch.no_grad()
def _root(target: Tensor, slope: Tensor, b: Tensor) -> Tensor:
    """a of a + slope tanh(a + b) = target, by halving an interval that holds it."""
    reach = slope.abs().expand(target.shape)
    low, high = target - reach, target + reach
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = middle + slope * torch.tanh(middle + b) < target
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return (low + high) / 2
