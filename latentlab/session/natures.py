"""What the window can do with a model, from its spec alone; and the reason where it can't."""

from __future__ import annotations

from typing import Literal

from latentlab.data.dataset import Dataset
from latentlab.engine.messages import ModelInfo
from latentlab.models.dims import code_dim, decoded_classes, has_prior
from latentlab.parts.evaluation import Check, Section
from latentlab.rules import bound_kind
from latentlab.specs import (
    Categorical,
    Deterministic,
    Implicit,
    ModelSpec,
    ObjectiveSpec,
    StandardNormal,
    VectorQuantised,
)

SCORELESS = (Deterministic, Implicit, Categorical, VectorQuantised)  # posteriors of no density

PriorLook = Literal["rings", "contours", "none"]

NO_LATENTS = "This model has no latents: it draws pictures pixel by pixel."
NO_PLANES = "Codes are cells of a grid: there are no planes to choose."

ONE_PLANE = "The map shows the two principal components of the mean of a grid's vectors."


def has_latents(spec: ModelSpec) -> bool:
    """Whether there is anything to map.

    Example:
        >>> has_latents(ModelSpec(shape=(1, 8, 8)))
        True
    """
    return code_dim(spec) > 0


def is_categorical(spec: ModelSpec) -> bool:
    """Whether the map is a grid of codes."""
    return has_latents(spec) and isinstance(spec.posterior, Categorical)


def is_quantised(spec: ModelSpec) -> bool:
    """Whether a datum is a grid of codes, and a point of the map stands for the nearest one."""
    return has_latents(spec) and isinstance(spec.posterior, VectorQuantised)


def model_classes(info: ModelInfo, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the classes that one z can be decoded as; none where z says it all.

    Args:
        info: The open model.
        names: Of the classes on the map.
    """
    count = decoded_classes(info.spec)
    known = info.label_names or names
    return tuple(known[i] if i < len(known) else f"Class {i}" for i in range(count))


def bound_word(spec: ModelSpec) -> str:
    """What stands where a bound would.

    Example:
        >>> bound_word(ModelSpec(shape=(1, 8, 8)))
        'bound'
    """
    return {"bound": "bound", "exact": "log-likelihood", "none": "reconstruction"}[bound_kind(spec)]


def draws_z(spec: ModelSpec) -> bool:
    """Whether q(z|x) is more than one place, so that draws of it differ."""
    return not isinstance(spec.posterior, Deterministic | VectorQuantised)


def not_judged(name: Section | Check, info: ModelInfo, dataset: Dataset) -> str:
    """Why a part of an evaluation would be left out, as far as model and data tell; empty if not.

    Example:
        >>> info = ModelInfo("ae", ModelSpec(shape=(1, 8, 8), posterior=Deterministic()))
        >>> from latentlab.data.open import open_dataset
        >>> from latentlab.specs import DataSpec
        >>> not_judged("gradients", info, open_dataset(DataSpec(source="digits")))
        'q has no density at real-valued latents.'
    """
    spec = info.spec
    if name == "factors" and dataset.factors is None:
        return "These data come without known factors."
    if name == "classes" and dataset.class_count < 2:
        return "These data have no classes."
    if name not in ("likelihood", "samples") and not has_latents(spec):
        return "This model has no latents."
    if name in ("gradients", "hmc", "ais") and isinstance(spec.posterior, SCORELESS):
        return "q has no density at real-valued latents."
    if name == "aggregate" and not has_prior(spec, _objective(info)):
        return "A plain autoencoder has no prior to hold its codes against."
    return ""


def _objective(info: ModelInfo) -> ObjectiveSpec | None:
    return None if info.train is None else info.train.objective


def planes(spec: ModelSpec) -> bool:
    """Whether there is more than one plane to choose from."""
    one = is_categorical(spec) or is_quantised(spec) or not has_latents(spec)
    return spec.latent_dim > 2 and not one


def prior_look(info: ModelInfo) -> PriorLook:
    """How the prior is drawn on the map."""
    if why_no_prior(info):
        return "none"
    return "rings" if isinstance(info.spec.prior, StandardNormal) else "contours"


def why_no_prior(info: ModelInfo) -> str:
    """Why no prior is drawn; nothing where one is.

    Example:
        >>> why_no_prior(ModelInfo("ae", ModelSpec(shape=(1, 8, 8), posterior=Deterministic())))
        'A plain autoencoder has no prior: nothing fills the gaps between its codes.'
    """
    spec = info.spec
    if not has_latents(spec):
        return NO_LATENTS
    if isinstance(spec.posterior, Categorical):
        return "Every code is as likely as any other: there is nothing to draw."
    if isinstance(spec.posterior, VectorQuantised):
        return "The prior is one of whole grids of codes, not of places on the map."
    if not has_prior(spec, _objective(info)):
        return "A plain autoencoder has no prior: nothing fills the gaps between its codes."
    return ""
