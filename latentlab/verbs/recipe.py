"""From options by name to specs: what a person asks for, laid over good defaults.

Parts are found by their tag, and their fields by name, so that a new class in `latentlab.parts` is
an option here at once.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, get_args, get_type_hints

from latentlab import rules
from latentlab.errors import RefusedError, UsageError
from latentlab.specs import (
    Bernoulli,
    Conv,
    Gaussian,
    LabelsSpec,
    LikelihoodSpec,
    Linear,
    Made,
    MaximumLikelihood,
    ModelSpec,
    NetworkSpec,
    ObjectiveSpec,
    PixelCnn,
    PosteriorSpec,
    PriorSpec,
    TrainSpec,
    TwoLevel,
    VectorQuantised,
    VqVae,
    replace,
    tag_of,
)

MODEL_PARTS: dict[str, Any] = {
    "network": NetworkSpec,
    "posterior": PosteriorSpec,
    "prior": PriorSpec,
    "likelihood": LikelihoodSpec,
    "labels": LabelsSpec,
}
PARTS = MODEL_PARTS | {"objective": ObjectiveSpec}
# Options that are a field of a part: (part, field).
SHORT = {
    "hidden": ("network", "hidden"),
    "conv_channels": ("network", "channels"),
    "transform": ("posterior", "transform"),
    "layers": ("posterior", "layers"),
    "categories": ("posterior", "categories"),
    "codes": ("posterior", "codes"),
    "components": ("prior", "components"),
    "scale": ("likelihood", "scale"),
    "learned_scale": ("likelihood", "learned"),
    "beta": ("objective", "beta"),
    "beta_schedule": ("objective", "schedule"),
    "beta_warmup": ("objective", "warmup"),
    "free_bits": ("objective", "free_bits"),
    "gamma": ("objective", "gamma"),
    "noise": ("objective", "noise"),
    "noise_amount": ("objective", "amount"),
    "samples": ("objective", "samples"),
}
# Options that bring their part where it was not asked for, and lacks the field.
BRINGS = {
    "beta": "beta",
    "beta_schedule": "beta",
    "beta_warmup": "beta",
    "free_bits": "beta",
    "gamma": "factor",
    "noise": "denoising",
    "noise_amount": "denoising",
    "categories": "categorical",
    "codes": "vq",
    "transform": "flow",
}
# Objectives by the names of whole models: what they stand for.
ALIASES: dict[str, dict[str, Any]] = {
    "made": {"network": Made(), "objective": MaximumLikelihood()},
    "pixelcnn": {"network": PixelCnn(), "objective": MaximumLikelihood()},
    "vqvae2": {"network": TwoLevel(), "objective": VqVae()},
    "linear": {"network": Linear(), "objective": "elbo", "likelihood": Gaussian(learned=True)},
}
VECTOR = 16  # length of a code vector, where none is asked for
LENGTH_OPTIONS = frozenset({"epochs", "steps", "time_limit_s"})
MODEL_OPTIONS = frozenset(MODEL_PARTS) | {"latent_dim"}
TRAIN_OPTIONS = LENGTH_OPTIONS | {
    *("batch_size", "learning_rate", "learning_rate_schedule", "warmup_steps", "early_stopping"),
    *("binarize", "classes", "labelled", "seed", "device", "precision", "threads"),
}
OPTIONS = MODEL_OPTIONS | TRAIN_OPTIONS | frozenset(SHORT) | {"objective"}


def apply(
    model: ModelSpec,
    train: TrainSpec,
    options: dict[str, Any],
    facts: rules.Facts | None = None,
) -> tuple[ModelSpec, TrainSpec]:
    """Lay `options` over two specs; an option that is None is not given.

    A part that is not given follows those that are (`latentlab.rules`), and parts that do not go
    together are refused.

    Args:
        model: What stands where nothing is asked for.
        train: The same for the training.
        options: Fields of the specs by name; parts by tag ("conv") or as a spec (`Conv()`); fields
            of a part by `SHORT` ("beta") or as "posterior.layers". `objective` may be a whole
            model's name ("made", "pixelcnn", "vqvae2", "linear"). Of `steps`, `time_limit_s` and
            `epochs` the one that is given counts.
        facts: Of the data, where they are known.

    Raises:
        UsageError: An option does not exist, does not go with another, or is out of range.

    Example:
        >>> model, train = ModelSpec(shape=(1, 28, 28)), TrainSpec()
        >>> model, train = apply(model, train, {"network": "conv", "beta": 4.0})
        >>> type(model.network).__name__, train.objective.beta
        ('Conv', 4.0)
    """
    given = _whole_models({name: value for name, value in options.items() if value is not None})
    fields = _fields(given)
    unknown = sorted(given.keys() - OPTIONS - {name for name in given if "." in name})
    if unknown:
        raise UsageError(
            f'There is no option "{unknown[0]}".',
            do=f"The options are {', '.join(sorted(OPTIONS))}.",
        )
    asked = {*(given.keys() & PARTS.keys()), *(part for part, _ in fields)}
    asked |= given.keys() & {"binarize"}
    grids = isinstance(model.posterior, VectorQuantised)
    try:
        parts = _parts(model, train, given, fields)
        model = replace(model, **{name: parts[name] for name in MODEL_PARTS})
        model = replace(model, latent_dim=given.get("latent_dim", model.latent_dim))
        train = _train(train, given, parts["objective"])
        model, train = rules.complete(model, train, asked, facts)
        if isinstance(model.posterior, VectorQuantised) and not grids:
            model = replace(model, latent_dim=given.get("latent_dim", VECTOR))
        model, train = _binarised(model, train, asked, facts)
    except RefusedError as error:
        raise UsageError(
            error.what.replace("The configuration", "An option"), do="Correct it and try again."
        ) from error
    rules.refuse(model, train, facts)
    if isinstance(model.network, rules.EXACT):
        _refuse_latents(asked | given.keys(), tag_of(model.network))
    return model, train


def _refuse_latents(asked: Set[str], network: str) -> None:
    for name in ("posterior", "prior", "labels", "latent_dim"):
        if name in asked:
            raise UsageError(
                f"The network {network} has no latents, and is told of no labels.",
                where=name,
                do="Leave this out, or choose another network.",
            )


def part(union: Any, tag: str, option: str) -> Any:
    """The spec class of a tagged union that is called `tag`.

    Raises:
        UsageError: There is none; says which there are.

    Example:
        >>> part(PosteriorSpec, "full", "--posterior").__name__
        'FullCovariance'
    """
    kinds: dict[str, type[Any]] = {tag_of(kind): kind for kind in get_args(union) or (union,)}
    if tag not in kinds:
        there = ", ".join([*kinds, *(ALIASES if union is ObjectiveSpec else ())])
        raise UsageError(f'"{tag}" is not available.', where=option, do=f"There is: {there}.")
    return kinds[tag]


def _whole_models(given: dict[str, Any]) -> dict[str, Any]:
    """An objective that names a whole model brings its parts."""
    alias = ALIASES.get(given.get("objective", "")) if _is_tag(given.get("objective")) else None
    if alias is None:
        return given
    brought = {name: value for name, value in alias.items() if name != "objective"}
    network = given.get("network")
    if network is not None and network not in (brought["network"], tag_of(brought["network"])):
        raise UsageError(
            f'The objective "{given["objective"]}" is a model with a network of its own.',
            where="network",
            do="Leave the network out, or choose another objective.",
        )
    return brought | given | {"objective": alias["objective"]}


def _is_tag(value: Any) -> bool:
    return isinstance(value, str)


def _fields(given: dict[str, Any]) -> dict[tuple[str, str], tuple[str, Any]]:
    """Fields of parts that are asked for: (part, field) -> (option, value)."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    for option, value in given.items():
        if option in SHORT:
            found[SHORT[option]] = option, value
        elif "." in option:
            name, _, field = option.partition(".")
            if name not in PARTS:
                raise UsageError(
                    f'There is no part "{name}".',
                    where=option,
                    do=f"The parts are {', '.join(PARTS)}.",
                )
            found[name, field] = option, value
    return found


def _parts(
    model: ModelSpec,
    train: TrainSpec,
    given: dict[str, Any],
    fields: dict[tuple[str, str], tuple[str, Any]],
) -> dict[str, Any]:
    """Every part, chosen and with its fields."""
    parts = {name: getattr(model, name) for name in MODEL_PARTS} | {"objective": train.objective}
    for name, union in PARTS.items():
        parts[name] = _chosen(union, given.get(name), parts[name], name)
    for (name, field), (option, value) in fields.items():
        has = parts[name] is not None and field in parts[name].__struct_fields__
        if not has and name not in given and option in BRINGS:
            parts[name] = part(PARTS[name], BRINGS[option], name)()
        elif not has:
            raise _no_field(name, field, option, parts[name])
        parts[name] = _with_field(parts[name], field, value, option)
    return parts


def _with_field(spec: Any, field: str, value: Any, option: str) -> Any:
    try:
        return replace(spec, **{field: _fitting(spec, field, value)})
    except RefusedError as error:
        choices = get_args(get_type_hints(type(spec))[field])
        named = bool(choices) and all(_is_tag(choice) for choice in choices)
        wanted = error.what.partition(": ")[2].partition(" - at ")[0].rstrip(".")
        raise UsageError(
            f'"{value}" is not possible here' + ("." if named or not wanted else f": {wanted}."),
            where=option,
            do=f"Choose {', '.join(choices)}." if named else "Correct it and try again.",
        ) from error


def _chosen(union: Any, value: Any, old: Any, option: str) -> Any:
    """`value` as a spec: a tag keeps the old one where that is of its kind."""
    if value is None or not _is_tag(value):
        return old if value is None else value
    if option == "labels" and value == "none":
        return None
    kind = part(union, value, option)
    return old if type(old) is kind else kind()


def _fitting(spec: Any, field: str, value: Any) -> Any:
    """A list of one width as the one hidden width of a convolutional network."""
    if not isinstance(spec, Conv) or field != "hidden" or isinstance(value, int):
        return value
    if len(value) != 1:
        raise UsageError(
            "A convolutional network has one hidden layer.", where="hidden", do="Give one width."
        )
    return value[0]


def _no_field(name: str, field: str, option: str, chosen: Any) -> UsageError:
    kinds = get_args(PARTS[name])
    having = [tag_of(kind) for kind in kinds if field in kind.__struct_fields__]
    what = f"no {name}" if chosen is None else f"the {name} {tag_of(chosen)}"
    if not having:
        return UsageError(f'No {name} has a "{field}".', where=option, do="Leave it out.")
    return UsageError(
        f'There is no "{field}" in {what}.',
        where=option,
        do=f"Choose the {name} {' or '.join(having)}, or leave this out.",
    )


def _train(train: TrainSpec, given: dict[str, Any], objective: Any) -> TrainSpec:
    changes = {name: value for name, value in given.items() if name in TRAIN_OPTIONS}
    if LENGTH_OPTIONS & given.keys():
        # what is not asked for must not outlive what is
        changes.setdefault("steps", None)
        changes.setdefault("time_limit_s", None)
    return replace(train, objective=objective, **changes)


def _binarised(
    model: ModelSpec, train: TrainSpec, asked: set[str], facts: rules.Facts | None
) -> tuple[ModelSpec, TrainSpec]:
    """An exact likelihood is one of binary pixels: grey ones are drawn once, if nothing is said."""
    grey = facts is not None and facts.levels != 2
    exact = rules.bound_kind(model) == "exact" and isinstance(model.likelihood, Bernoulli)
    if exact and grey and "binarize" not in asked and train.binarize == "none":
        train = replace(train, binarize="static")
    return model, train
