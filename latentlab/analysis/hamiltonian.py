"""Hamiltonian Monte Carlo on z: chains that leave p(z|x), or a bridge to it, as it is.

A transition draws a momentum, follows the leapfrog, and accepts by the change of energy (Neal,
2011). Every chain has a step size of its own, held at the acceptance that suits the leapfrog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from latentlab.analysis.estimators import noise

Density = Callable[[Tensor], Tensor]  # (..., D) -> (...) nats, unnormalised

WANTED = 0.65  # acceptance at which the leapfrog does most for its cost
FASTER, SLOWER = 1.02, 0.98
STEPS = (1e-4, 2.0)
VARIED = 0.5  # share by which a trajectory's step size differs from the chain's


@dataclass(slots=True, eq=False)
class Chains:
    """Where chains are, and how they got there.

    Args:
        z: (S, B, D).
        scale: (..., D) about how wide the density is along each latent.
        step: (S, B, 1) leapfrog step sizes, in units of that.
        accepted: Mean acceptance of the transitions so far.
        moves: Transitions so far.
    """

    z: Tensor
    scale: Tensor
    step: Tensor
    accepted: float = 0.0
    moves: int = 0

    @classmethod
    def at(cls, z: Tensor, scale: Tensor | None = None, step: float = 0.3) -> Chains:
        """Chains that begin at z (S, B, D)."""
        wide = torch.ones_like(z[:1]) if scale is None else scale
        return cls(z, wide, torch.full((*z.shape[:-1], 1), step, device=z.device, dtype=z.dtype))

    def move(
        self, density: Density, generator: Generator, *, leapfrogs: int = 10, adapt: bool = True
    ) -> None:
        """One transition of every chain, which leaves `density` as it is.

        Args:
            density: log of what is to be sampled, up to a constant.
            generator: Of momenta and acceptance.
            leapfrogs: Steps of a trajectory.
            adapt: Change the step sizes by what was accepted (before sampling, not within it).
        """
        momentum = noise(tuple(self.z.shape), generator, self.z.device)
        here, slope = _slope(density, self.z)
        energy = here - 0.5 * momentum.square().sum(-1)
        z, p = self.z, momentum
        # A trajectory of one length may come round to where it began.
        varied = 1 + VARIED * (2 * torch.rand(tuple(self.step.shape), generator=generator) - 1)
        step = self.step * varied.to(self.z.device) * self.scale  # (S, B, D)
        for _ in range(leapfrogs):
            p = p + 0.5 * step * slope
            z = z + step * p
            there, slope = _slope(density, z)
            p = p + 0.5 * step * slope
        change = there - 0.5 * p.square().sum(-1) - energy  # (S, B)
        chance = torch.nan_to_num(change, nan=-torch.inf).clamp_max(0).exp()
        uniform = torch.rand(tuple(chance.shape), generator=generator).to(chance.device)
        taken = uniform < chance
        self.z = torch.where(taken.unsqueeze(-1), z, self.z)
        if adapt:
            factor = torch.where(chance > WANTED, FASTER, SLOWER).unsqueeze(-1)
            self.step = (self.step * factor).clamp(*STEPS)
        self.moves += 1
        self.accepted += (float(chance.mean()) - self.accepted) / self.moves


def _slope(density: Density, z: Tensor) -> tuple[Tensor, Tensor]:
    """The log density (S, B) at z, and its gradient there (S, B, D)."""
    with torch.enable_grad():
        point = z.detach().requires_grad_(True)
        value = density(point)
        (gradient,) = torch.autograd.grad(value.sum(), point)
    return value.detach(), torch.nan_to_num(gradient)
