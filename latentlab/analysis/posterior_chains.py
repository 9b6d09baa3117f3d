"""HMC samples of the true posterior p(z|x): the older way of inference, as a yardstick for q.

KL(q || p(z|x)) = log p(x) - ELBO(x) is what the bound loses. Chains give what no bound can: how
wide p(z|x) is beside q, and KL(p(z|x) || q), which is large where q misses a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.annealing import PIXELS_AT_ONCE
from latentlab.analysis.estimators import Floats, Report, blocks, noise, numbers, part_of, wide
from latentlab.analysis.hamiltonian import Chains
from latentlab.analysis.told import Scored

WIDTH_DRAWS = 1024  # of q, for its standard deviations


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorChains:
    """What HMC says of p(z|x) of N data, beside q.

    Args:
        cross: (N,) E_p(z|x)[log p(x, z) - log q(z|x)], nats; less log p(x) it is
            KL(p(z|x) || q). None where q scores no latent but its own.
        width_ratio: (N, D) standard deviation of p(z|x) over that of q.
        r_hat: (N,) the largest split R-hat over the latents; near 1 where the chains agree.
        acceptance: Mean acceptance.
        kept: Samples of each datum.
    """

    cross: Floats | None
    width_ratio: Floats
    r_hat: Floats
    acceptance: float
    kept: int


@torch.no_grad()
def posterior_chains(
    vae: Scored,
    x: NDArray[np.float32],
    *,
    generator: Generator,
    foreign: bool = True,
    chains: int = 4,
    warm_up: int = 200,
    moves: int = 300,
    leapfrogs: int = 15,
    report: Report | None = None,
) -> PosteriorChains:
    """Chains that begin at q and sample p(z|x) of data (N, C, H, W).

    Args:
        vae: The model, of continuous latents.
        x: The data.
        generator: Of all noise.
        foreign: Whether q scores latents that it did not draw.
        chains: For each datum, at least 2.
        warm_up: Transitions that find the step size; thrown away.
        moves: Transitions that are kept.
        leapfrogs: Steps of each.
        report: Told the fraction done.
    """
    parts = []
    for rows, part in blocks(vae, x, max(1, PIXELS_AT_ONCE // chains)):
        walk = _Walk(vae, part, generator, chains, leapfrogs, foreign)
        tick = None if report is None else part_of(report, rows, len(x))
        parts.append(walk.sample(warm_up, moves, tick))
    return PosteriorChains(
        np.concatenate([part.cross for part in parts if part.cross is not None])
        if foreign
        else None,
        np.concatenate([part.width_ratio for part in parts]),
        np.concatenate([part.r_hat for part in parts]),
        float(np.mean([part.acceptance for part in parts])),
        chains * moves,
    )


class _Walk:
    """Chains on the posterior of one block of data (B, C, H, W)."""

    def __init__(
        self,
        vae: Scored,
        x: Tensor,
        generator: Generator,
        chains: int,
        leapfrogs: int,
        foreign: bool,
    ) -> None:
        self._vae, self._x, self._generator = vae, x, generator
        self._leapfrogs, self._foreign = leapfrogs, foreign
        self._q = vae.q(x)
        self._wide = self._draws(WIDTH_DRAWS).std(0)  # (B, D)
        self._chains = Chains.at(self._draws(chains), self._wide)

    def sample(self, warm_up: int, moves: int, tick: Report | None) -> PosteriorChains:
        """Walk, and measure what was walked."""
        chains = self._chains
        for done in range(warm_up):
            chains.move(self._joint, self._generator, leapfrogs=self._leapfrogs)
            if tick is not None:
                tick(done / (warm_up + moves))
        chains.accepted, chains.moves = 0.0, 0
        kept, cross = [], np.zeros(len(self._x))
        for done in range(moves):
            if tick is not None:
                tick((warm_up + done + 1) / (warm_up + moves))
            chains.move(self._joint, self._generator, leapfrogs=self._leapfrogs, adapt=False)
            kept.append(chains.z)
            if self._foreign:
                gap = wide(self._joint(chains.z)) - wide(self._q.log_prob(chains.z))  # (S, B)
                cross += numbers(gap.mean(0)) / moves
        samples = numbers(torch.stack(kept))  # (T, S, B, D)
        return PosteriorChains(
            cross if self._foreign else None,
            samples.std((0, 1)) / numbers(self._wide),
            split_r_hat(samples).max(-1),
            chains.accepted,
            samples.shape[0] * samples.shape[1],
        )

    def _joint(self, z: Tensor) -> Tensor:
        """log p(x, z): (S, B)."""
        return self._vae.log_likelihood(self._x, z) + self._vae.prior.log_prob(z)

    def _draws(self, count: int) -> Tensor:
        """Of q: (count, B, D)."""
        eps = noise(self._q.eps_shape(count), self._generator, self._x.device)
        return self._q.rsample(eps)[0]


def split_r_hat(samples: Floats) -> Floats:
    """Gelman and Rubin's R-hat of halved chains: (T, S, ...) -> (...); 1 is agreement.

    Example:
        >>> draws = np.random.default_rng(0).normal(size=(1000, 4, 1))
        >>> bool(split_r_hat(draws)[0] < 1.01)
        True
    """
    half = len(samples) // 2
    halves = np.concatenate([samples[:half], samples[half : 2 * half]], axis=1)  # (T/2, 2S, ...)
    within = halves.var(0, ddof=1).mean(0)
    between = halves.mean(0).var(0, ddof=1)
    return np.asarray(np.sqrt((half - 1) / half + between / np.maximum(within, 1e-300)))
