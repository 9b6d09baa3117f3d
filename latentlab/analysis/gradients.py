"""Two unbiased gradients of the ELBO in the encoder's parameters, and how noisy each is.

    score function  (log p(x, z) - log q(z|x)) d log q(z|x) / d phi, z drawn and held fixed
    reparameterised d [log p(x, z) - log q(z|x)] / d phi through z = g(eps, x; phi)

They have the same mean; the reparameterised one varies far less (Kingma and Welling, 2014,
section 2.4; Rezende et al., 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.estimators import Report, noise
from latentlab.analysis.told import Scored
from latentlab.models.vae import VAE

Floats = NDArray[np.float64]

REPEATS = 300
DATA = 32


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """Repeated one-sample gradients of the mean ELBO of a batch, nats per datum.

    Args:
        score: (R,) score-function gradients along the direction of steepest ascent.
        reparameterised: (R,) the same of the reparameterised gradient.
        score_variance: Sum over all parameters of the variance.
        reparameterised_variance: The same.
        parameters: How many of them.
    """

    score: Floats
    reparameterised: Floats
    score_variance: float
    reparameterised_variance: float
    parameters: int

    @property
    def ratio(self) -> float:
        """How many times the score function's variance is the larger."""
        return self.score_variance / max(self.reparameterised_variance, 1e-300)


def gradients(
    vae: VAE,
    x: NDArray[np.float32],
    *,
    generator: Generator,
    told: Scored | None = None,
    repeats: int = REPEATS,
    report: Report | None = None,
) -> Gradients:
    """Both gradients of the batch x (N, C, H, W), `repeats` times each, with the same noise.

    The direction comes from reparameterised gradients of their own, not from those measured.

    Args:
        vae: The model, of continuous latents that q can score.
        x: A batch.
        generator: Of the noise.
        told: The same model told of a class, where it is conditional.
        repeats: R.
        report: Told the fraction done.
    """
    device = next(vae.parameters()).device
    parts = [part for part in (vae.encoder, vae.teller, vae.posterior) if part is not None]
    taught = [p for part in parts for p in part.parameters() if p.requires_grad]
    batch = torch.from_numpy(np.array(x)).to(device)
    draw = _Draw(told or vae, batch, taught, generator)
    direction = torch.stack([draw.pair()[1] for _ in range(max(8, repeats // 10))]).sum(0)
    direction = direction / direction.norm().clamp_min(1e-30)
    tallies = _Tally(), _Tally()
    along = np.empty((repeats, 2))
    for r in range(repeats):
        for place, gradient in enumerate(draw.pair()):
            tallies[place].add(gradient)
            along[r, place] = float(gradient @ direction)
        if report is not None:
            report((r + 1) / repeats)
    score, reparameterised = (tally.variance for tally in tallies)
    return Gradients(along[:, 0], along[:, 1], score, reparameterised, len(direction))


class _Draw:
    """One pair of gradients after the other."""

    def __init__(
        self, vae: Scored, x: Tensor, taught: Sequence[Tensor], generator: Generator
    ) -> None:
        self._vae, self._x, self._taught, self._generator = vae, x, taught, generator

    def pair(self) -> tuple[Tensor, Tensor]:
        """Score-function and reparameterised gradient of one noise: (P,) float64 each."""
        with torch.enable_grad():
            q = self._vae.q(self._x)
            z, log_q = q.rsample(noise(q.eps_shape(1), self._generator, self._x.device))
            bound = self._joint(z) - log_q  # (1, B)
            fixed = z.detach()
            # The prior may know the encoder too (VampPrior): that part needs no score function.
            surrogate = bound.detach() * q.log_prob(fixed) + self._vae.prior.log_prob(fixed)
            return self._gradient(surrogate.mean()), self._gradient(bound.mean())

    def _joint(self, z: Tensor) -> Tensor:
        return self._vae.log_likelihood(self._x, z) + self._vae.prior.log_prob(z)

    def _gradient(self, value: Tensor) -> Tensor:
        found: Sequence[Tensor | None] = torch.autograd.grad(
            value, self._taught, retain_graph=True, allow_unused=True
        )
        pairs = zip(found, self._taught, strict=True)
        parts = [torch.zeros_like(p) if g is None else g for g, p in pairs]
        return torch.cat([part.flatten() for part in parts]).cpu().double()


class _Tally:
    """The variance of vectors, summed over their entries, in one pass (Welford, 1962)."""

    def __init__(self) -> None:
        self._count = 0
        self._mean = torch.zeros(())
        self._squares = torch.zeros(())

    def add(self, value: Tensor) -> None:
        """One more vector (P,)."""
        self._count += 1
        off = value - self._mean
        self._mean = self._mean + off / self._count
        self._squares = self._squares + off * (value - self._mean)

    @property
    def variance(self) -> float:
        """The unbiased one."""
        return float(self._squares.sum() / max(self._count - 1, 1))
