"""The variational autoencoder: networks x posterior x prior x likelihood.

log p(x) >= ELBO(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z)) (Kingma and Welling, 2014).
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn

from latentlab.errors import UsageError
from latentlab.models.likelihoods import LIKELIHOODS, Likelihood
from latentlab.models.networks import DECODERS, ENCODERS
from latentlab.models.posteriors import POSTERIORS, Posterior
from latentlab.models.priors import PRIORS, Prior
from latentlab.specs import ModelSpec

MAX_PARAMETERS = 500_000_000


class VAE(nn.Module):
    """q(z|x), p(z) and p(x|z) of one spec. Make it with `build`.

    Example:
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
        self.likelihood = LIKELIHOODS[type(spec.likelihood)](spec.likelihood, spec.shape)
        self.prior = PRIORS[type(spec.prior)](spec.prior, spec.latent_dim)
        self.encoder = ENCODERS[type(spec.network)](spec.network, spec.shape)
        features = int(self.encoder.features)  # type: ignore[arg-type]
        self.posterior = POSTERIORS[type(spec.posterior)](features, spec.latent_dim)
        out = (self.likelihood.channels_out, *spec.shape[1:])
        self.decoder = DECODERS[type(spec.network)](spec.network, spec.latent_dim, out)

    def q(self, x: Tensor) -> Posterior:
        """q(z|x) of pictures (B, C, H, W) in [0, 1]."""
        posterior: Posterior = self.posterior(self.encoder(x))
        return posterior

    def likelihood_parameters(self, z: Tensor) -> Tensor:
        """Latents (..., D) -> the likelihood's parameters (..., channels_out, H, W)."""
        flat: Tensor = self.decoder(z if z.dim() == 2 else z.reshape(-1, z.shape[-1]))
        return flat if z.dim() == 2 else flat.view(*z.shape[:-1], *flat.shape[1:])

    def decode(self, z: Tensor) -> Tensor:
        """E[x|z], the picture to show: (..., D) -> (..., C, H, W)."""
        return self.likelihood.mean(self.likelihood_parameters(z))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z) in nats: x (B, C, H, W), z (..., B, D) -> (..., B)."""
        return self.likelihood.log_prob(x, self.likelihood_parameters(z))


def build(spec: ModelSpec, *, seed: int = 0) -> VAE:
    """A VAE with fresh weights; the same seed gives the same weights.

    Draws from a generator of its own, never from torch's global one.

    Raises:
        UsageError: The parts do not fit the data, or the model is too large.
    """
    vae = outline(spec)
    vae.to_empty(device="cpu")
    _initialise(vae, torch.Generator().manual_seed(seed))
    return vae


def outline(spec: ModelSpec) -> VAE:
    """The VAE on torch's `meta` device: every name and shape, without memory.

    Parts keep no tensors but their parameters, for those alone are filled later.

    Raises:
        UsageError: The parts do not fit the data, or the model is too large.
    """
    with torch.device("meta"):
        vae = VAE(spec)
    count = count_parameters(vae)
    if count > MAX_PARAMETERS:
        raise UsageError(
            f"The model would have {count:,} parameters; at most {MAX_PARAMETERS:,} are allowed.",
            do="Choose narrower layers or fewer latents.",
        )
    return vae


def clone(vae: VAE, device: torch.device | None = None) -> VAE:
    """A copy with memory of its own, as a snapshot to decode from while `vae` trains on."""
    copy = outline(vae.spec)
    target = device if device is not None else next(vae.parameters()).device
    state = {k: v.detach().to(target, copy=True) for k, v in vae.state_dict().items()}
    copy.load_state_dict(state, assign=True)
    return copy.eval()


def count_parameters(vae: nn.Module) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in vae.parameters())


def _initialise(vae: nn.Module, generator: Generator) -> None:
    """Fill every parameter as torch's layers do, but from `generator`: U(-1, 1) / sqrt(fan in).

    Biases too: with zero biases every kink of a decoder's first layer would pass through z = 0.
    """
    for module in vae.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            bound = 1 / math.sqrt(module.weight[0].numel())
            for parameter in module.parameters(recurse=False):
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif next(module.parameters(recurse=False), None) is not None:
            module.reset_parameters(generator)  # type: ignore[operator]
