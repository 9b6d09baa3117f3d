"""Latents drawn for a batch, with all that objectives weigh: likelihood, densities and the KL."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from latentlab.errors import UsageError
from latentlab.models.divergence import kl
from latentlab.models.posteriors import Posterior
from latentlab.models.vae import VAE
from latentlab.specs import Deterministic, Implicit, VectorQuantised, tag_of
from latentlab.training.objectives import Batch, Record


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Latents of a batch: with L samples (L, B, ...), with one the batch stays flat: (B, ...).

    Args:
        q: q(z|x).
        z: (..., B, D).
        log_likelihood: log p(x|z) in nats (..., B).
        kl: KL(q(z|x) || p(z)) in nats, (B,) where it has a closed form, else (..., B).
    """

    q: Posterior
    z: Tensor
    log_likelihood: Tensor
    kl: Tensor

    def record(self, loss: Tensor | None = None, **extras: Tensor) -> Record:
        """The plain ELBO's parts, with a loss of its own or minus the ELBO."""
        reconstruction, divergence = self.log_likelihood.mean(), self.kl.mean()
        if loss is None:
            loss = divergence - reconstruction
        return Record(loss, reconstruction, divergence, extras)


def draw(vae: VAE, batch: Batch, *, samples: int = 1, read: Tensor | None = None) -> Draw:
    """Encode, draw and decode a batch.

    Args:
        vae: The model.
        batch: What is scored.
        samples: L.
        read: What the encoder reads, where that is not the batch's x.
    """
    q = vae.q(batch.x if read is None else read, batch.y)
    shape = q.eps_shape(samples)  # (L, B, D)
    # One sample keeps the batch flat: (B, D), which spares the decoder a reshape.
    eps = batch.noise(shape)[0] if samples == 1 else batch.noise(shape)
    z, log_q = q.rsample(eps)
    divergence, _ = kl(q, vae.prior, z, log_q)
    return Draw(q, z, vae.log_likelihood(batch.x, z, batch.y), divergence)


def must_have_density(vae: VAE, what: str) -> None:
    """Check that q(z|x) has a density, which `what` weighs.

    Raises:
        UsageError: It has none.
    """
    posterior = vae.spec.posterior
    if isinstance(posterior, Deterministic | Implicit | VectorQuantised):
        raise UsageError(
            f"{what} needs a density q(z|x), and the posterior {tag_of(posterior)} has none.",
            do="Choose the diagonal posterior, or another objective.",
        )
