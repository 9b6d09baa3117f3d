"""How many values a code has, and how many classes it is decoded as. No torch here."""

from __future__ import annotations

from latentlab.specs import (
    Adversarial,
    Categorical,
    Conditional,
    Deterministic,
    Made,
    ModelSpec,
    ObjectiveSpec,
    PixelCnn,
    SemiSupervised,
    Stacked,
)


def code_dim(spec: ModelSpec) -> int:
    """Values of one datum's code, as the map has it; 0 for a model without latents.

    One-hot values for categories; for a grid of codes the mean of its vectors.

    Example:
        >>> code_dim(ModelSpec(shape=(1, 8, 8), posterior=Categorical(categories=4), latent_dim=3))
        12
    """
    if isinstance(spec.network, Made | PixelCnn):
        return 0
    if isinstance(spec.posterior, Categorical):
        return spec.latent_dim * spec.posterior.categories
    return spec.latent_dim


def decoded_classes(spec: ModelSpec) -> int:
    """Classes that a model of `spec` can decode a z as; 0 where z says it all.

    Example:
        >>> decoded_classes(ModelSpec(shape=(1, 8, 8), labels=Conditional(classes=3)))
        3
    """
    told = isinstance(spec.labels, Conditional | SemiSupervised | Stacked)
    return spec.labels.classes if told and spec.labels is not None else 0


def has_prior(spec: ModelSpec, objective: ObjectiveSpec | None) -> bool:
    """Whether anything held a model's codes to its p(z); nothing did in a plain autoencoder.

    Example:
        >>> has_prior(ModelSpec(shape=(1, 8, 8), posterior=Deterministic()), None)
        False
    """
    return isinstance(objective, Adversarial) or not isinstance(spec.posterior, Deterministic)
