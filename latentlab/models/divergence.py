"""KL(q(z|x) || p(z)): closed where a closed form is registered, else sampled. It says which."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any, Literal

from torch import Tensor

from latentlab.models.categorical import CategoricalLatents
from latentlab.models.deterministic import ImplicitLatents, Point
from latentlab.models.posteriors import DiagonalGaussian, FullGaussian, Posterior
from latentlab.models.priors import Prior, StandardNormal, UniformCategorical

Kind = Literal["closed", "sampled", "none"]
Closed = Callable[[Any, Any], Tensor]

CLOSED: dict[tuple[type, type], Closed] = {}
NONE: set[type] = {Point, ImplicitLatents}  # records without a density, and so without a KL


def register(q: type, prior: type) -> Callable[[Closed], Closed]:
    """Decorate the closed form of a pair: (q, prior) -> (B,) nats."""

    def keep(function: Closed) -> Closed:
        CLOSED[q, prior] = function
        return function

    return keep


def has_closed_form(q: Posterior, prior: Prior) -> bool:
    """Whether `kl` of this pair is exact."""
    return (type(q), type(prior)) in CLOSED


def kl(
    q: Posterior, prior: Prior, z: Tensor | None = None, log_q: Tensor | None = None
) -> tuple[Tensor, Kind]:
    """KL(q(z|x) || p(z)) in nats: (B,), or (..., B) from samples z (..., B, D).

    The sampled form is log q(z|x) - log p(z): a single value may be negative, its mean is not.
    Where q has no density there is none: zeros, which stand for no number.

    Raises:
        ValueError: The pair has no closed form and no samples were given.
    """
    closed = CLOSED.get((type(q), type(prior)))
    if closed is not None:
        return closed(q, prior), "closed"
    if type(q) in NONE:
        return q.mean.new_zeros(len(q.mean)), "none"
    if z is None:
        pair = f"{type(q).__name__} and {type(prior).__name__}"
        raise ValueError(f"the KL of {pair} has no closed form: give samples z")
    return sampled(prior, z, q.log_prob(z) if log_q is None else log_q), "sampled"


def sampled(prior: Prior, z: Tensor, log_q: Tensor) -> Tensor:
    """log q(z|x) - log p(z) of samples: its mean is the KL, a single value may be negative."""
    return log_q - prior.log_prob(z)


def per_dimension(q: Posterior, prior: Prior) -> Tensor | None:
    """KL of each latent's marginal q(z_j|x) against p(z_j): (B, D) nats, None without a form.

    They sum to the KL where the latents are independent under q, else to less.
    """
    if isinstance(prior, UniformCategorical) and isinstance(q, CategoricalLatents):
        return _uniform(q)
    if not isinstance(prior, StandardNormal):
        return None
    if isinstance(q, DiagonalGaussian):
        return _normal(q.mean, 2 * q.log_sigma)
    if isinstance(q, FullGaussian):
        return _normal(q.mean, q.scale_tril.square().sum(-1).log())
    return None


@register(DiagonalGaussian, StandardNormal)
def diagonal_normal(q: DiagonalGaussian, _prior: StandardNormal) -> Tensor:
    """-1/2 sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2) (Kingma and Welling, 2014, B)."""
    return _normal(q.mean, 2 * q.log_sigma).sum(-1)


@register(FullGaussian, StandardNormal)
def full_normal(q: FullGaussian, _prior: StandardNormal) -> Tensor:
    """1/2 [tr Sigma + mu.mu - d - log det Sigma], tr Sigma = the sum of L's squared entries."""
    return _normal(q.mean, 2 * q.log_sigma).sum(-1) + 0.5 * q.lower.square().sum((-2, -1))


@register(CategoricalLatents, UniformCategorical)
def categorical_uniform(q: CategoricalLatents, _prior: UniformCategorical) -> Tensor:
    """sum_s sum_k pi_sk log(K pi_sk): of the categories themselves, relaxed or not."""
    return _uniform(q).sum(-1)


def _uniform(q: CategoricalLatents) -> Tensor:
    """KL of each categorical against 1/K: (B, S)."""
    logs = q.log_probs  # (B, S, K)
    return (logs.exp() * logs).sum(-1) + log(logs.shape[-1])


def _normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mu_j, sigma_j^2) || N(0, 1)) of each j: (B, D)."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp())
