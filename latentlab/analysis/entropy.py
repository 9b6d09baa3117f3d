"""The decoder's entropy: how unsure p(x|z) is of the picture at z, in nats."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from latentlab.errors import UsageError
from latentlab.models.likelihood import PIXELS, Likelihood, wide
from latentlab.models.likelihoods import Bernoulli, ContinuousBernoulli, Logistic, log_normaliser

VALUES_AT_ONCE = 2**22  # of a table of levels


def decoder_entropy(likelihood: Likelihood, parameters: Tensor) -> Tensor:
    """H[p(x|z)] = -E[log p(x|z)], summed over pixels: parameters (B, C', H, W) -> (B,) nats.

    Bernoulli: softplus(l) - l sigmoid(l) of a logit l. Continuous Bernoulli: log p is linear in x,
    so its mean is log p at the mean; this one is a differential entropy, which is 0 for the uniform
    density and below it elsewhere. Discretised logistic: the sum over all levels.

    Raises:
        UsageError: It is the same everywhere (a Gaussian), or has no closed form (counts).

    Example:
        >>> from latentlab import specs
        >>> even = Bernoulli(specs.Bernoulli(), (1, 2, 2))
        >>> round(float(decoder_entropy(even, torch.zeros(1, 1, 2, 2))), 4)  # 4 log 2
        2.7726
    """
    if isinstance(likelihood, Bernoulli):
        logits = wide(parameters)
        return (softplus(logits) - logits * torch.sigmoid(logits)).sum(PIXELS)
    if isinstance(likelihood, ContinuousBernoulli):
        logits = wide(parameters)
        mean = likelihood.mean(logits)
        return (softplus(logits) - mean * logits - log_normaliser(logits)).sum(PIXELS)
    if isinstance(likelihood, Logistic):
        return _of_levels(likelihood, parameters)
    raise UsageError(
        "This model's decoder has no entropy to map.",
        do="A Gaussian's is the same everywhere; that of counts has no closed form.",
    )


def _of_levels(likelihood: Logistic, parameters: Tensor) -> Tensor:
    levels = likelihood.spec.levels
    each = parameters[0].numel() * levels
    parts = []
    for few in torch.split(parameters, max(1, VALUES_AT_ONCE // each)):
        masses = likelihood.level_nats(few).exp()  # (b, C, H, W, levels)
        parts.append(torch.special.entr(masses).sum(-1).sum(PIXELS))
    return torch.cat(parts)
