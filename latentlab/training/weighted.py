"""Importance-weighted bounds: IWAE, and its doubly reparameterised gradient.

log p(x) >= E[log 1/K sum_k w_k], w_k = p(x, z_k) / q(z_k|x), z_k ~ q(z|x) (Burda et al., 2016).
Weights and their sums are float32 whatever the precision of matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

import torch
from torch import Tensor

from latentlab.models.divergence import has_closed_form, kl
from latentlab.models.posteriors import Posterior
from latentlab.models.vae import VAE
from latentlab.specs import Dreg, Iwae
from latentlab.training.draws import must_have_density
from latentlab.training.objectives import Batch, Objective, Record, Source


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """K draws of each datum and the logarithms of what their weights consist of, in nats (K, B).

    Args:
        q: q(z|x); encoded once for all draws.
        z: (K, B, D).
        log_likelihood: log p(x|z).
        log_prior: log p(z).
        log_q: log q(z|x).
    """

    q: Posterior
    z: Tensor
    log_likelihood: Tensor
    log_prior: Tensor
    log_q: Tensor

    @property
    def log_w(self) -> Tensor:
        """log w = log p(x|z) + log p(z) - log q(z|x): (K, B)."""
        return self.log_likelihood + self.log_prior - self.log_q

    def record(self, vae: VAE, loss: Tensor) -> Record:
        """The ELBO's parts of the same draws beside `loss`."""
        exact = has_closed_form(self.q, vae.prior)
        divergence = kl(self.q, vae.prior)[0] if exact else self.log_q - self.log_prior
        return Record(loss, self.log_likelihood.mean(), divergence.mean())


def weigh(vae: VAE, batch: Batch, samples: int) -> Weights:
    """Encode a batch once, draw K latents of each datum and decode all of them."""
    q = vae.q(batch.x, batch.y)
    z, log_q = q.rsample(batch.noise(q.eps_shape(samples)))  # (K, B, D), (K, B)
    log_likelihood = vae.log_likelihood(batch.x, z, batch.y)
    return Weights(q, z, _wide(log_likelihood), _wide(vae.prior.log_prob(z)), _wide(log_q))


def bound(log_w: Tensor) -> Tensor:
    """log 1/K sum_k w_k: (K, B) -> (B,) nats.

    Example:
        >>> bound(torch.zeros(5, 1)).tolist()
        [0.0]
    """
    return log_w.logsumexp(0) - log(len(log_w))


class ImportanceWeighted(Objective):
    """-log 1/K sum_k w_k (Burda et al., 2016).

    Raises:
        UsageError: q has no density.
    """

    spec: Iwae | Dreg

    def __init__(self, spec: Iwae | Dreg, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        must_have_density(vae, "An importance-weighted bound")

    def record(self, batch: Batch) -> Record:
        """The bound with K samples."""
        weights = weigh(self.vae, batch, self.spec.samples)
        return weights.record(self.vae, -bound(weights.log_w).mean())

    def score(self, batch: Batch) -> Record:
        """The ELBO of held-out rows, and the bound with K samples beside it."""
        weights = weigh(self.vae, batch, self.spec.samples)
        value = bound(weights.log_w).mean()
        return replace(weights.record(self.vae, -value), extras={"importance_bound": value})


class DoublyReparameterised(ImportanceWeighted):
    """The same bound, whose gradient in phi has less noise (Tucker et al., 2019: DReG).

    With w~ = w / sum_k w, for theta sum_k w~_k d log w_k / d theta, for phi
    sum_k w~_k^2 (d log w_k / d z_k)(d z_k / d phi), log q's own phi held fixed. One backward pass:
    of the sum of w~ log w with w~ held, whose gradient meets w~ once more where it passes z.
    """

    def record(self, batch: Batch) -> Record:
        """The bound with K samples; its gradient is DReG's."""
        weights = weigh(self.vae, batch, self.spec.samples)
        value = -bound(weights.log_w.detach()).mean()
        share = weights.log_w.detach().softmax(0)  # w~ (K, B)
        surrogate = -(share * _log_w_of_z(weights)).sum(0).mean()
        weights.z.register_hook(lambda slope: slope * share.unsqueeze(-1))  # type: ignore[no-untyped-call]
        return weights.record(self.vae, surrogate + (value - surrogate.detach()))


def _log_w_of_z(weights: Weights) -> Tensor:
    """log w (K, B) as a function of z and theta alone: log q's own phi is held."""
    at = weights.z.detach().requires_grad_()
    (slope,) = torch.autograd.grad(weights.q.log_prob(at).sum(), at)
    path = (slope * (weights.z - weights.z.detach())).sum(-1)  # 0, with d log q / dz as gradient
    return weights.log_likelihood + weights.log_prior - weights.log_q.detach() - path


def _wide(nats: Tensor) -> Tensor:
    return nats.float() if nats.dtype.itemsize < 4 else nats
