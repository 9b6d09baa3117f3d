"""The variational autoencoder: networks x posterior x prior x likelihood.

log p(x) >= ELBO(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z)) (Kingma and Welling, 2014).
Where the model knows of labels, everything may be conditioned on a class y: q(z|x, y), p(x|z, y);
or a classifier q(y|x) stands beside it (`latentlab.models.labels`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from latentlab.errors import UsageError
from latentlab.models.labels import LABELS, Knowing, SemiSupervised, Stacked
from latentlab.models.likelihoods import LIKELIHOODS, Likelihood
from latentlab.models.networks import DECODERS, ENCODERS
from latentlab.models.posteriors import POSTERIORS, Posterior
from latentlab.models.priors import PRIORS, Prior
from latentlab.specs import Conditional, ModelSpec
from latentlab.specs import SemiSupervised as SemiSupervisedSpec


class VAE(nn.Module):
    """q(z|x), p(z) and p(x|z) of one spec. Make it with `latentlab.models.build.build`.

    Attributes:
        z_dim: Values of one z as the decoder takes it.
        told: Classes that q and p(x|z) are told of; 0 where they are not.
        knowing: The classifier and what goes with it; None without one.

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
        self.told = labels.classes if isinstance(labels, Conditional | SemiSupervisedSpec) else 0
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
        self.knowing: Knowing | None = None
        if labels is not None and type(labels) in LABELS:
            self.knowing = LABELS[type(labels)](labels, spec, self.z_dim)

    def q(self, x: Tensor, y: Tensor | None = None) -> Posterior:
        """q(z|x), or q(z|x, y), of pictures (B, C, H, W) in [0, 1] and classes (B,).

        Where M2 does not know y, it is the class that the classifier finds most probable.
        """
        h = self.encoder(x)  # (B, F)
        if self.teller is not None:
            y = self._known(x, y)
            h = torch.relu(h + self.teller(self.classes(y, len(x), x.device)))
        posterior: Posterior = self.posterior(h)
        return posterior

    def q_each(self, x: Tensor) -> Posterior:
        """q(z|x, y) for every class y at once: a batch of Y * B rows, those of class 0 first."""
        assert self.teller is not None  # noqa: S101 - asked of models that are told alone
        h = self.encoder(x)  # (B, F)
        each = torch.relu(h + self.teller.weight.T.unsqueeze(1))  # (Y, B, F)
        posterior: Posterior = self.posterior(each.flatten(0, 1))
        return posterior

    def classify(self, x: Tensor) -> Tensor:
        """log q(y|x) of every class: (B, Y); M1 and M1+M2 ask at the mean of q(z|x).

        Raises:
            UsageError: The model has no classifier.
        """
        if self.knowing is None:
            raise UsageError(
                "This model has no classifier.", do="Train one with the labels m1, m2 or m1m2."
            )
        return self.knowing.log_probs(x if self.knowing.reads == "x" else self.q(x).mean)

    def _known(self, x: Tensor, y: Tensor | None) -> Tensor | None:
        if not isinstance(self.knowing, SemiSupervised) or (
            y is not None and y.is_floating_point()
        ):
            return y
        with torch.no_grad():
            guess = self.knowing.log_probs(x).argmax(-1)  # (B,)
        return guess if y is None else torch.where(y < 0, guess, y)

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
        """E[x|z] or E[x|z, y], the picture to show: (..., D) -> (..., C, H, W).

        A model that is told, and is not, gives the mean over all classes, each as likely. M1+M2
        shows what z would be in class y.
        """
        if self.told and y is None:
            every = torch.eye(self.told, device=z.device).view(-1, *[1] * (z.dim() - 1), self.told)
            each = z.expand(self.told, *z.shape)  # (Y, ..., D)
            return self.likelihood.mean(self.likelihood_parameters(each, every)).mean(0)
        if isinstance(self.knowing, Stacked) and y is not None:
            flat = z.reshape(-1, z.shape[-1])
            z = self.knowing.as_class(flat, y.expand(z.shape[:-1]).reshape(-1)).view_as(z)
        return self.likelihood.mean(self.likelihood_parameters(z, y))

    def log_likelihood(self, x: Tensor, z: Tensor, y: Tensor | None = None) -> Tensor:
        """log p(x|z) in nats: x (B, C, H, W), z (..., B, D) -> (..., B)."""
        return self.likelihood.log_prob(x, self.likelihood_parameters(z, y))
