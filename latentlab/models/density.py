"""Models without latents: the exact likelihood of a picture, pixel by pixel.

log p(x) = sum_i log p(x_i | x_<i). They share a VAE's place in training, files and sampling; what
needs latents is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Never

from torch import Tensor, nn

from latentlab.errors import UsageError
from latentlab.models.likelihoods import LIKELIHOODS
from latentlab.models.posteriors import Posterior
from latentlab.models.prior import Prior
from latentlab.models.vae import VAE
from latentlab.specs import ModelSpec

Report = Callable[[float], None]


class Density(VAE):
    """What MADE and PixelCNN share.

    Raises:
        UsageError: The model is to know of labels, or its latents are asked for.
    """

    def __init__(self, spec: ModelSpec) -> None:
        nn.Module.__init__(self)  # none of a VAE's parts
        if spec.labels is not None:
            raise UsageError(
                "A model without latents learns nothing of labels.", do="Leave the labels out."
            )
        self.spec = spec
        self.told = self.z_dim = 0
        self.teller = self.knowing = None
        self.prior = Nothing(0)
        self.likelihood = LIKELIHOODS[type(spec.likelihood)](spec.likelihood, spec.shape)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, exact: (B, C, H, W) -> (B,)."""
        raise NotImplementedError

    def noise_shape(self, count: int) -> tuple[int, ...]:
        """The shape of the uniform noise that `sample` takes: (count, C, H, W)."""
        return (count, *self.spec.shape)

    def sample(self, uniform: Tensor, report: Report | None = None) -> Tensor:
        """Uniform noise of `noise_shape` -> pictures (n, C, H, W), drawn pixel by pixel.

        `report` is called with the fraction done.
        """
        raise NotImplementedError

    def q(self, x: Tensor, y: Tensor | None = None) -> Posterior:  # noqa: ARG002 - as a VAE's
        """There is no latent.

        Raises:
            UsageError: Always.
        """
        no_latents()

    def likelihood_parameters(self, z: Tensor, y: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """There is no latent.

        Raises:
            UsageError: Always.
        """
        no_latents()


class Nothing(Prior):
    """The prior over no latents at all: log p = log 1."""

    def log_prob(self, z: Tensor) -> Tensor:
        """log 1: (..., 0) -> (...)."""
        return z.new_zeros(z.shape[:-1])

    def sample(self, eps: Tensor) -> Tensor:
        """(count, 0), as the noise."""
        return eps


def no_latents() -> Never:
    """Refuse what needs latents."""
    raise UsageError(
        "This model has no latents: it gives the likelihood of a picture and draws new ones.",
        do="Sample or evaluate it, or open a model with latents.",
    )
