"""VQ-VAE: first codes that decode well, then a prior over the codes (van den Oord et al., 2017)."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import torch
from torch import Tensor

from latentlab.errors import UsageError
from latentlab.models.codebook import perplexity
from latentlab.models.vae import VAE
from latentlab.models.vq import CodeGrids, Quantised
from latentlab.specs import Autoregressive, VectorQuantised, VqVae
from latentlab.training.objectives import MODEL, Batch, Group, Objective, Record, Source

REVIVING = 0.8  # share of the steps during which unused codes begin again; then they settle
PRIOR = "prior."


class Quantising(Objective):
    """-log p(x|z_k*) + beta |e - sg(z_k*)|^2, and |sg(e) - z_k*|^2 where the codebook descends.

    Sums over a datum's values and vectors. What is told of a step counts codes as if all were
    equally likely, which a prior that has not learned yet says too.

    Raises:
        UsageError: The model has no codebook.
    """

    spec: VqVae

    def __init__(self, spec: VqVae, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        self.model = quantised_of(vae)
        self._coded: CodeGrids | None = None

    def groups(self) -> dict[str, Group]:
        """All but the prior."""
        named = self.vae.named_parameters()
        return {MODEL: Group({n: p for n, p in named if not n.startswith(PRIOR)})}

    def record(self, batch: Batch) -> Record:
        """The losses of one batch."""
        model = self.model
        posterior = model.spec.posterior
        assert isinstance(posterior, VectorQuantised)  # noqa: S101 - the model has a codebook
        q = model.q(batch.x)
        self._coded = q
        reconstruction = model.log_likelihood(batch.x, q.mean).mean()
        loss = posterior.commitment * q.commitment().mean() - reconstruction
        if posterior.codebook == "gradient":
            loss = loss + q.distance().mean()
        codes = torch.full_like(reconstruction, q.tokens.shape[1] * log(model.codes))
        return Record(loss, reconstruction, codes)

    def after_step(self, batch: Batch) -> None:
        """Move the codebooks to what they stand for."""
        if self._coded is None:
            return
        for book, encoded, tokens in self._levels(self._coded):
            rows = encoded.detach().flatten(0, 1)
            revive = batch.done < REVIVING
            book.learn(rows, tokens.flatten(), batch.generator, revive=revive)
        self._coded = None

    def score(self, batch: Batch) -> Record:
        """The bound under the prior as it is, and how many codes are in use."""
        return scored(self.model, batch)

    def _levels(self, q: CodeGrids) -> Iterator[tuple[Any, Tensor, Tensor]]:
        tokens = torch.split(q.tokens, self.model.counts, 1)
        return zip(self.model.books(), q.encoded, tokens, strict=True)


class PriorOfCodes(Objective):
    """-log p(k*) of the codes of the data, which move no more.

    Raises:
        UsageError: The model has no codebook.
    """

    def __init__(self, spec: VqVae, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        self.model = quantised_of(vae)

    def groups(self) -> dict[str, Group]:
        """The prior alone."""
        named = self.vae.named_parameters()
        return {MODEL: Group({n: p for n, p in named if n.startswith(PRIOR)})}

    def record(self, batch: Batch) -> Record:
        """The codes' chances in one batch."""
        model = self.model
        with torch.no_grad():
            q = model.q(batch.x)
            reconstruction = model.log_likelihood(batch.x, q.mean).mean()
        loss = -model.prior.log_prob_tokens(q.tokens).mean()
        return Record(loss, reconstruction, loss)

    def score(self, batch: Batch) -> Record:
        """The bound, and how many codes are in use."""
        return scored(self.model, batch)


def scored(model: Quantised, batch: Batch) -> Record:
    """The bound log p(x|z_k*) + log p(k*), and each codebook's perplexity in this batch."""
    q = model.q(batch.x)
    reconstruction = model.log_likelihood(batch.x, q.mean).mean()
    chance = model.prior.log_prob_tokens(q.tokens).mean()
    names = ["perplexity"] if len(model.sizes) == 1 else ["perplexity_top", "perplexity_bottom"]
    parts = torch.split(q.tokens, model.counts, 1)
    extras = {name: perplexity(part, model.codes) for name, part in zip(names, parts, strict=True)}
    return Record(-reconstruction - chance, reconstruction, -chance, extras)


def prior_share(spec: VqVae, vae: VAE) -> float:
    """The share of the steps for a prior over the codes; 0 where nothing of it is learned."""
    return spec.prior_share if isinstance(vae.spec.prior, Autoregressive) else 0.0


def quantised_of(vae: VAE) -> Quantised:
    """`vae`, which has a codebook.

    Raises:
        UsageError: It has none.
    """
    if not isinstance(vae, Quantised):
        raise UsageError(
            "The objective vq learns codes, and this model has none.",
            do="Choose the posterior vq, or the objective elbo.",
        )
    return vae
