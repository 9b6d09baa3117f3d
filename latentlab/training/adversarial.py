"""The adversarial autoencoder: a discriminator holds the codes to the prior."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import softplus

from latentlab.models.vae import VAE
from latentlab.specs import Adversarial
from latentlab.training.discriminator import discriminator, group_of, telling_apart
from latentlab.training.draws import Draw, draw
from latentlab.training.objectives import MODEL, Batch, Group, Objective, Record, Source, Turn

DISCRIMINATOR = "discriminator"


class AdversarialAutoencoder(Objective):
    """weight E[-log D(z)] - E_q[log p(x|z)], D told draws of the prior (Makhzani et al., 2015).

    D(z) is near 1 where z looks drawn from p(z). The encoder needs no density, and there is no
    bound; the aggregate posterior, not that of each datum, comes to lie as the prior.
    """

    spec: Adversarial

    def __init__(self, spec: Adversarial, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        self.tell = discriminator(vae.z_dim, spec.hidden, source.seed)
        self.own[DISCRIMINATOR] = self.tell

    def groups(self) -> dict[str, Group]:
        """The model, and the discriminator at a constant rate of its own."""
        tell = group_of(self.tell, self.spec.learning_rate)
        return {**super().groups(), DISCRIMINATOR: tell}

    def record(self, batch: Batch) -> Record:
        """The reconstruction, and how well the discriminator sees through the codes."""
        return self._record(draw(self.vae, batch))

    def score(self, batch: Batch) -> Record:
        """As `record`, and how often the discriminator is right beside it: 0.5 is a good match."""
        drawn = draw(self.vae, batch)
        right = (self.tell(drawn.z) < 0).float().mean() + (
            self.tell(self._prior(batch)) > 0
        ).float().mean()
        return drawn.record(self._record(drawn).loss, discriminator_accuracy=right / 2)

    def turns(self, batch: Batch) -> Iterator[Turn]:
        """The model's, then the discriminator's."""
        drawn = draw(self.vae, batch)
        record = self._record(drawn)
        yield Turn(record.loss, MODEL, record)
        z = drawn.z.detach()
        yield Turn(telling_apart(self.tell(self._prior(batch)), self.tell(z)), DISCRIMINATOR)

    def _record(self, drawn: Draw) -> Record:
        fooled = softplus(-self.tell(drawn.z)).mean()
        return drawn.record(self.spec.weight * fooled - drawn.log_likelihood.mean())

    @torch.no_grad()
    def _prior(self, batch: Batch) -> Tensor:
        prior = self.vae.prior
        return prior.sample(batch.noise(prior.eps_shape(len(batch.x))))
