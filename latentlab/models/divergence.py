"""KL(q(z|x) || p(z)): closed where a closed form is registered, else sampled. It says which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from torch import Tensor

from latentlab.models.posteriors import DiagonalGaussian, FullGaussian, Posterior
from latentlab.models.priors import Prior, StandardNormal

Kind = Literal["closed", "sampled"]
Closed = Callable[[Any, Any], Tensor]

CLOSED: dict[tuple[type, type], Closed] = {}


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

    Raises:
        ValueError: The pair has no closed form and no samples were given.
    """
    closed = CLOSED.get((type(q), type(prior)))
    if closed is not None:
        return closed(q, prior), "closed"
    if z is None:
        pair = f"{type(q).__name__} and {type(prior).__name__}"
        raise ValueError(f"the KL of {pair} has no closed form: give samples z")
    return (q.log_prob(z) if log_q is None else log_q) - prior.log_prob(z), "sampled"


@register(DiagonalGaussian, StandardNormal)
def diagonal_normal(q: DiagonalGaussian, _prior: StandardNormal) -> Tensor:
    """-1/2 sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2) (Kingma and Welling, 2014, B)."""
    return per_dimension(q).sum(-1)


@register(FullGaussian, StandardNormal)
def full_normal(q: FullGaussian, _prior: StandardNormal) -> Tensor:
    """1/2 [tr Sigma + mu.mu - d - log det Sigma], tr Sigma = the sum of L's squared entries."""
    return per_dimension(q).sum(-1) + 0.5 * q.lower.square().sum((-2, -1))


def per_dimension(q: DiagonalGaussian | FullGaussian) -> Tensor:
    """The diagonal's share of the KL against N(0, I): (B, D) nats."""
    log_variance = 2 * q.log_sigma
    return -0.5 * (1 + log_variance - q.mean.square() - log_variance.exp())
