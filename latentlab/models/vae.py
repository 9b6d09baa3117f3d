"""The variational autoencoder: networks x posterior x prior x likelihood.

log p(x) >= ELBO(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z)) (Kingma and Welling, 2014).
Where the model knows of labels, everything may be conditioned on a class y: q(z|x, y), p(x|z, y).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from latentlab.models.likelihoods import LIKELIHOODS, Likelihood
from latentlab.models.networks import DECODERS, ENCODERS
from latentlab.models.posteriors import POSTERIORS, Posterior
from latentlab.models.priors import PRIORS, Prior
from latentlab.specs import Conditional, ModelSpec, SemiSupervised


class VAE(nn.Module):
    """q(z|x), p(z) and p(x|z) of one spec. Make it with `latentlab.models.build.build`.

    Attributes:
        z_dim: Values of one z as the decoder takes it.
        told: Classes that q and p(x|z) are told of; 0 where they are not.

    Example:
        >>> from latentlab.models.build import build
        >>> vae = build(ModelSpec(shape=(1, 8, 8)))
        >>> q = vae.q(torch.zeros(5, 1, 8, 8))
        >>> z, log_q = q.rsample(torch.zeros(5, 2))
        >>> vae.decode(z).shape, vae.log_likelihood(torch.zeros(5, 1, 8, 8), z).shape
        (torch.Size([5, 1, 8, 8]), torch.Size([5]))
    """

    prior: Prior
    likelihood: Likelihood

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        labels = spec.labels
        self.told = labels.classes if isinstance(labels, Conditional | SemiSupervised) else 0
        self.likelihood = LIKELIHOODS[type(spec.likelihood)](spec.likelihood, spec.shape)
        self.encoder = ENCODERS[type(spec.network)](spec.network, spec.shape)
        features = int(self.encoder.features)  # type: ignore[arg-type]
        self.teller = nn.Linear(self.told, features, bias=False) if self.told else None
        self.posterior = POSTERIORS[type(spec.posterior)](spec.posterior, features, spec.latent_dim)
        self.z_dim = int(getattr(self.posterior, "z_dim", spec.latent_dim))
        self.prior = PRIORS[type(spec.prior)](spec.prior, spec)
        self.prior.attach(self)
        out = (self.likelihood.channels_out, *spec.shape[1:])
        self.decoder = DECODERS[type(spec.network)](spec.network, self.z_dim + self.told, out)

    def q(self, x: Tensor, y: Tensor | None = None) -> Posterior:
        """q(z|x), or q(z|x, y), of pictures (B, C, H, W) in [0, 1] and classes (B,)."""
        h = self.encoder(x)  # (B, F)
        if self.teller is not None:
            h = torch.relu(h + self.teller(self.classes(y, len(x), x.device)))
        posterior: Posterior = self.posterior(h)
        return posterior

    def classes(self, y: Tensor | None, count: int, device: torch.device) -> Tensor:
        """Classes (B,), or their probabilities (B, Y), as values (B, Y); unknown ones are zero."""
        if y is None:
            return torch.zeros(count, self.told, device=device)
        if y.is_floating_point():
            return y
        known = y.clamp_min(0)
        return one_hot(known, self.told) * (y >= 0).unsqueeze(-1).float()

    def likelihood_parameters(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Latents (..., D) -> the likelihood's parameters (..., channels_out, H, W).

        Classes y are (B,) or (B, Y), of the last but one axis of z.
        """
        if self.told:
            told = self.classes(y, z.shape[-2], z.device)
            z = torch.cat([z, told.expand(*z.shape[:-1], self.told)], -1)
        flat: Tensor = self.decoder(z if z.dim() == 2 else z.reshape(-1, z.shape[-1]))
        return flat if z.dim() == 2 else flat.view(*z.shape[:-1], *flat.shape[1:])

    def decode(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """E[x|z], the picture to show: (..., D) -> (..., C, H, W)."""
        return self.likelihood.mean(self.likelihood_parameters(z, y))

    def log_likelihood(self, x: Tensor, z: Tensor, y: Tensor | None = None) -> Tensor:
        """log p(x|z) in nats: x (B, C, H, W), z (..., B, D) -> (..., B)."""
        return self.likelihood.log_prob(x, self.likelihood_parameters(z, y))
