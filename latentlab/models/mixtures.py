"""Priors that are mixtures: of Gaussians, and of the posteriors of pseudo-inputs."""

from __future__ import annotations

from math import log

import torch
from torch import Generator, Tensor, nn

from latentlab import specs
from latentlab.models.gaussian import LOG_SIGMA, DiagonalGaussian
from latentlab.models.posteriors import Posterior
from latentlab.models.prior import Prior, real_values
from latentlab.models.sums import logsumexp

PAIRS_AT_ONCE = 2**22  # values of latents x components that one block holds
SPREAD = 0.5  # of each component at first; with the centres' own spread, N(0, I) in all
GREY = 0.5  # how far the logits of the first pseudo-inputs stray from mid-grey
EDGE = 0.02  # pixels are kept this far from 0 and 1, where a sigmoid would hold them


class Mixture(Prior):
    """sum_k pi_k N(z; mu_k, diag(sigma_k^2)), all learned: log p by log-sum-exp."""

    def __init__(self, spec: specs.Mixture, model: specs.ModelSpec) -> None:
        super().__init__(real_values(model, learned=True))
        self.spec = spec
        self.logits = nn.Parameter(torch.empty(spec.components))
        self.centres = nn.Parameter(torch.empty(spec.components, model.latent_dim))
        self.log_scales = nn.Parameter(torch.empty(spec.components, model.latent_dim))

    def reset_parameters(self, generator: Generator) -> None:
        """Equal weights and scales, centres such that the mixture is about N(0, I)."""
        nn.init.zeros_(self.logits)
        nn.init.normal_(self.centres, 0.0, (1 - SPREAD**2) ** 0.5, generator=generator)
        nn.init.constant_(self.log_scales, log(SPREAD))

    @property
    def weights(self) -> Tensor:
        """pi (K,)."""
        return self.logits.softmax(0)

    @property
    def components(self) -> DiagonalGaussian:
        """The K Gaussians, as one batch."""
        return DiagonalGaussian(self.centres, self.log_scales.clamp(*LOG_SIGMA))

    def eps_shape(self, count: int) -> tuple[int, ...]:
        """(count, D + 1): the last value chooses the component."""
        return (count, self.latent_dim + 1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (..., D) -> (...)."""
        scores = _pairs(self.components, self.spec.components, z)  # (N, K)
        return logsumexp(scores + self.logits.log_softmax(0), -1).view(z.shape[:-1])

    def sample(self, eps: Tensor) -> Tensor:
        """Standard normal noise of `eps_shape` -> latents (count, D)."""
        chosen = choose(self.weights, eps[:, -1])
        one = self.components
        return one.mean[chosen] + one.log_sigma[chosen].exp() * eps[:, :-1]


class Vamp(Prior):
    """1/K sum_k q(z|u_k) at learned pseudo-inputs u_k (Tomczak and Welling, 2018: VampPrior).

    It reads u with the model's own encoder and posterior, which it does not own: they are told by
    `attach`, and held where torch does not count them a second time. The VAE itself is not held:
    two objects that hold each other keep their memory until they are looked for.
    """

    def __init__(self, spec: specs.Vamp, model: specs.ModelSpec) -> None:
        super().__init__(real_values(model, learned=True))
        self.spec, self.rows_wanted = spec, spec.components
        self.pseudo_logits = nn.Parameter(torch.empty(spec.components, *model.shape))
        self._readers: list[nn.Module] = []
        self._told = False

    def attach(self, vae: nn.Module) -> None:
        """Keep the parts of `vae` that read a datum."""
        self._readers = [vae.get_submodule("encoder"), vae.get_submodule("posterior")]
        self._told = bool(getattr(vae, "told", 0))

    def reset_parameters(self, generator: Generator) -> None:
        """Mid-grey with noise; `initialise_from` puts data there."""
        nn.init.normal_(self.pseudo_logits, 0.0, GREY, generator=generator)

    @torch.no_grad()
    def initialise_from(self, x: Tensor) -> None:
        """Begin at data (N, C, H, W), N of them in turn."""
        chosen = x[torch.arange(len(self.pseudo_logits), device=x.device) % len(x)]
        self.pseudo_logits.copy_(torch.logit(chosen.to(self.pseudo_logits), eps=EDGE))

    @property
    def pseudo_inputs(self) -> Tensor:
        """u (K, C, H, W) in [0, 1]."""
        return torch.sigmoid(self.pseudo_logits)

    def eps_shape(self, count: int) -> tuple[int, ...]:
        """(count, D + 1): the last value chooses the pseudo-input."""
        return (count, self.latent_dim + 1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (..., D) -> (...)."""
        encoder, posterior = self._readers
        q, count = posterior(self._features(encoder)), self.spec.components
        return (logsumexp(_pairs(q, count, z), -1) - log(count)).view(z.shape[:-1])

    def sample(self, eps: Tensor) -> Tensor:
        """Standard normal noise of `eps_shape` -> latents (count, D)."""
        encoder, posterior = self._readers
        equal = torch.full((len(self.pseudo_logits),), 1 / len(self.pseudo_logits)).to(eps)
        q = posterior(self._features(encoder)[choose(equal, eps[:, -1])])
        z: Tensor = q.rsample(eps[:, :-1])[0]
        return z

    def _features(self, encoder: nn.Module) -> Tensor:
        h: Tensor = encoder(self.pseudo_inputs)  # (K, F)
        return torch.relu(h) if self._told else h  # of an unknown class, as `VAE.q` reads it


def choose(weights: Tensor, eps: Tensor) -> Tensor:
    """Standard normal values (N,) -> components (N,), as likely as their weights (K,).

    Example:
        >>> choose(torch.tensor([0.2, 0.5, 0.3]), torch.tensor([-1.0, 0.0, 1.0])).tolist()
        [0, 1, 2]
    """
    uniform = torch.special.ndtr(eps)
    found = torch.searchsorted(weights.detach().cumsum(0).contiguous(), uniform.contiguous())
    return found.clamp_max(len(weights) - 1)


def _pairs(components: Posterior, count: int, z: Tensor) -> Tensor:
    """log density of every latent (..., D) under every component, a batch of K: (N, K)."""
    flat = z.reshape(-1, 1, z.shape[-1])  # (N, 1, D)
    rows = max(1, PAIRS_AT_ONCE // (count * z.shape[-1]))
    scores = [components.log_prob(part) for part in torch.split(flat, rows)]
    return scores[0] if len(scores) == 1 else torch.cat(scores)
