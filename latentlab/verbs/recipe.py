"""From options by name to specs: what a person asks for, laid over good defaults.

Parts are found by their tag in `specs`, so that a new class there is an option here at once.
"""

from __future__ import annotations

from typing import Any, get_args

from latentlab.errors import RefusedError, UsageError
from latentlab.specs import (
    BetaVae,
    Conv,
    Gaussian,
    LikelihoodSpec,
    Mlp,
    ModelSpec,
    NetworkSpec,
    ObjectiveSpec,
    PosteriorSpec,
    PriorSpec,
    TrainSpec,
    replace,
)

MODEL_OPTIONS = frozenset(
    {"latent_dim", "network", "hidden", "conv_channels", "posterior", "prior", "likelihood"}
    | {"scale", "learned_scale"}
)
OBJECTIVE_OPTIONS = frozenset({"objective", "beta", "beta_schedule", "beta_warmup", "samples"})
LENGTH_OPTIONS = frozenset({"epochs", "steps", "time_limit_s"})
TRAIN_OPTIONS = (
    OBJECTIVE_OPTIONS
    | LENGTH_OPTIONS
    | {"batch_size", "learning_rate", "learning_rate_schedule", "warmup_steps", "early_stopping"}
    | {"binarize", "classes", "seed", "device", "precision", "threads"}
)


def apply(
    model: ModelSpec, train: TrainSpec, options: dict[str, Any]
) -> tuple[ModelSpec, TrainSpec]:
    """Lay `options` over two specs; an option that is None is not given.

    Args:
        model: What stands where nothing is asked for.
        train: The same for the training.
        options: Fields of the specs by name; parts by tag ("conv") or as a spec (`Conv()`).
            `hidden` and `conv_channels` belong to the network, `scale` and `learned_scale` to the
            Gaussian likelihood, `beta`, `beta_schedule`, `beta_warmup` and `samples` to the
            objective. Of `steps`, `time_limit_s` and `epochs` the one that is given counts.

    Raises:
        UsageError: An option does not exist, does not go with another, or is out of range.

    Example:
        >>> model, train = ModelSpec(shape=(1, 28, 28)), TrainSpec()
        >>> model, train = apply(model, train, {"network": "conv", "beta": 4.0})
        >>> type(model.network).__name__, train.objective.beta
        ('Conv', 4.0)
    """
    given = {name: value for name, value in options.items() if value is not None}
    unknown = sorted(given.keys() - MODEL_OPTIONS - TRAIN_OPTIONS)
    if unknown:
        raise UsageError(
            f'There is no option "{unknown[0]}".',
            do=f"The options are {', '.join(sorted(MODEL_OPTIONS | TRAIN_OPTIONS))}.",
        )
    try:
        return _model(model, given), _train(train, given)
    except RefusedError as error:
        raise UsageError(
            error.what.replace("The configuration", "An option"), do="Correct it and try again."
        ) from error


def part(union: Any, tag: str, option: str) -> Any:
    """The spec class of a tagged union that is called `tag`.

    Raises:
        UsageError: There is none (yet); says which there are.

    Example:
        >>> part(PosteriorSpec, "full", "--posterior").__name__
        'FullCovariance'
    """
    kinds: dict[str, type[Any]] = {
        kind.__struct_config__.tag: kind for kind in get_args(union) or (union,)
    }
    if tag not in kinds:
        there = ", ".join(kinds)
        raise UsageError(f'"{tag}" is not available.', where=option, do=f"There is: {there}.")
    return kinds[tag]


def _chosen(union: Any, value: Any, old: Any, option: str) -> Any:
    """`value` as a spec: a tag keeps the old one where that is of its kind."""
    if value is None:
        return old
    if not isinstance(value, str):
        return value
    kind = part(union, value, option)
    return old if type(old) is kind else kind()


def _model(model: ModelSpec, given: dict[str, Any]) -> ModelSpec:
    changes = {
        "network": _network(model.network, given),
        "posterior": _chosen(PosteriorSpec, given.get("posterior"), model.posterior, "posterior"),
        "prior": _chosen(PriorSpec, given.get("prior"), model.prior, "prior"),
        "likelihood": _likelihood(model.likelihood, given),
    }
    if "latent_dim" in given:
        changes["latent_dim"] = given["latent_dim"]
    return replace(model, **changes)


def _network(old: NetworkSpec, given: dict[str, Any]) -> NetworkSpec:
    network: NetworkSpec = _chosen(NetworkSpec, given.get("network"), old, "network")
    channels, hidden = given.get("conv_channels"), given.get("hidden")
    if channels is not None:
        if not isinstance(network, Conv):
            raise UsageError(
                "Only a convolutional network has channels.",
                where="conv_channels",
                do="Choose the network conv, or leave this out.",
            )
        network = replace(network, channels=channels)
    if hidden is None:
        return network
    if isinstance(network, Mlp):
        return replace(network, hidden=hidden)
    if len(hidden) != 1:
        raise UsageError(
            "A convolutional network has one hidden layer.", where="hidden", do="Give one width."
        )
    return replace(network, hidden=hidden[0])


def _likelihood(old: LikelihoodSpec, given: dict[str, Any]) -> LikelihoodSpec:
    likelihood: LikelihoodSpec = _chosen(LikelihoodSpec, given.get("likelihood"), old, "likelihood")
    changes: dict[str, Any] = {}
    if "scale" in given:
        changes["scale"] = given["scale"]
    if "learned_scale" in given:
        changes["learned"] = given["learned_scale"]
    if not changes:
        return likelihood
    if not isinstance(likelihood, Gaussian):
        raise UsageError(
            "Only the gaussian likelihood has a scale.",
            where="scale",
            do="Choose the likelihood gaussian, or leave this out.",
        )
    return replace(likelihood, **changes)


def _train(train: TrainSpec, given: dict[str, Any]) -> TrainSpec:
    own = TRAIN_OPTIONS - OBJECTIVE_OPTIONS
    changes = {name: value for name, value in given.items() if name in own}
    if LENGTH_OPTIONS & given.keys():
        # what is not asked for must not outlive what is
        changes.setdefault("steps", None)
        changes.setdefault("time_limit_s", None)
    return replace(train, objective=_objective(train.objective, given), **changes)


def _objective(old: ObjectiveSpec, given: dict[str, Any]) -> ObjectiveSpec:
    names = {"beta": "beta", "beta_schedule": "schedule", "beta_warmup": "warmup"}
    changes = {field: given[name] for name, field in names.items() if name in given}
    wanted = given.get("objective") or ("beta" if changes else None)
    objective: ObjectiveSpec = _chosen(ObjectiveSpec, wanted, old, "objective")
    if changes and not isinstance(objective, BetaVae):
        raise UsageError(
            "Only the objective beta has a beta.",
            where="beta",
            do="Choose the objective beta, or leave this out.",
        )
    if "samples" in given:
        changes["samples"] = given["samples"]
    return replace(objective, **changes)
