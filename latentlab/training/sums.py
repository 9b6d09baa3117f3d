"""Bounds of M2 with the class summed out where it is unknown, in one pass of Y * B rows.

-L(x, y) = E_q(z|x,y)[log p(x|y, z)] + log p(y) - KL(q(z|x, y) || p(z)), and
-U(x) = sum_y q(y|x) (-L(x, y)) + H(q(y|x)) (Kingma et al., 2014, equations 6 and 7);
p(y) = 1/Y. Both are returned in two parts, reconstruction - KL, where the KL is that of (y, z):
KL(q(y|x) || p(y)) + sum_y q(y|x) KL(q(z|x, y) || p(z)); where y is known q(y|x) is certain of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from latentlab.models.divergence import has_closed_form, kl
from latentlab.models.gaussian import log_normal
from latentlab.models.labels import Stacked
from latentlab.models.vae import VAE
from latentlab.training.objectives import Batch


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A bound of each row: reconstruction - kl, both (B,) nats."""

    reconstruction: Tensor
    kl: Tensor


def over_classes(vae: VAE, batch: Batch, log_probs: Tensor, y: Tensor) -> Bound:
    """-L(x, y) where y is known, -U(x) where it is -1.

    Args:
        vae: A model that is told of classes.
        batch: Its x, and the noise.
        log_probs: log q(y|x) (B, Y).
        y: (B,) int64.
    """
    count, classes = len(batch.x), vae.told
    q = vae.q_each(batch.x)
    z, log_q = q.rsample(batch.noise(q.eps_shape(1))[0])  # (Y * B, D)
    exact = has_closed_form(q, vae.prior)
    divergence, _ = kl(q, vae.prior) if exact else kl(q, vae.prior, z, log_q)
    each = torch.eye(classes, device=z.device).unsqueeze(1)  # (Y, 1, Y)
    likelihood = vae.log_likelihood(batch.x, z.view(classes, count, -1), each)  # (Y, B)
    return mix(likelihood, divergence.view(classes, count), log_probs, y)


def over_inner_classes(
    inner: Stacked, batch: Batch, z: Tensor, log_probs: Tensor, y: Tensor
) -> Bound:
    """-L(z, y) where y is known, -U(z) where it is -1: the same on codes z (B, D) of M1."""
    count, classes = len(z), inner.classes
    told = torch.eye(classes, device=z.device).repeat_interleave(count, 0)  # (Y * B, Y)
    rows = z.repeat(classes, 1)  # (Y * B, D)
    q = inner.q(rows, told)
    v, log_q = q.rsample(batch.noise(q.eps_shape(1))[0])
    divergence = log_q - log_normal(v)
    likelihood = inner.p(v, told).log_prob(rows)
    return mix(likelihood.view(classes, count), divergence.view(classes, count), log_probs, y)


def over_few_inner_classes(
    inner: Stacked, batch: Batch, z: Tensor, log_probs: Tensor, y: Tensor, *, exact: int = 2
) -> Bound:
    """`over_inner_classes` at less cost: the same in mean, with some noise.

    The `exact` most probable classes of each row are summed, and one of the others, drawn, stands
    for all of them (Liu et al., 2019: "Rao-Blackwellized stochastic gradients for discrete
    distributions"). What the most probable class comes to is taken off before and added after, or
    the common size of the terms would be noise.
    """
    count, classes = log_probs.shape
    if classes <= exact + 1:
        return over_inner_classes(inner, batch, z, log_probs, y)
    known = (y >= 0).unsqueeze(-1)
    certain = one_hot(y.clamp_min(0), classes).bool()
    rank = torch.where(known & certain, torch.inf, log_probs.detach())  # the known class is first
    order = rank.argsort(-1, descending=True)  # (B, Y)
    drawn = exact + (batch.uniform((count, 1)) * (classes - exact)).long()
    chosen = torch.cat([order[:, :exact], order.gather(1, drawn)], 1)  # (B, E + 1)
    stands_for = torch.ones(exact + 1, device=z.device)
    stands_for[-1] = classes - exact
    first = (torch.arange(exact + 1, device=z.device) == 0).float()
    weights = torch.where(known, first, log_probs.exp().gather(1, chosen) * stands_for)
    told = one_hot(chosen.T.reshape(-1), classes).float()  # ((E + 1) * B, Y)
    rows = z.repeat(exact + 1, 1)
    q = inner.q(rows, told)
    v, log_q = q.rsample(batch.noise(q.eps_shape(1))[0])
    divergence = (log_q - log_normal(v)).view(-1, count).T  # (B, E + 1)
    likelihood = inner.p(v, told).log_prob(rows).view(-1, count).T
    surprise = torch.where(y >= 0, 0.0, (log_probs.exp() * log_probs).sum(-1)) + log(classes)
    return Bound(_about(weights, likelihood), _about(weights, divergence) + surprise)


def _about(weights: Tensor, terms: Tensor) -> Tensor:
    """sum_k w_k t_k, whose weights add up to 1 in mean, about the first term."""
    level = terms[:, :1].detach()
    return (weights * (terms - level)).sum(-1) + level.squeeze(-1)


def mix(likelihood: Tensor, divergence: Tensor, log_probs: Tensor, y: Tensor) -> Bound:
    """Weigh each class by q(y|x), or take the known one.

    Args:
        likelihood: E_q[log p(x|y, z)] of every class (Y, B).
        divergence: KL(q(z|x, y) || p(z)) of every class (Y, B).
        log_probs: log q(y|x) (B, Y).
        y: (B,) int64, -1 where unknown.
    """
    classes = len(likelihood)
    certain = one_hot(y.clamp_min(0), classes).to(log_probs.dtype)
    weights = torch.where((y >= 0).unsqueeze(-1), certain, log_probs.exp())  # (B, Y)
    surprise = torch.where(y >= 0, 0.0, (weights * log_probs).sum(-1)) + log(classes)
    return Bound((weights * likelihood.T).sum(-1), (weights * divergence.T).sum(-1) + surprise)
