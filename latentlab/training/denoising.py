"""Objectives of autoencoders: the reconstruction alone, and the clean x from a corrupted one."""

from __future__ import annotations

from torch import Generator, Tensor

from latentlab.specs import Autoencoder, Denoising
from latentlab.training.draws import draw
from latentlab.training.objectives import Batch, Objective, Record


class Reconstruction(Objective):
    """-E_q[log p(x|z)]: nothing holds the codes anywhere, and there is no bound."""

    spec: Autoencoder

    def record(self, batch: Batch) -> Record:
        """The reconstruction alone."""
        drawn = draw(self.vae, batch)
        return drawn.record(-drawn.log_likelihood.mean())


class Clean(Objective):
    """KL(q(z|x~) || p(z)) - E_q(z|x~)[log p(x|z)], x~ a corrupted x (Im et al., 2017).

    With a deterministic posterior there is no KL: a denoising autoencoder (Vincent et al., 2008).
    """

    spec: Denoising

    def record(self, batch: Batch) -> Record:
        """The clean batch, scored by what the corrupted one says."""
        return draw(self.vae, batch, read=self._corrupted(batch)).record()

    def score(self, batch: Batch) -> Record:
        """The plain ELBO of clean rows, and the reconstruction from corrupted ones beside it."""
        denoised = draw(self.vae, batch, read=self._corrupted(batch))
        drawn = draw(self.vae, batch)
        return drawn.record(denoised.record().loss, denoising=denoised.log_likelihood.mean())

    def _corrupted(self, batch: Batch) -> Tensor:
        return corrupted(batch.x, self.spec, batch.generator)


def corrupted(x: Tensor, spec: Denoising, generator: Generator) -> Tensor:
    """x (B, C, H, W) in [0, 1] with noise: added and cut to [0, 1], or a share of it replaced.

    A pixel is replaced in all of its channels.

    Args:
        x: Clean.
        spec: Which noise, and how much.
        generator: Of the noise, on the device of x.

    Example:
        >>> import torch
        >>> x = torch.ones(1, 1, 2, 2)
        >>> corrupted(x, Denoising(noise="mask", amount=1.0), torch.Generator()).sum()
        tensor(0.)
    """
    if spec.noise == "gaussian":
        noise = x.new_empty(x.shape).normal_(generator=generator)
        return (x + spec.amount * noise).clamp(0, 1)
    drawn = x.new_empty(len(x), 1, *x.shape[2:]).uniform_(generator=generator)
    if spec.noise == "mask":
        return x * (drawn >= spec.amount)
    salt = (drawn < spec.amount / 2).to(x.dtype)  # of those replaced, half
    return x.where(drawn >= spec.amount, salt)
