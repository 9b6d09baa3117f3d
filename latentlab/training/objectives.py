"""What a step minimises: a model and a batch become a record of bound, reconstruction and KL.

A new objective is one tagged spec in `specs` and one function registered with `objective`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, singledispatch
from typing import Protocol

from torch import Tensor

from latentlab.models.divergence import has_closed_form, kl
from latentlab.models.vae import VAE
from latentlab.specs import BetaVae, Elbo, ObjectiveSpec

Noise = Callable[[tuple[int, ...]], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """The parts of a step, scalars: mean nats per datum.

    Args:
        loss: What is minimised.
        reconstruction: E_q[log p(x|z)].
        kl: KL(q(z|x) || p(z)), without any beta.
    """

    loss: Tensor
    reconstruction: Tensor
    kl: Tensor

    @property
    def bound(self) -> Tensor:
        """The ELBO: reconstruction - KL, whatever the loss weighs."""
        return self.reconstruction - self.kl


class Objective(Protocol):
    """A model, a batch x (B, C, H, W), a source of noise and the KL's weight -> a record."""

    def __call__(self, vae: VAE, x: Tensor, noise: Noise, beta: float) -> Record:
        """Return the record of one batch."""
        ...


@singledispatch
def objective(spec: ObjectiveSpec) -> Objective:
    """Return the function that computes `spec`.

    Example:
        >>> import torch
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> record = objective(Elbo())(
        ...     build(ModelSpec(shape=(1, 2, 2))), torch.zeros(3, 1, 2, 2), torch.zeros, beta=1.0
        ... )
        >>> torch.equal(record.loss, -record.bound)
        True
    """
    raise TypeError(f"no objective is registered for {type(spec).__name__}")


@objective.register(Elbo)
@objective.register(BetaVae)
def _(spec: Elbo | BetaVae) -> Objective:
    return partial(weighted_bound, samples=spec.samples)


def weighted_bound(vae: VAE, x: Tensor, noise: Noise, beta: float, *, samples: int = 1) -> Record:
    """Return beta KL - E_q[log p(x|z)], the expectation over L samples (SGVB).

    The KL is exact where a closed form is registered, else log q(z|x) - log p(z) at the samples
    (Kingma and Welling, 2014; Higgins et al., 2017).

    Args:
        vae: The model.
        x: (B, C, H, W) in [0, 1].
        noise: Shape -> standard normal values.
        beta: Weight of the KL in the loss.
        samples: L.
    """
    q = vae.q(x)
    shape = q.eps_shape(samples)  # (L, B, D)
    # One sample keeps the batch flat: (B, D), which spares the decoder a reshape.
    eps = noise(shape)[0] if samples == 1 else noise(shape)
    z, log_q = q.rsample(eps)
    exact = has_closed_form(q, vae.prior)
    divergence, _ = kl(q, vae.prior) if exact else kl(q, vae.prior, z, log_q)
    reconstruction = vae.log_likelihood(x, z).mean()
    divergence = divergence.mean()
    return Record(beta * divergence - reconstruction, reconstruction, divergence)
