"""Annealed importance sampling of log p(x): a check beside plain importance sampling.

Chains go from a start density s(z), which is q(z|x) or the prior, to p(x, z) over bridges
f_b = s^(1 - b) p(x, z)^b (Neal, 2001; Wu et al., 2017). Their weights average to p(x) however poor
q is; where q misses a part of the true posterior, the chains find it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.estimators import Floats, Report, blocks, noise, numbers, part_of, wide
from latentlab.analysis.hamiltonian import Chains
from latentlab.analysis.told import Scored
from latentlab.models.posteriors import Posterior

Start = Literal["q", "prior"]

PIXELS_AT_ONCE = 2**20  # of the decodes that keep their gradients
PILOT_SHARE = 0.2  # of the time, about
PILOTS = 2  # chains that find the step sizes, apart from those that count
WIDTH_DRAWS = 64  # of q, for about how wide the posterior is
SHARPNESS = 4.0  # of the schedule, which dwells at both ends


@dataclass(frozen=True, slots=True, eq=False)
class Annealed:
    """log p(x) of N data by annealed importance sampling.

    Args:
        log_likelihood: (N,) nats; a lower bound in expectation.
        error: (N,) standard errors over the chains, nats.
        acceptance: Mean acceptance of the transitions.
        start: What the chains began at.
        chains: For each datum.
        bridges: Distributions between the start and the target.
    """

    log_likelihood: Floats
    error: Floats
    acceptance: float
    start: Start
    chains: int
    bridges: int


@torch.no_grad()
def annealed(
    vae: Scored,
    x: NDArray[np.float32],
    *,
    generator: Generator,
    start: Start = "q",
    chains: int = 16,
    bridges: int = 200,
    leapfrogs: int = 10,
    report: Report | None = None,
) -> Annealed:
    """Annealed importance sampling of data (N, C, H, W).

    Step sizes come from a few chains of their own, so that those that count leave each bridge as
    it is. `start="q"` needs a q that scores any latent.

    Example:
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> vae = build(ModelSpec(shape=(1, 8, 8)))
        >>> x = np.zeros((2, 1, 8, 8), np.float32)
        >>> annealed(vae, x, generator=Generator().manual_seed(0), bridges=3).log_likelihood.shape
        (2,)
    """
    total, error = np.empty(len(x)), np.empty(len(x))
    accepted = []
    for rows, part in blocks(vae, x, max(1, PIXELS_AT_ONCE // chains)):
        path = _Path(vae, part, start, bridges, leapfrogs, generator)
        tick = _silent if report is None else part_of(report, rows, len(x))
        steps = path.find_steps(tick)
        log_w, acceptance = path.walk(chains, steps, tick)  # (S, B)
        total[rows] = numbers(log_w.logsumexp(0)) - math.log(chains)
        error[rows] = numbers(_error(log_w))
        accepted.append(acceptance)
    return Annealed(total, error, float(np.mean(accepted)), start, chains, bridges)


def schedule(bridges: int) -> Floats:
    """Inverse temperatures 0 .. 1, (bridges + 1,), close together at both ends.

    Example:
        >>> schedule(2).round(3).tolist()
        [0.0, 0.5, 1.0]
    """
    line = 1 / (1 + np.exp(-np.linspace(-SHARPNESS, SHARPNESS, bridges + 1)))
    return np.asarray((line - line[0]) / (line[-1] - line[0]))


class _Path:
    """The bridges of one block of data (B, C, H, W)."""

    def __init__(
        self,
        vae: Scored,
        x: Tensor,
        start: Start,
        bridges: int,
        leapfrogs: int,
        generator: Generator,
    ) -> None:
        self._vae, self._x, self._generator = vae, x, generator
        self._start = start
        self._leapfrogs = leapfrogs
        self._betas = schedule(bridges).tolist()
        self._q: Posterior = vae.q(x)
        draws = self._q.rsample(noise(self._q.eps_shape(WIDTH_DRAWS), generator, x.device))[0]
        self._wide = draws.std(0)  # (B, D)

    def find_steps(self, tick: Report) -> list[Tensor]:
        """A step size (B, 1) for each bridge, from chains that adapt and are then thrown away."""
        chains = self._begin(PILOTS)
        found: list[Tensor] = []
        for _, density in self._bridges():
            chains.move(density, self._generator, leapfrogs=self._leapfrogs)
            tick(PILOT_SHARE * len(found) / len(self._betas))
            found.append(chains.step.log().mean(0).exp())
        return found

    def walk(self, count: int, steps: list[Tensor], tick: Report) -> tuple[Tensor, float]:
        """Log weights (S, B) float64 of chains with these step sizes, and their acceptance."""
        chains = self._begin(count)
        log_w = torch.zeros(count, len(self._x), dtype=torch.float64)
        before = 0.0
        for (beta, density), step in zip(self._bridges(), steps, strict=True):
            gain = wide(self.target(chains.z)) - wide(self.origin(chains.z))
            log_w = log_w.to(gain.device) + (beta - before) * gain
            before = beta
            tick(PILOT_SHARE + (1 - PILOT_SHARE) * beta)
            if beta < 1:  # the last weight needs no move after it
                chains.step = step.expand(count, *step.shape)
                chains.move(density, self._generator, leapfrogs=self._leapfrogs, adapt=False)
        return log_w, chains.accepted

    def _begin(self, count: int) -> Chains:
        if self._start == "q":
            eps = noise(self._q.eps_shape(count), self._generator, self._x.device)
            return Chains.at(self._q.rsample(eps)[0].contiguous(), self._wide)
        shape = self._vae.prior.eps_shape(count * len(self._x))
        z = self._vae.prior.sample(noise(shape, self._generator, self._x.device))
        return Chains.at(z.view(count, len(self._x), -1))  # wide at first, narrow at the end

    def _bridges(self) -> Iterator[tuple[float, _Bridge]]:
        for beta in self._betas[1:]:
            yield beta, _Bridge(self, beta)

    def target(self, z: Tensor) -> Tensor:
        """log p(x, z): (S, B)."""
        return self._vae.log_likelihood(self._x, z) + self._vae.prior.log_prob(z)

    def origin(self, z: Tensor) -> Tensor:
        """log s(z): (S, B)."""
        return self._q.log_prob(z) if self._start == "q" else self._vae.prior.log_prob(z)


@dataclass(frozen=True, slots=True, eq=False)
class _Bridge:
    """log f_b = (1 - b) log s(z) + b log p(x, z)."""

    path: _Path
    beta: float

    def __call__(self, z: Tensor) -> Tensor:
        return (1 - self.beta) * self.path.origin(z) + self.beta * self.path.target(z)


def _error(log_w: Tensor) -> Tensor:
    """Standard error of log mean w over chains, by the delta method: (S, B) -> (B,)."""
    w = (log_w - log_w.max(0).values).exp()
    return (
        w.std(0) / w.mean(0) / math.sqrt(len(w)) if len(w) > 1 else torch.full_like(w[0], math.nan)
    )


def _silent(_fraction: float) -> None:
    """Tell nobody."""
