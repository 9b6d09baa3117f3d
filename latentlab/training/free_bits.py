"""Free bits: nats of KL that each latent may use at no cost (Kingma et al., 2016, appendix C.8)."""

from __future__ import annotations

from torch import Tensor

from latentlab.models.divergence import per_dimension
from latentlab.models.posteriors import Posterior
from latentlab.models.prior import Prior


def freed(q: Posterior, prior: Prior, divergence: Tensor, nats: float) -> Tensor:
    """sum_j max(nats, KL_j), KL_j the batch's mean of latent j: a scalar.

    Below its free nats a latent has no gradient from the KL, so that nothing drives it to collapse.
    Where the latents depend on each other under q, what the KL_j leave over is charged in full;
    where KL_j has no closed form, all latents share one budget: max(D nats, KL).

    Args:
        q: q(z|x) of the batch.
        prior: p(z).
        divergence: The mean KL, a scalar.
        nats: Free for each latent.

    Example:
        >>> import torch
        >>> from latentlab.models.gaussian import DiagonalGaussian
        >>> from latentlab.models.prior import StandardNormal
        >>> from latentlab.specs import ModelSpec
        >>> prior = StandardNormal(None, ModelSpec(shape=(1, 1, 1)))
        >>> q = DiagonalGaussian(torch.tensor([[2.0, 0.0]]), torch.zeros(1, 2))  # KLs 2 and 0
        >>> freed(q, prior, torch.tensor(2.0), 0.5)
        tensor(2.5000)
    """
    shares = per_dimension(q, prior)  # (B, D)
    if shares is None:
        return divergence.clamp_min(nats * q.mean.shape[-1])
    return divergence + (nats - shares.mean(0)).clamp_min(0).sum()
