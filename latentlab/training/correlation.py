"""Objectives that weigh the total correlation TC = KL(q(z) || prod_j q(z_j)).

q(z) = 1/N sum_n q(z|x_n) is the aggregate posterior. The KL of the ELBO is I(x; z) + TC + the
latents' own KLs; beta-TCVAE takes TC beta times, FactorVAE adds gamma times TC.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from latentlab.errors import UsageError
from latentlab.models.gaussian import LOG_2PI, DiagonalGaussian, FullGaussian
from latentlab.models.posteriors import Posterior
from latentlab.models.sums import LOG2_E
from latentlab.models.vae import VAE
from latentlab.specs import BetaTc, Diagonal, FactorVae, FullCovariance
from latentlab.training.discriminator import discriminator, group_of, telling_apart
from latentlab.training.draws import Draw, draw, must_have_density
from latentlab.training.objectives import MODEL, Batch, Group, Objective, Record, Source, Turn

DISCRIMINATOR = "discriminator"


class TotalCorrelation(Objective):
    """KL + (beta - 1) TC - E_q[log p(x|z)] (Chen et al., 2018: beta-TCVAE).

    That is I(x; z) + beta TC + sum_j KL(q(z_j) || p(z_j)) - E_q[log p(x|z)]: the three parts add
    up to the KL, so the closed form serves where there is one.

    Raises:
        UsageError: The posterior has no density for each latent.
    """

    spec: BetaTc

    def __init__(self, spec: BetaTc, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        if not isinstance(vae.spec.posterior, Diagonal | FullCovariance):
            raise UsageError(
                "The total correlation needs a density for each latent on its own.",
                do="Choose the diagonal posterior, or the objective factor.",
            )

    def record(self, batch: Batch) -> Record:
        """The ELBO with TC taken beta times."""
        drawn = draw(self.vae, batch)
        tc = total_correlation(drawn.q, drawn.z, self.source.count)
        loss = drawn.kl.mean() + (self.spec.beta - 1) * tc - drawn.log_likelihood.mean()
        return drawn.record(loss)

    def score(self, batch: Batch) -> Record:
        """The plain ELBO, and TC beside it."""
        drawn = draw(self.vae, batch)
        tc = total_correlation(drawn.q, drawn.z, self.source.count)
        loss = drawn.kl.mean() + (self.spec.beta - 1) * tc - drawn.log_likelihood.mean()
        return drawn.record(loss, total_correlation=tc)


def total_correlation(q: Posterior, z: Tensor, count: int) -> Tensor:
    """E[log q(z) - sum_j log q(z_j)] in nats, by minibatch stratified sampling.

    Args:
        q: Of a batch of B rows; Gaussian.
        z: (B, D), one draw for each.
        count: N, training rows.
    """
    log_weights = stratified_log_weights(len(z), count, z.device)  # (B, B)
    if isinstance(q, DiagonalGaussian):
        found: Tensor = _Diagonal.apply(z, q.mean, q.log_sigma, log_weights.to(z.dtype))  # type: ignore[no-untyped-call]
        return found
    each = log_marginals(q, z) + log_weights  # (D, B, B): z_i under row j
    joint = q.log_prob(z.unsqueeze(1)) + log_weights  # (B, B)
    return (joint.logsumexp(-1) - each.logsumexp(-1).sum(0)).mean()


class _Diagonal(Function):
    """The estimate of a diagonal Gaussian, one latent after the other, and its gradient at once.

    With shares a_ij of the joint and a_ijd of latent d, softmaxes over rows j, the gradient is that
    of log q(z_id|x_j), times (a_ij - a_ijd) / B. A third of the time that autograd takes, for only
    (B, B) values at a time are gone over again and again.
    """

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, mean: Tensor, log_sigma: Tensor, log_weights: Tensor
    ) -> Tensor:
        precision, joint = (-log_sigma).exp(), log_weights.clone()
        marginals, kept = z.new_zeros(len(z)), []
        for d in range(z.shape[1]):
            eps = (z[:, d, None] - mean[:, d]) * precision[:, d]  # (B, B)
            own = (-(log_sigma[:, d] + 0.5 * LOG_2PI)).expand_as(eps)
            own = own.addcmul(eps, eps, value=-0.5)
            joint += own
            share, total = _shares(own.add_(log_weights))
            marginals += total
            kept.append((eps, share))
        whole, total = _shares(joint)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(*_gradients(whole, kept, precision))
        return (total - marginals).mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        return (*(slope * gradient for gradient in ctx.saved_tensors), None)


def _shares(logs: Tensor) -> tuple[Tensor, Tensor]:
    """softmax (B, B) and logsumexp (B,) over the last axis; `logs` is written over."""
    top = logs.amax(1, keepdim=True)
    shares = logs.sub_(top).mul_(LOG2_E).exp2_()  # exp is slow where it underflows: see `sums`
    total = shares.sum(1, keepdim=True)
    return shares.div_(total), (total.log() + top).squeeze(1)


def _gradients(
    whole: Tensor, kept: list[tuple[Tensor, Tensor]], precision: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Of the mean over B in z, mean and log sigma: (B, D) each; `kept` is written over."""
    columns: list[tuple[Tensor, Tensor, Tensor]] = []
    for d, (eps, share) in enumerate(kept):
        weight = torch.sub(whole, share, out=share)
        pull = weight * eps  # (B, B)
        to_log_sigma = (pull * eps).sum(0) - weight.sum(0)
        to_mean = pull.sum(0) * precision[:, d]
        columns.append((-pull.mul_(precision[:, d]).sum(1), to_mean, to_log_sigma))
    to_z, to_mean, to_log_sigma = (
        torch.stack(c, 1) / len(whole) for c in zip(*columns, strict=True)
    )
    return to_z, to_mean, to_log_sigma


def log_marginals(q: Posterior, z: Tensor) -> Tensor:
    """log q(z_id | x_j) of each latent d on its own: z (B, D) -> (D, B, B), i before j.

    Raises:
        TypeError: Of this posterior the latents' own densities are not known.
    """
    if isinstance(q, DiagonalGaussian):
        log_sigma = q.log_sigma
    elif isinstance(q, FullGaussian):
        log_sigma = 0.5 * q.scale_tril.square().sum(-1).log()
    else:
        raise TypeError(f"no density of each latent is known for {type(q).__name__}")
    mean, precision = q.mean.T.unsqueeze(1), (-log_sigma).exp().T.unsqueeze(1)  # (D, 1, B)
    eps = (z.T.unsqueeze(2) - mean) * precision  # (D, B, B)
    return -0.5 * eps.square() - (log_sigma.T.unsqueeze(1) + 0.5 * LOG_2PI)


def stratified_log_weights(batch: int, count: int, device: torch.device | None = None) -> Tensor:
    """Logarithms of the weights (B, B) that make sum_j w_ij q(z_i|x_j) unbiased for q(z_i).

    1/N for the row that z_i was drawn from, 1/M for M - 1 of the M = B - 1 others, and
    (N - M) / (N M) for the last one (Chen et al., 2018, appendix C.2).

    Example:
        >>> stratified_log_weights(3, 10).exp()[0]
        tensor([0.1000, 0.4000, 0.5000])
    """
    others = batch - 1
    if others == 0:
        return torch.zeros(1, 1, device=device)
    count = max(count, batch)
    weights = torch.full((batch, batch), -log(others), device=device)
    rows = torch.arange(batch, device=device)
    weights[rows, (rows + 1) % batch] = log((count - others) / (count * others))
    weights[rows, rows] = -log(count)
    return weights


class Factor(Objective):
    """KL + gamma TC - E_q[log p(x|z)], TC by a discriminator (Kim and Mnih, 2018: FactorVAE).

    It tells codes from codes whose latents were permuted among a second batch, each on its own;
    the logit of its answer estimates log q(z) - sum_j log q(z_j).

    Raises:
        UsageError: q has no density.
    """

    spec: FactorVae

    def __init__(self, spec: FactorVae, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        must_have_density(vae, "FactorVAE")
        self.tell = discriminator(vae.z_dim, spec.hidden, source.seed)
        self.own[DISCRIMINATOR] = self.tell

    def groups(self) -> dict[str, Group]:
        """The model, and the discriminator at a constant rate of its own."""
        tell = group_of(self.tell, self.spec.learning_rate)
        return {**super().groups(), DISCRIMINATOR: tell}

    def record(self, batch: Batch) -> Record:
        """The ELBO with gamma TC taken off."""
        return self._record(draw(self.vae, batch))

    def score(self, batch: Batch) -> Record:
        """The plain ELBO, and the discriminator's estimate of TC beside it."""
        drawn = draw(self.vae, batch)
        tc = self.tell(drawn.z).mean()
        return drawn.record(self._record(drawn).loss, total_correlation=tc)

    def turns(self, batch: Batch) -> Iterator[Turn]:
        """The model's, then the discriminator's with a second batch."""
        drawn = draw(self.vae, batch)
        record = self._record(drawn)
        yield Turn(record.loss, MODEL, record)
        with torch.no_grad():
            q = self.vae.q(*self.source.draw(len(batch.x), batch.generator))
            second, _ = q.rsample(batch.noise(q.eps_shape(1))[0])
            second = permuted(second, batch.uniform(tuple(second.shape)))
        loss = telling_apart(self.tell(drawn.z.detach()), self.tell(second))
        yield Turn(loss, DISCRIMINATOR)

    def _record(self, drawn: Draw) -> Record:
        tc = self.tell(drawn.z).mean()
        return drawn.record(drawn.kl.mean() + self.spec.gamma * tc - drawn.log_likelihood.mean())


def permuted(z: Tensor, uniform: Tensor) -> Tensor:
    """Latents (B, D) with each column in an order of its own, that of `uniform` (B, D).

    Example:
        >>> permuted(torch.tensor([[1.0], [2.0]]), torch.tensor([[0.9], [0.1]])).tolist()
        [[2.0], [1.0]]
    """
    return z.gather(0, uniform.argsort(0))
