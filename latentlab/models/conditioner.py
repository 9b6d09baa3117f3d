"""Masked networks: parameters of value i from the values before it, and from what they are told."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import linear

NEAR_ZERO = 0.01  # of the usual size: what the last layer begins with


class Conditioner(nn.Module):
    """Two masked hidden layers (Germain et al., 2015), told a context by sums.

    tanh bounds what the last layer sees, so that no value, however far out, can run away in the
    passes that invert a layer one value after the other. Masks are made from degrees where they
    are used: they are no part of a file, and so can't be changed by one.

    Args:
        latent_dim: D, the number of values.
        outputs: P, parameters of each.
        hidden: Width of the layers.
        context: F, what it is told; 0 is nothing.
        reverse: Value i sees those after it, not those before it.
    """

    def __init__(
        self, latent_dim: int, outputs: int, hidden: int, *, context: int = 0, reverse: bool = False
    ) -> None:
        super().__init__()
        self.latent_dim, self.outputs, self.hidden = latent_dim, outputs, hidden
        self.context, self.reverse = context, reverse
        # One value alone depends on nothing but the context.
        self.enter = nn.Parameter(torch.empty(hidden, latent_dim)) if latent_dim > 1 else None
        self.told = nn.Parameter(torch.empty(hidden, context)) if context else None
        self.enter_bias = nn.Parameter(torch.empty(hidden))
        self.middle = nn.Parameter(torch.empty(hidden, hidden))
        self.middle_bias = nn.Parameter(torch.empty(hidden))
        self.leave = nn.Parameter(torch.empty(latent_dim * outputs, hidden))
        self.leave_bias = nn.Parameter(torch.empty(latent_dim * outputs))

    def reset_parameters(self, generator: Generator) -> None:
        """U(-1, 1) / sqrt(fan in); the last layer near zero, where a flow is the identity."""
        scales = {"enter": self.latent_dim, "told": max(1, self.context), "leave": self.hidden}
        for name, parameter in self.named_parameters(recurse=False):
            part = name.removesuffix("_bias")
            bound = 1 / sqrt(scales.get(part, self.hidden))
            bound *= NEAR_ZERO if part == "leave" else 1.0
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def bind(self, context: Tensor | None = None) -> Callable[[Tensor], Tensor]:
        """A context (B, F) -> the function of values (..., B, D) to parameters (..., B, D, P).

        Masks and the context's part are made once, for however many passes.
        """
        value, unit = self._degrees(self.leave.device)
        with torch.autocast(self.leave.device.type, enabled=False):
            told: Tensor = self.enter_bias
            if self.told is not None and context is not None:
                told = linear(context.to(self.told.dtype), self.told, self.enter_bias)  # (B, H)
        enter = None if self.enter is None else self.enter * (unit[:, None] >= value)
        middle = self.middle * (unit[:, None] >= unit)
        later = value.repeat_interleave(self.outputs)[:, None] > unit  # (D P, H)
        leave = self.leave * later

        def parameters(values: Tensor) -> Tensor:
            with torch.autocast(values.device.type, enabled=False):
                none = values.new_zeros(*values.shape[:-1], 1)
                seen = none if enter is None else linear(values, enter)
                h = torch.tanh(told + seen)  # (..., B, H)
                h = torch.tanh(linear(h, middle, self.middle_bias))
                flat = linear(h, leave, self.leave_bias)  # (..., B, D P)
            return flat.view(*flat.shape[:-1], self.latent_dim, self.outputs)

        return parameters

    def _degrees(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Degrees of the values, 1 .. D, and of the hidden units, below D.

        A unit sees values of its degree or less, a value's parameters see units of less. Units of
        degree 0 see the context alone: without one they would be of no use.
        """
        value = torch.arange(1, self.latent_dim + 1, device=device)
        lowest = 0 if self.context or self.latent_dim == 1 else 1
        span = self.latent_dim - lowest
        unit = lowest + torch.arange(self.hidden, device=device) * span // self.hidden
        return (value.flip(0) if self.reverse else value), unit
