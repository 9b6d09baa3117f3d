"""What goes with what: parts that bring others, pairs that are impossible, and why. No torch here.

Network, posterior, objective and labels lead: a choice among them brings what it needs, where that
was not asked for. Prior, likelihood and binarisation follow them.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Literal

from latentlab.errors import UsageError
from latentlab.specs import (
    M1,
    M1M2,
    M2,
    Adversarial,
    Autoencoder,
    Autoregressive,
    Bernoulli,
    BetaTc,
    BetaVae,
    Categorical,
    Conditional,
    Conv,
    Denoising,
    Deterministic,
    Diagonal,
    Dreg,
    Elbo,
    FactorVae,
    Flow,
    FlowPrior,
    FullCovariance,
    Implicit,
    Iwae,
    LatentClassifier,
    Logistic,
    Made,
    MaximumLikelihood,
    Mixture,
    ModelSpec,
    NegativeBinomial,
    PixelCnn,
    Poisson,
    SemiSupervised,
    Spec,
    Stacked,
    StandardNormal,
    TrainSpec,
    TwoLevel,
    UniformCategorical,
    Vamp,
    VectorQuantised,
    VqVae,
    replace,
    tag_of,
)

BoundKind = Literal["bound", "exact", "none"]

GAUSSIANS = (Diagonal, FullCovariance)
DENSITIES = (Diagonal, FullCovariance, Flow)  # posteriors over the plane with a density
EXACT = (Made, PixelCnn)  # networks without latents
OVER_CODES = (UniformCategorical, Autoregressive)
CONTINUOUS = (StandardNormal, Mixture, Vamp, FlowPrior)
LEVELLED = (Logistic, Poisson, NegativeBinomial)
LABELS_OF: dict[type[Any], type[Any]] = {M1: LatentClassifier, M2: SemiSupervised, M1M2: Stacked}

# Objectives that a posterior can be trained by; its first is what it brings.
OBJECTIVES_OF: dict[type[Any], tuple[type[Any], ...]] = {
    Diagonal: (
        *(Elbo, BetaVae, BetaTc, FactorVae, Iwae, Dreg, Denoising, Adversarial, M1, M2, M1M2),
    ),
    FullCovariance: (Elbo, BetaVae, BetaTc, FactorVae, Iwae, Dreg, Denoising, Adversarial, M1),
    Flow: (Elbo, BetaVae, FactorVae, Iwae, Dreg, Denoising, M1),
    Categorical: (Elbo, BetaVae, Denoising),
    VectorQuantised: (VqVae,),
    Deterministic: (Autoencoder, Denoising, Adversarial),
    Implicit: (Adversarial,),
}
PRIORS_OF: dict[type[Any], tuple[type[Any], ...]] = {
    Diagonal: CONTINUOUS,
    FullCovariance: CONTINUOUS,
    Flow: CONTINUOUS,
    Categorical: (UniformCategorical,),
    VectorQuantised: (Autoregressive, UniformCategorical),
    Deterministic: (StandardNormal,),
    Implicit: (StandardNormal,),
}
# The posterior that an objective brings.
POSTERIOR_OF: dict[type[Any], type[Any]] = {
    Autoencoder: Deterministic,
    Adversarial: Implicit,
    VqVae: VectorQuantised,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules ask of data.

    Args:
        shape: (C, H, W) of a datum.
        pictures: Whether they are pictures, not rows of a table.
        levels: Number of integer levels; None for real values.
        classes: Number of classes; 0 without labels.
    """

    shape: tuple[int, int, int]
    pictures: bool
    levels: int | None
    classes: int


def complete(
    model: ModelSpec, train: TrainSpec, given: Set[str], facts: Facts | None = None
) -> tuple[ModelSpec, TrainSpec]:
    """Let parts that were not asked for follow those that were.

    Args:
        model: The wish, with defaults where nothing was asked.
        train: Its training.
        given: What was asked for: "network", "posterior", "prior", "likelihood", "labels",
            "objective", "binarize".
        facts: Of the data: the number of classes and levels follows from them.

    Example:
        >>> model = ModelSpec(shape=(1, 8, 8), posterior=Deterministic())
        >>> _, train = complete(model, TrainSpec(), {"posterior"})
        >>> type(train.objective).__name__
        'Autoencoder'
    """
    objective = train.objective
    if "network" not in given and isinstance(objective, MaximumLikelihood):
        model = _with(model, network=Made) if not isinstance(model.network, EXACT) else model
    if isinstance(model.network, EXACT):
        return _complete_exact(model, train, given, facts)
    if "posterior" not in given:
        model = _follow_posterior(model, objective, given)
    if "objective" not in given:
        objective = _follow_objective(model, objective, given)
    model = _follow_labels(model, objective, facts)
    fitting = PRIORS_OF[type(model.posterior)]
    if "prior" not in given and not isinstance(model.prior, fitting):
        model = _with(model, prior=fitting[0])
    if facts is not None and isinstance(model.likelihood, LEVELLED) and facts.levels:
        model = replace(model, likelihood=replace(model.likelihood, levels=facts.levels))
    return model, _unbinarised(model, replace(train, objective=objective), given)


def _complete_exact(
    model: ModelSpec, train: TrainSpec, given: Set[str], facts: Facts | None
) -> tuple[ModelSpec, TrainSpec]:
    parts: dict[str, type[Any]] = {"posterior": Diagonal, "prior": StandardNormal}
    if not _draws_pixels(model):
        parts["likelihood"] = Bernoulli
    model = _with(model, **{name: kind for name, kind in parts.items() if name not in given})
    model = replace(model, labels=None)
    if facts is not None and isinstance(model.likelihood, Logistic) and facts.levels:
        model = replace(model, likelihood=replace(model.likelihood, levels=facts.levels))
    if "objective" not in given:
        train = replace(train, objective=MaximumLikelihood())
    return model, _unbinarised(model, train, given)


def _draws_pixels(model: ModelSpec) -> bool:
    """Whether the likelihood is one that pixels are drawn from: two values, or grey levels."""
    levels = isinstance(model.network, PixelCnn) and model.shape[0] == 1
    return isinstance(model.likelihood, Bernoulli) or (
        levels and isinstance(model.likelihood, Logistic)
    )


def _follow_posterior(model: ModelSpec, objective: Spec, given: Set[str]) -> ModelSpec:
    if isinstance(model.network, TwoLevel):
        kind: type[Any] = VectorQuantised
    elif "objective" in given:
        brings = POSTERIOR_OF.get(type(objective))
        if brings is None and type(objective) in OBJECTIVES_OF[type(model.posterior)]:
            return model
        kind = brings or Diagonal
    elif "prior" in given and not isinstance(model.prior, PRIORS_OF[type(model.posterior)]):
        by_prior = {UniformCategorical: Categorical, Autoregressive: VectorQuantised}
        kind = by_prior.get(type(model.prior), Diagonal)
    else:
        return model
    return model if type(model.posterior) is kind else _with(model, posterior=kind)


def _follow_objective(model: ModelSpec, objective: Any, given: Set[str]) -> Any:
    if "labels" in given and model.labels is not None:
        for kind, labels in LABELS_OF.items():
            if isinstance(model.labels, labels):
                return objective if type(objective) is kind else kind()
    fitting = OBJECTIVES_OF[type(model.posterior)]
    fits = type(objective) in fitting
    wants = LABELS_OF.get(type(objective))
    if fits and ("labels" not in given or wants is None):
        return objective
    return fitting[0]()


def _follow_labels(model: ModelSpec, objective: Spec, facts: Facts | None) -> ModelSpec:
    wanted = LABELS_OF.get(type(objective))
    if wanted is not None and not isinstance(model.labels, wanted):
        model = _with(model, labels=wanted)
    elif wanted is None and isinstance(model.labels, LatentClassifier | SemiSupervised | Stacked):
        model = replace(model, labels=None)
    if model.labels is not None and facts is not None and facts.classes >= 2:
        model = replace(model, labels=replace(model.labels, classes=facts.classes))
    return model


def _unbinarised(model: ModelSpec, train: TrainSpec, given: Set[str]) -> TrainSpec:
    if "binarize" in given or isinstance(model.likelihood, Bernoulli):
        return train
    return replace(train, binarize="none")


def _with(model: ModelSpec, **kinds: type[Any]) -> ModelSpec:
    return replace(model, **{name: kind() for name, kind in kinds.items()})


def refuse(model: ModelSpec, train: TrainSpec, facts: Facts | None = None) -> None:
    """Check that all parts go together, and with the data.

    Raises:
        UsageError: They do not; says which, why, and what to do.

    Example:
        >>> refuse(ModelSpec(shape=(1, 8, 8)), TrainSpec())
    """
    found = reasons(model, train, facts)
    if found:
        name, reason = next(iter(found.items()))
        what_to_do = {
            "labels": "Take data with labels, or leave the labels out.",
            "binarize": "Leave it out, or choose the likelihood bernoulli.",
            "labelled": "Leave it out, or choose the objective m1, m2 or m1m2.",
        }
        raise UsageError(reason, where=name, do=what_to_do.get(name, f"Choose another {name}."))


def reasons(model: ModelSpec, train: TrainSpec, facts: Facts | None = None) -> dict[str, str]:
    """A sentence for each part that does not go with the others, by the part's name."""
    found: dict[str, str] = {}
    if facts is not None:
        found |= _of_data(model, facts)
    found |= _of_exact(model, train) if isinstance(model.network, EXACT) else _of_vae(model, train)
    if train.binarize != "none" and not isinstance(model.likelihood, Bernoulli):
        found["binarize"] = "Black and white pixels go with the bernoulli likelihood alone."
    if train.labelled is not None and model.labels is None:
        found["labelled"] = "Nothing in this model learns from labels."
    return found


def _of_data(model: ModelSpec, facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    if isinstance(model.network, Conv | PixelCnn | TwoLevel) and not facts.pictures:
        found["network"] = "Convolutions need pictures; these data are rows of a table."
    elif isinstance(model.network, TwoLevel | PixelCnn) and min(facts.shape[1:]) < 4:
        found["network"] = "This network needs pictures of at least 4 pixels a side."
    if isinstance(model.likelihood, LEVELLED) and facts.levels is None:
        found["likelihood"] = "This likelihood is of whole numbers; these data are real values."
    elif isinstance(model.likelihood, LEVELLED) and model.likelihood.levels != facts.levels:
        found["likelihood"] = (
            f"The likelihood has {model.likelihood.levels} levels, the data have {facts.levels}."
        )
    if model.labels is not None and facts.classes < 2:
        found["labels"] = "The data have no labels of at least two classes."
    return found


def _of_exact(model: ModelSpec, train: TrainSpec) -> dict[str, str]:
    found: dict[str, str] = {}
    if not isinstance(train.objective, MaximumLikelihood):
        found["objective"] = "A network without latents is trained by its likelihood alone."
    if not _draws_pixels(model):
        found["likelihood"] = "This network models binary pixels; PixelCNN grey levels too."
    if model.labels is not None:
        found["labels"] = "A network without latents is told of no labels."
    return found


def _of_vae(model: ModelSpec, train: TrainSpec) -> dict[str, str]:
    posterior, objective, prior = model.posterior, train.objective, model.prior
    found: dict[str, str] = {}
    if isinstance(model.network, TwoLevel) and not isinstance(posterior, VectorQuantised):
        found["posterior"] = "Two levels of grids are vector-quantised."
    if type(objective) not in OBJECTIVES_OF[type(posterior)]:
        found["objective"] = _no_objective(posterior, objective)
    if not isinstance(prior, PRIORS_OF[type(posterior)]):
        found["prior"] = _no_prior(posterior)
    wanted = LABELS_OF.get(type(objective))
    if wanted is not None and not isinstance(model.labels, wanted):
        found["labels"] = f"The objective {tag_of(objective)} needs labels {tag_of(wanted)}."
    if wanted is None and isinstance(model.labels, LatentClassifier | SemiSupervised | Stacked):
        found["labels"] = f"Labels {tag_of(model.labels)} need the objective of the same name."
    if isinstance(model.labels, SemiSupervised | Stacked) and not isinstance(prior, StandardNormal):
        found["prior"] = "Semi-supervised models are built with the standard normal."
    if isinstance(model.labels, Conditional) and not isinstance(posterior, DENSITIES):
        found["labels"] = "Only posteriors with a density are told of classes."
    return found


def _no_objective(posterior: Spec, objective: Spec) -> str:
    if isinstance(objective, MaximumLikelihood):
        return "The exact likelihood is known for networks without latents alone."
    needs = {
        Deterministic: "A plain autoencoder has no KL and no bound.",
        Implicit: "An implicit posterior has no density: only a discriminator can train it.",
        VectorQuantised: "Vector-quantised codes have losses of their own.",
        Categorical: "Relaxed categories are trained by the bound, as it is or weighted.",
    }
    brings = POSTERIOR_OF.get(type(objective))
    if type(posterior) in needs:
        return needs[type(posterior)]
    if isinstance(objective, BetaTc):
        return "The total correlation's estimator needs a Gaussian posterior."
    if isinstance(objective, M2 | M1M2):
        return "Semi-supervised models are built with the diagonal posterior."
    return f"This objective needs the posterior {tag_of(brings or Diagonal)}."


def _no_prior(posterior: Spec) -> str:
    if isinstance(posterior, Deterministic | Implicit):
        return "Codes without a density have no KL; only the normal is drawn from."
    if isinstance(posterior, Categorical):
        return "Categories have the uniform categorical prior."
    if isinstance(posterior, VectorQuantised):
        return "Codes of a codebook have a prior over codes: categorical or autoregressive."
    return "Continuous latents need a continuous prior."


def bound_kind(model: ModelSpec) -> BoundKind:
    """What stands where a bound would: a bound, the exact log-likelihood, or nothing.

    Example:
        >>> bound_kind(ModelSpec(shape=(1, 8, 8), posterior=Deterministic()))
        'none'
    """
    if isinstance(model.network, EXACT):
        return "exact"
    return "none" if isinstance(model.posterior, Deterministic | Implicit) else "bound"


def caution(model: ModelSpec) -> tuple[str, str]:
    """What a person should know before a pair that goes together but is slow, and what to do.

    Example:
        >>> caution(ModelSpec(shape=(1, 8, 8)))
        ('', '')
    """
    prior, posterior = model.prior, model.posterior
    if not isinstance(prior, Vamp) or not isinstance(posterior, Flow):
        return "", ""
    if posterior.transform == "maf":
        return "", ""
    what = (
        f"Slow: a VampPrior scores each z under {prior.components} flows, and flows of the kind "
        f"{posterior.transform} score one value after the other."
    )
    return what, "The flow maf scores all at once; fewer components help too."


def why_not_measured(model: ModelSpec, name: str) -> str:
    """Why a figure of each datum does not exist for a model; nothing where it does.

    Args:
        model: The model.
        name: "recon", "kl", "bound" or "logp"; of any other nothing speaks against it.

    Example:
        >>> why_not_measured(ModelSpec(shape=(1, 8, 8), posterior=Deterministic()), "kl")
        'This model has no density q(z|x): there is no KL, no bound and no log p(x).'
    """
    kind = bound_kind(model)
    if kind == "exact" and name != "logp":
        return "This model has no latents."
    if name == "recon" or name not in ("kl", "bound", "logp") or kind == "exact":
        return ""
    if kind == "none":
        return "This model has no density q(z|x): there is no KL, no bound and no log p(x)."
    if name == "logp" and isinstance(model.posterior, VectorQuantised):
        return "Of a grid of codes the bound alone is known, not log p(x)."
    return ""
