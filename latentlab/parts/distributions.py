"""Posteriors, priors and likelihoods by their tags, and what a model knows of labels."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from latentlab.parts.base import (
    Classes,
    Depth,
    Fraction,
    Hidden,
    Levels,
    NonNegative,
    Positive,
    Spec,
    Width,
)

Transform = Literal["iaf", "maf", "spline", "planar"]
Codebook = Literal["ema", "gradient"]
Components = Annotated[int, Meta(ge=1, le=5000)]

# Posteriors q(z|x).


class Diagonal(Spec, frozen=True, kw_only=True, tag="diagonal"):
    """N(mu, diag(sigma^2))."""


class FullCovariance(Spec, frozen=True, kw_only=True, tag="full"):
    """N(mu, L L^T), L lower triangular with sigma on its diagonal."""


class Flow(Spec, frozen=True, kw_only=True, tag="flow"):
    """A diagonal Gaussian bent by invertible layers that see x (Rezende and Mohamed, 2015).

    Args:
        transform: iaf: one pass to draw; maf: one pass to score; spline: monotonic splines in iaf's
            order; planar: the simple one, inverted by search.
        layers: How many, one after the other.
        hidden: Width of the networks inside.
    """

    transform: Transform = "iaf"
    layers: Depth = 2
    hidden: Width = 128


class Categorical(Spec, frozen=True, kw_only=True, tag="categorical"):
    """Each latent is one of K categories, trained by Gumbel-softmax (Jang et al., 2017).

    Args:
        categories: K.
        hard: The decoder sees one-hot values, gradients those of the soft ones.
        temperature: Of the relaxation at the first step.
        final_temperature: At the last step; it falls exponentially.
    """

    categories: Annotated[int, Meta(ge=2, le=4096)] = 10
    hard: bool = False
    temperature: Positive = 1.0
    final_temperature: Positive = 0.5


class VectorQuantised(Spec, frozen=True, kw_only=True, tag="vq"):
    """A grid of vectors, each the nearest of a codebook (van den Oord et al., 2017).

    `ModelSpec.latent_dim` is the length of a code vector.

    Args:
        codes: Size of the codebook.
        tokens: Code vectors of a datum where the network has no grid of its own (mlp).
        codebook: ema: moving averages of what they stand for; gradient: a loss.
        decay: Of the moving averages.
        commitment: Weight of the loss that holds the encoder to its codes.
        revive: Codes that nothing uses restart at vectors of the batch.
    """

    codes: Annotated[int, Meta(ge=2, le=16_384)] = 128
    tokens: Annotated[int, Meta(ge=1, le=1024)] = 16
    codebook: Codebook = "ema"
    decay: Annotated[float, Meta(gt=0, lt=1)] = 0.99
    commitment: NonNegative = 0.25
    revive: bool = True


class Deterministic(Spec, frozen=True, kw_only=True, tag="none"):
    """One code for each datum, no distribution: a plain autoencoder. There is no bound."""


class Implicit(Spec, frozen=True, kw_only=True, tag="implicit"):
    """A network of x and noise, without a density (Makhzani et al., 2015: AAE).

    Args:
        noise: Noise values beside x.
    """

    noise: Annotated[int, Meta(ge=1, le=1024)] = 16


PosteriorSpec = (
    Diagonal | FullCovariance | Flow | Categorical | VectorQuantised | Deterministic | Implicit
)

# Priors p(z).


class StandardNormal(Spec, frozen=True, kw_only=True, tag="normal"):
    """N(0, I)."""


class Mixture(Spec, frozen=True, kw_only=True, tag="mixture"):
    """Gaussians with learned weights, means and scales."""

    components: Components = 20


class Vamp(Spec, frozen=True, kw_only=True, tag="vamp"):
    """The posteriors of learned pseudo-inputs, mixed (Tomczak and Welling, 2018)."""

    components: Components = 100


class FlowPrior(Spec, frozen=True, kw_only=True, tag="flow"):
    """A standard normal bent by learned invertible layers (Papamakarios et al., 2017).

    Args:
        transform: maf: shifts and scales; spline: monotonic splines on [-5, 5], which cost more.
        layers: How many, one after the other.
        hidden: Width of the networks inside.
    """

    transform: Literal["maf", "spline"] = "maf"
    layers: Depth = 3
    hidden: Width = 64


class UniformCategorical(Spec, frozen=True, kw_only=True, tag="categorical"):
    """Every code as likely as any other: 1/K for each latent or token."""


class Autoregressive(Spec, frozen=True, kw_only=True, tag="autoregressive"):
    """A PixelCNN over the grid of codes, learned after them (van den Oord et al., 2017)."""

    channels: Width = 64
    layers: Depth = 4


PriorSpec = StandardNormal | Mixture | Vamp | FlowPrior | UniformCategorical | Autoregressive

# Likelihoods p(x|z).


class Bernoulli(Spec, frozen=True, kw_only=True, tag="bernoulli"):
    """Independent binary pixels; on grey values a loss, "Bernoulli on grey values"."""


class ContinuousBernoulli(Spec, frozen=True, kw_only=True, tag="continuous-bernoulli"):
    """A density for grey values in [0, 1] (Loaiza-Ganem and Cunningham, 2019)."""


class Gaussian(Spec, frozen=True, kw_only=True, tag="gaussian"):
    """Independent normals; scale fixed, or one learned scale with a floor."""

    scale: Positive = 0.1
    learned: bool = False


class Logistic(Spec, frozen=True, kw_only=True, tag="logistic"):
    """The mass of a grey level under a mixture of logistics (Salimans et al., 2017).

    Args:
        levels: How many values a pixel can have.
        components: Of the mixture; 1 is one logistic.
    """

    levels: Levels = 256
    components: Annotated[int, Meta(ge=1, le=30)] = 1


class Poisson(Spec, frozen=True, kw_only=True, tag="poisson"):
    """Counts whose variance is their mean.

    Args:
        levels: The highest count of the data, plus one: x = count / (levels - 1).
    """

    levels: Levels = 17


class NegativeBinomial(Spec, frozen=True, kw_only=True, tag="negative-binomial"):
    """Counts that vary more than their mean, with a learned dispersion for each column.

    Args:
        levels: The highest count of the data, plus one: x = count / (levels - 1).
    """

    levels: Levels = 17


LikelihoodSpec = Bernoulli | ContinuousBernoulli | Gaussian | Logistic | Poisson | NegativeBinomial

# What a model knows of labels.


class Conditional(Spec, frozen=True, kw_only=True, tag="condition"):
    """Encoder and decoder are told the class of a datum (Sohn et al., 2015)."""

    classes: Classes = 10


class LatentClassifier(Spec, frozen=True, kw_only=True, tag="m1"):
    """A classifier q(y|z) on the codes, learned after them (Kingma et al., 2014: M1)."""

    classes: Classes = 10
    hidden: Hidden = (256,)


class SemiSupervised(Spec, frozen=True, kw_only=True, tag="m2"):
    """The class is a latent too, known for some data (Kingma et al., 2014: M2)."""

    classes: Classes = 10
    hidden: Hidden = (512,)


class Stacked(Spec, frozen=True, kw_only=True, tag="m1m2"):
    """M2 on the codes of M1 (Kingma et al., 2014: M1+M2).

    Args:
        classes: How many.
        inner_dim: Latents of the M2 that stands on the codes.
        hidden: Widths of its networks.
        dropout: Share of its classifier's inputs left out while it learns.
    """

    classes: Classes = 10
    inner_dim: Width = 50
    hidden: Hidden = (500,)
    dropout: Fraction = 0.0


LabelsSpec = Conditional | LatentClassifier | SemiSupervised | Stacked
