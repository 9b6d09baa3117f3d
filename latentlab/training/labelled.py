"""Semi-supervised learning (Kingma et al., 2014): M1, M2 and M1+M2; p(y) is uniform."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import nll_loss

from latentlab.errors import UsageError
from latentlab.models.labels import Knowing, LatentClassifier, SemiSupervised, Stacked
from latentlab.models.vae import VAE
from latentlab.specs import Elbo, tag_of
from latentlab.training.objectives import MODEL, Batch, Group, Objective, Record, WeightedBound
from latentlab.training.sums import over_classes, over_inner_classes

if TYPE_CHECKING:
    from latentlab.training.objectives import Source

KNOWING = "knowing."  # where a model keeps its classifier and what goes with it


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Codes z (B, D) with log p(x|z) (B,) and log q(z|x) (B,)."""

    z: Tensor
    log_p: Tensor
    log_q: Tensor


class Codes(WeightedBound):
    """The ELBO, for all but what knows of classes: the first stage of M1 and of M1+M2.

    Args:
        weight: Of the KL in the loss.
        vae: The model.
        source: The training rows.
    """

    def __init__(self, weight: float, vae: VAE, source: Source) -> None:
        super().__init__(Elbo(), vae, source)
        self._weight = weight

    def record(self, batch: Batch) -> Record:
        """The bound, its KL weighed."""
        return super().record(replace(batch, beta=self._weight))

    def score(self, batch: Batch) -> Record:
        """The plain bound."""
        return super().record(batch)

    def groups(self) -> dict[str, Group]:
        """The VAE's own parameters."""
        named = self.vae.named_parameters()
        return {MODEL: Group({n: p for n, p in named if not n.startswith(KNOWING)})}


class Labelled(Objective):
    """What learns from labels: a model that knows of classes, and rows that have some."""

    knows: type[Knowing]

    def __init__(self, spec: Any, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        if not isinstance(vae.knowing, self.knows):
            raise UsageError(
                f"The objective {tag_of(spec)} wants a model with the same labels.",
                do=f"Choose the labels {tag_of(spec)} for the model too.",
            )
        self.knowing = vae.knowing
        if not source.labelled_count:
            raise UsageError(
                "None of the training rows has a label.",
                do="Choose data with labels, or give them with --labels FILE.csv.",
            )

    def groups(self) -> dict[str, Group]:
        """What knows of classes; the codes stay as they are."""
        named = self.vae.named_parameters()
        return {MODEL: Group({n: p for n, p in named if n.startswith(KNOWING)})}

    def labelled(self, batch: Batch, size: int) -> tuple[Tensor, Tensor]:
        """Random labelled rows."""
        return self.source.draw_labelled(max(1, size), batch.generator)

    def codes(self, batch: Batch, x: Tensor) -> tuple[Tensor, Tensor]:
        """z from q(z|x) and log q(z|x), without a gradient."""
        with torch.no_grad():
            q = self.vae.q(x)
            z, log_q = q.rsample(batch.noise(q.eps_shape(1))[0])
        return z, log_q


class CodeClassifier(Labelled):
    """log q(y|z) at z from q(z|x) of labelled rows: the second stage of M1.

    Its record has the ELBO of the codes, which stay as they are.
    """

    knows = LatentClassifier

    def record(self, batch: Batch) -> Record:
        """The cross-entropy of as many labelled rows as the batch has."""
        x, y = self.labelled(batch, len(batch.x))
        z, _ = self.codes(batch, x)
        bound = self._bound(batch)
        loss = nll_loss(self.knowing.log_probs(z), y)
        return Record(loss, bound.reconstruction, bound.kl)

    def score(self, batch: Batch) -> Record:
        """The codes' ELBO and how often the classifier is right."""
        bound = self._bound(batch)
        found = accuracy(self.vae.classify(batch.x), batch.y)
        return Record(bound.loss, bound.reconstruction, bound.kl, found)

    def _bound(self, batch: Batch) -> Record:
        with torch.no_grad():
            return WeightedBound(Elbo(), self.vae, self.source).record(batch)


class M2(Labelled):
    """L(x, y) where y is known, U(x) where it is not, and -alpha log q(y|x) of labelled rows.

    -L(x, y) = E_q(z|x,y)[log p(x|y, z)] + log p(y) - KL(q(z|x, y) || p(z)) and
    -U(x) = sum_y q(y|x) (-L(x, y)) + H(q(y|x)), in the mean over training rows; alpha is its share
    of N, 0.1 in the paper. The sum over classes is one pass of Y * B rows.
    """

    knows = SemiSupervised

    def groups(self) -> dict[str, Group]:
        """The whole model."""
        return {MODEL: Group(dict(self.vae.named_parameters()))}

    def record(self, batch: Batch) -> Record:
        """The loss of one batch, and its bound: -L or -U of each row."""
        parts = over_classes(self.vae, batch, self.knowing.log_probs(batch.x), batch.y)
        bound, divergence = parts.reconstruction.mean(), parts.kl.mean()
        x, y = self.labelled(batch, round(self.spec.labelled_share * len(batch.x)))
        classifier = nll_loss(self.knowing.log_probs(x), y)
        return Record(divergence - bound + self.spec.alpha * classifier, bound, divergence)

    def score(self, batch: Batch) -> Record:
        """-U of every row, for no label is looked at, and how often the classifier is right."""
        log_probs = self.knowing.log_probs(batch.x)
        parts = over_classes(self.vae, batch, log_probs, torch.full_like(batch.y, -1))
        bound, divergence = parts.reconstruction.mean(), parts.kl.mean()
        return Record(divergence - bound, bound, divergence, accuracy(log_probs, batch.y))


class M2OnCodes(Labelled):
    """M2 on the codes of M1, drawn anew for each batch: the second stage of M1+M2.

    Its bound is that of the whole: log p(x) >= E_q(z|x)[log p(x|z) - log q(z|x) - U(z)], U(z) or
    L(z, y) being M2's, so that the prior of the codes is M2's instead of N(0, I).
    """

    knows = Stacked
    knowing: Stacked

    def record(self, batch: Batch) -> Record:
        """The loss on one batch of codes, and the bound of the pictures."""
        outer = self._frozen(batch)
        logits = self._log_probs(batch, outer.z)
        inner = over_inner_classes(self.knowing, batch, outer.z, logits, batch.y)
        x, y = self.labelled(batch, round(self.spec.labelled_share * len(batch.x)))
        z, _ = self.codes(batch, x)
        classifier = nll_loss(self._log_probs(batch, z), y)
        bound = (inner.reconstruction - inner.kl).mean()
        loss = self.spec.alpha * classifier - bound
        return Record(loss, outer.log_p.mean(), outer.log_q.mean() - bound.detach())

    def score(self, batch: Batch) -> Record:
        """The bound, for no label is looked at, and how often the classifier is right."""
        outer = self._frozen(batch)
        hidden = torch.full_like(batch.y, -1)
        log_probs = self.knowing.log_probs(outer.z)
        inner = over_inner_classes(self.knowing, batch, outer.z, log_probs, hidden)
        divergence = (outer.log_q - inner.reconstruction + inner.kl).mean()
        bound = outer.log_p.mean()
        found = accuracy(self.vae.classify(batch.x), batch.y)
        return Record(divergence - bound, bound, divergence, found)

    def _frozen(self, batch: Batch) -> Coded:
        with torch.no_grad():
            z, log_q = self.codes(batch, batch.x)
            return Coded(z, self.vae.log_likelihood(batch.x, z), log_q)

    def _log_probs(self, batch: Batch, z: Tensor) -> Tensor:
        """log q(y|z), with a share of z left out as a step of the classifier's learning does."""
        share = self.knowing.dropout
        if share:
            z = z * (batch.uniform(tuple(z.shape)) >= share) / (1 - min(share, 0.99))
        return self.knowing.log_probs(z)


def accuracy(log_probs: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The share of labelled rows whose class is the most probable one; nothing without labels.

    Example:
        >>> accuracy(torch.tensor([[0.0, -1.0], [0.0, -1.0]]), torch.tensor([0, -1]))
        {'accuracy': tensor(1.)}
    """
    known = y >= 0
    if not bool(known.any()):
        return {}
    return {"accuracy": (log_probs.argmax(-1) == y)[known].float().mean()}
