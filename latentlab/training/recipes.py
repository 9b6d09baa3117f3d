"""Recipes: the stages of a training, each an objective over some of its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from latentlab import specs
from latentlab.models.vae import VAE
from latentlab.specs import (
    Adversarial,
    Autoencoder,
    BetaTc,
    BetaVae,
    Denoising,
    Dreg,
    Elbo,
    FactorVae,
    Iwae,
    MaximumLikelihood,
    ObjectiveSpec,
)
from latentlab.training import exact, quantised
from latentlab.training.adversarial import AdversarialAutoencoder
from latentlab.training.correlation import Factor, TotalCorrelation
from latentlab.training.denoising import Clean, Reconstruction
from latentlab.training.labelled import M2, CodeClassifier, Codes, M2OnCodes
from latentlab.training.objectives import Objective, Source, WeightedBound
from latentlab.training.weighted import DoublyReparameterised, ImportanceWeighted


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One objective for a share of the steps (0 to 1); the shares of a recipe add up to 1."""

    objective: Objective
    share: float = 1.0


Recipe = Callable[[Any, VAE, Source], tuple[Stage, ...]]


def one_stage(kind: type[Objective]) -> Recipe:
    """The recipe of an objective that is minimised from the first step to the last."""
    return lambda spec, vae, source: (Stage(kind(spec, vae, source)),)


def codes_then(kind: type[Objective], share: Callable[[Any], float]) -> Recipe:
    """The codes first; then, for a share of the steps, what learns on them."""

    def stages(spec: Any, vae: VAE, source: Source) -> tuple[Stage, ...]:
        last = share(spec)
        first = Stage(Codes(spec.code_beta, vae, source), 1 - last)
        return first, Stage(kind(spec, vae, source), last)

    return stages


def _quantised(spec: specs.VqVae, vae: VAE, source: Source) -> tuple[Stage, ...]:
    """Codes, and then a prior over them where one is to be learned."""
    last = quantised.prior_share(spec, vae)
    first = Stage(quantised.Quantising(spec, vae, source), 1 - last)
    return (first, Stage(quantised.PriorOfCodes(spec, vae, source), last)) if last else (first,)


RECIPES: dict[type[ObjectiveSpec], Recipe] = {
    Elbo: one_stage(WeightedBound),
    BetaVae: one_stage(WeightedBound),
    BetaTc: one_stage(TotalCorrelation),
    FactorVae: one_stage(Factor),
    Iwae: one_stage(ImportanceWeighted),
    Dreg: one_stage(DoublyReparameterised),
    Autoencoder: one_stage(Reconstruction),
    Denoising: one_stage(Clean),
    Adversarial: one_stage(AdversarialAutoencoder),
    MaximumLikelihood: one_stage(exact.MaximumLikelihood),
    specs.VqVae: _quantised,
    specs.M1: codes_then(CodeClassifier, lambda spec: spec.classifier_share),
    specs.M2: one_stage(M2),
    specs.M1M2: codes_then(M2OnCodes, lambda spec: 1 - spec.first_share),
}


def recipe(spec: ObjectiveSpec, vae: VAE, source: Source) -> tuple[Stage, ...]:
    """The stages of `spec` for one model and its training rows.

    Raises:
        TypeError: None is registered.
        UsageError: The model or the rows do not go with the objective.
    """
    make = RECIPES.get(type(spec))
    if make is None:
        raise TypeError(f"no objective is registered for {type(spec).__name__}")
    return make(spec, vae, source)


def stage_at(stages: tuple[Stage, ...], done: float) -> tuple[int, float]:
    """Which stage a training is in, and the share of that stage's steps that are done.

    Example:
        >>> stage_at((Stage(None, 0.5), Stage(None, 0.5)), 0.75)
        (1, 0.5)
    """
    begin = 0.0
    for index, stage in enumerate(stages):
        end = begin + stage.share
        if done < end or index == len(stages) - 1:
            return index, min(max((done - begin) / (end - begin), 0.0), 1.0)
        begin = end
    raise ValueError("a recipe has at least one stage")
