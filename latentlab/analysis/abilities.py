"""What can be asked of a model's posterior, found by asking it once.

Estimators need a density log q(z|x), some of it at latents that q did not draw, some of them
latents that move with their noise. A part is asked, not looked up by name: a new posterior answers
for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from latentlab.analysis.told import Scored
from latentlab.errors import UsageError
from latentlab.models.posteriors import Posterior

NUDGE = 0.05  # of the noise


@dataclass(frozen=True, slots=True)
class Abilities:
    """What q(z|x) and p(z) of a model can do.

    Args:
        density: q's samples come with log q(z|x): there is a KL and a bound.
        foreign: q scores latents that it did not draw.
        continuous: z moves with its noise; neither one code for each datum nor categories.
        prior: p(z) can be drawn from and scored.
        drawn: Samples of q differ; where they do not, more of them say no more.
    """

    density: bool
    foreign: bool
    continuous: bool
    prior: bool
    drawn: bool

    @property
    def smooth(self) -> bool:
        """Whether p(z|x) is a density on R^d, so that grids and gradients in z make sense."""
        return self.continuous and self.prior


@torch.inference_mode()
def abilities(vae: Scored) -> Abilities:
    """Ask the model of one blank datum.

    Example:
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> abilities(build(ModelSpec(shape=(1, 8, 8))).eval())
        Abilities(density=True, foreign=True, continuous=True, prior=True, drawn=True)
    """
    device = next(vae.parameters()).device
    q = vae.q(torch.zeros(1, *vae.spec.shape, device=device))
    generator = Generator().manual_seed(0)
    eps = torch.randn(q.eps_shape(2), generator=generator).to(device)
    z, log_q = q.rsample(eps)
    nudged, _ = q.rsample(eps + NUDGE)
    return Abilities(
        density=bool(log_q.isfinite().all()),
        foreign=_foreign(q, nudged),
        continuous=eps.numel() > 0 and bool((nudged != z).any()),
        prior=_prior(vae),
        drawn=eps.numel() > 0,
    )


def _foreign(q: Posterior, z: Tensor) -> bool:
    try:
        return bool(q.log_prob(z).isfinite().all())
    except (UsageError, NotImplementedError, ValueError):
        return False


def _prior(vae: Scored) -> bool:
    device = next(vae.parameters()).device
    try:
        eps = torch.zeros(vae.prior.eps_shape(2), device=device)
        return bool(vae.prior.log_prob(vae.prior.sample(eps)).isfinite().all())
    except (UsageError, NotImplementedError, ValueError):
        return False
