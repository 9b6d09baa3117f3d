"""Combinations of parts, small: the laws are tested over all of them.

Parts come from the registries, so that a new one joins by itself: with its defaults, or with the
smaller variants named here. `goes` says which do not go together.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product

import torch

from latentlab import specs
from latentlab.models.build import FAMILIES
from latentlab.models.likelihoods import LIKELIHOODS
from latentlab.models.networks import ENCODERS
from latentlab.models.posteriors import POSTERIORS
from latentlab.models.priors import PRIORS
from latentlab.models.vae import VAE

VARIANTS: dict[type[specs.Spec], dict[str, specs.Spec]] = {
    specs.Mlp: {"mlp": specs.Mlp(hidden=(16, 12))},
    specs.Conv: {"conv": specs.Conv(channels=(6, 8), hidden=16)},
    specs.Flow: {
        "iaf": specs.Flow(transform="iaf", hidden=8),
        "maf": specs.Flow(transform="maf", hidden=8),
        "spline": specs.Flow(transform="spline", hidden=8),
        "planar": specs.Flow(transform="planar", layers=3),
    },
    specs.Categorical: {"categorical": specs.Categorical(categories=3)},
    specs.Implicit: {"implicit": specs.Implicit(noise=3)},
    specs.Mixture: {"mixture": specs.Mixture(components=4)},
    specs.Vamp: {"vamp": specs.Vamp(components=3)},
    specs.FlowPrior: {
        "splines": specs.FlowPrior(transform="spline", layers=2, hidden=8),
        "shifts": specs.FlowPrior(transform="maf", layers=3, hidden=8),
    },
    specs.Gaussian: {
        "gaussian": specs.Gaussian(),
        "learned": specs.Gaussian(scale=0.3, learned=True),
    },
    specs.Logistic: {
        "logistic": specs.Logistic(levels=17),
        "logistics": specs.Logistic(components=2),
    },
}
# Posteriors and priors of grids of codes are a world of their own, with their own tests.
GRIDS = (specs.VectorQuantised, specs.Autoregressive)
SIZES = {"8x8-1": ((1, 8, 8), 1), "8x8-2": ((1, 8, 8), 2), "colour-7x12-5": ((3, 7, 12), 5)}


def variants(kinds: Iterable[type[specs.Spec]]) -> dict[str, specs.Spec]:
    """The parts to test, by name: of each kind its variants, or its defaults."""
    found: dict[str, specs.Spec] = {}
    for kind in kinds:
        if not issubclass(kind, GRIDS):
            found |= VARIANTS.get(kind) or {str(kind.__struct_config__.tag): kind()}
    return found


NETWORKS = variants(kind for kind in ENCODERS if kind not in FAMILIES)
Q = variants(POSTERIORS)
P = variants(PRIORS)
LIKELIHOOD = variants(LIKELIHOODS)

UNSCORED = (specs.Deterministic, specs.Implicit)  # posteriors without a density
LEARNED = (specs.Mixture, specs.Vamp, specs.FlowPrior)


def goes(posterior: specs.Spec, prior: specs.Spec) -> bool:
    """Whether these two can be one model."""
    discrete = isinstance(posterior, specs.Categorical)
    if discrete or isinstance(prior, specs.UniformCategorical):
        return discrete and isinstance(prior, specs.UniformCategorical)
    return not (isinstance(posterior, UNSCORED) and isinstance(prior, LEARNED))


PAIRS = [(q, p) for q, p in product(Q, P) if goes(Q[q], P[p])]
STRANGERS = [(q, p) for q, p in product(Q, P) if not goes(Q[q], P[p])]


@dataclass(frozen=True)
class Choice:
    """One combination, by the names of its parts."""

    network: str
    posterior: str
    prior: str
    likelihood: str
    size: str

    @property
    def name(self) -> str:
        return "-".join((self.posterior, self.prior, self.likelihood, self.network, self.size))

    @property
    def parts(self) -> tuple[tuple[int, str], ...]:
        values = (self.network, self.posterior, self.prior, self.likelihood, self.size)
        return tuple(enumerate(values))

    @property
    def spec(self) -> specs.ModelSpec:
        shape, latent_dim = SIZES[self.size]
        return specs.ModelSpec(
            shape=shape,
            latent_dim=latent_dim,
            network=NETWORKS[self.network],
            posterior=Q[self.posterior],
            prior=P[self.prior],
            likelihood=LIKELIHOOD[self.likelihood],
        )


EVERY = [Choice(n, q, p, k, s) for (q, p), n, k, s in product(PAIRS, NETWORKS, LIKELIHOOD, SIZES)]


def covering(every: list[Choice]) -> list[Choice]:
    """Few combinations that hold every two parts that can meet, the richest first."""
    shuffled = random.Random(0).sample(every, len(every))  # noqa: S311  an order, no secret
    pairs = {choice: set(combinations(choice.parts, 2)) for choice in shuffled}
    met: set[tuple[tuple[int, str], tuple[int, str]]] = set()
    chosen = []
    for fewest in range(10, 0, -1):
        for choice in shuffled:
            if len(pairs[choice] - met) >= fewest:
                chosen.append(choice)
                met |= pairs[choice]
    return chosen


CHOSEN = covering(EVERY)


def data_like(spec: specs.ModelSpec, x: torch.Tensor) -> torch.Tensor:
    """x at values that the likelihood knows: counts and grey levels are whole."""
    levels = getattr(spec.likelihood, "levels", 0)
    return (x * (levels - 1)).round() / (levels - 1) if levels else x


def bend(vae: VAE, generator: torch.Generator, amount: float = 0.4) -> VAE:
    """`vae` with a posterior and a prior far from where they begin, and each its own."""
    with torch.no_grad():
        for parameter in (*vae.posterior.parameters(), *vae.prior.parameters()):
            parameter.add_(amount * torch.randn(parameter.shape, generator=generator))
    return vae.eval()
