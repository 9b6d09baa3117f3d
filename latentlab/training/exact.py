"""Maximum likelihood for models without latents: MADE and PixelCNN."""

from __future__ import annotations

from typing import Any

import torch

from latentlab.errors import UsageError
from latentlab.models.density import Density
from latentlab.models.made import Made
from latentlab.models.vae import VAE
from latentlab.training.objectives import Batch, Objective, Record, Source


class MaximumLikelihood(Objective):
    """-log p(x), exact. In the record it is all reconstruction: there is no KL.

    A MADE of several orderings learns one of them at a step, drawn from the step's noise, and is
    judged by their mean (Germain et al., 2015, section 4.2).

    Raises:
        UsageError: The model has latents.
    """

    def __init__(self, spec: Any, vae: VAE, source: Source) -> None:
        super().__init__(spec, vae, source)
        if not isinstance(vae, Density):
            raise UsageError(
                "The exact likelihood is that of a model without latents.",
                do="Choose the network made or pixelcnn, or the objective elbo.",
            )
        self.density = vae

    def record(self, batch: Batch) -> Record:
        """The likelihood of one batch."""
        density = self.density
        if isinstance(density, Made) and density.training:
            count = len(density.orders)
            order = int(batch.uniform((1,)) * count) if count > 1 else 0
            log_p = density.log_prob_in(batch.x, order).mean()
        else:
            log_p = density.log_prob(batch.x).mean()
        return Record(-log_p, log_p, torch.zeros_like(log_p))
