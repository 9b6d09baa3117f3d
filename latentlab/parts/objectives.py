"""Objectives: what a step minimises."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from latentlab.parts.base import Fraction, Hidden, NonNegative, Positive, Samples, Spec

BetaSchedule = Literal["constant", "linear", "cyclical"]
Corruption = Literal["gaussian", "mask", "salt-and-pepper"]


class Elbo(Spec, frozen=True, kw_only=True, tag="elbo"):
    """The evidence lower bound with L samples (Kingma and Welling, 2014)."""

    samples: Samples = 1


class BetaVae(Spec, frozen=True, kw_only=True, tag="beta"):
    """Reconstruction minus beta times KL (Higgins et al., 2017), beta on a schedule.

    `schedule` linear: from 0 to `beta` over the first `warmup` of the steps; cyclical: that ramp
    four times (Fu et al., 2019); constant: `beta` throughout. `free_bits`: nats of KL for each
    latent that cost nothing (Kingma et al., 2016).
    """

    beta: NonNegative = 1.0
    schedule: BetaSchedule = "constant"
    warmup: Fraction = 0.25
    free_bits: NonNegative = 0.0
    samples: Samples = 1


class BetaTc(Spec, frozen=True, kw_only=True, tag="tc"):
    """The KL in three parts, total correlation times beta (Chen et al., 2018: beta-TCVAE)."""

    beta: NonNegative = 6.0


class FactorVae(Spec, frozen=True, kw_only=True, tag="factor"):
    """The ELBO minus gamma times the total correlation, by a discriminator (Kim and Mnih, 2018).

    Args:
        gamma: Weight of the total correlation.
        hidden: Widths of the discriminator.
        learning_rate: Of the discriminator.
    """

    gamma: NonNegative = 10.0
    hidden: Hidden = (256, 256, 256)
    learning_rate: Positive = 1e-4


class Iwae(Spec, frozen=True, kw_only=True, tag="iwae"):
    """log 1/K sum_k p(x, z_k) / q(z_k|x), a tighter bound (Burda et al., 2016)."""

    samples: Samples = 5


class Dreg(Spec, frozen=True, kw_only=True, tag="dreg"):
    """The same bound with the doubly reparameterised gradient (Tucker et al., 2019)."""

    samples: Samples = 5


class Autoencoder(Spec, frozen=True, kw_only=True, tag="autoencoder"):
    """The reconstruction alone. There is no bound."""


class Denoising(Spec, frozen=True, kw_only=True, tag="denoising"):
    """Read a corrupted x, score against the clean one (Vincent et al., 2008; Im et al., 2017).

    Args:
        noise: gaussian: added, `amount` its standard deviation; mask: a share set to 0;
            salt-and-pepper: a share set to 0 or 1.
        amount: How much.
    """

    noise: Corruption = "mask"
    amount: Annotated[float, Meta(ge=0, le=1)] = 0.3


class VqVae(Spec, frozen=True, kw_only=True, tag="vq"):
    """Codebook and commitment losses, then a prior over the codes (van den Oord et al., 2017).

    Args:
        prior_share: Of the steps, for a learned prior over the codes (autoregressive).
    """

    prior_share: Annotated[float, Meta(ge=0, lt=1)] = 0.4


class Adversarial(Spec, frozen=True, kw_only=True, tag="adversarial"):
    """A discriminator holds the codes to the prior (Makhzani et al., 2015: AAE).

    Args:
        weight: Of fooling the discriminator, in nats per datum.
        hidden: Widths of the discriminator.
        learning_rate: Of the discriminator.
    """

    weight: NonNegative = 10.0
    hidden: Hidden = (256, 256)
    learning_rate: Positive = 5e-4


class MaximumLikelihood(Spec, frozen=True, kw_only=True, tag="likelihood"):
    """The exact log-likelihood of a model without latents (MADE, PixelCNN)."""


class M1(Spec, frozen=True, kw_only=True, tag="m1"):
    """The ELBO, then a classifier on the codes of labelled data (Kingma et al., 2014).

    Args:
        classifier_share: Of the steps, for the classifier.
        code_beta: Weight of the codes' KL while they are learned; below 1 more of them are used,
            and classes are told apart better.
    """

    classifier_share: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    code_beta: NonNegative = 1.0


class M2(Spec, frozen=True, kw_only=True, tag="m2"):
    """The bound with the class summed out where it is unknown (Kingma et al., 2014).

    Args:
        alpha: Weight of log q(y|x) on labelled data, over the number of training rows.
        labelled_share: Labelled rows drawn for that term beside each batch, over its rows.
    """

    alpha: NonNegative = 0.1
    labelled_share: Fraction = 0.2


class M1M2(Spec, frozen=True, kw_only=True, tag="m1m2"):
    """M1, then M2 on its codes, drawn anew for each batch (Kingma et al., 2014).

    Args:
        first_share: Of the steps, for M1.
        alpha: As for M2.
        labelled_share: As for M2.
        code_beta: As for M1.
    """

    first_share: Annotated[float, Meta(gt=0, lt=1)] = 0.4
    alpha: NonNegative = 0.1
    labelled_share: Fraction = 0.2
    code_beta: NonNegative = 1.0


ObjectiveSpec = (
    Elbo
    | BetaVae
    | BetaTc
    | FactorVae
    | Iwae
    | Dreg
    | Autoencoder
    | Denoising
    | VqVae
    | Adversarial
    | MaximumLikelihood
    | M1
    | M2
    | M1M2
)
