"""What does not go together in a training, each with the reason, and what follows a choice."""

from __future__ import annotations

from typing import Any

from latentlab import rules
from latentlab.engine.messages import ModelInfo
from latentlab.errors import RefusedError
from latentlab.specs import ModelSpec, TrainSpec, replace, tag_of
from latentlab.views.fields import ChoiceField
from latentlab.views.forms import Form, UnionField
from latentlab.views.words import choice_word

LEADING = ("network", "posterior", "objective", "labels")  # the others follow a choice among these
FOLLOWING = ("prior", "likelihood")
EVERY = frozenset((*LEADING, *FOLLOWING, "binarize"))  # all are chosen: the data's own follow alone
PARTED = ("cuda", "mps", "xpu")
OF_LATENTS = (
    "latent_dim",
    "posterior",
    "prior",
)  # fields that a network without them has no use for
SMALLEST_CONV_SIDE = 8


class PartRules:
    """The parts of the train dialog: a choice brings what it needs, impossible ones are off.

    Args:
        model: The form of the model.
        learning: The form that has the objective.
        data: The form that has the binarisation.
        facts: Of the data.
    """

    def __init__(
        self, model: Form[ModelSpec], learning: Form[TrainSpec], data: Form[TrainSpec], facts: Any
    ) -> None:
        self._facts: rules.Facts = facts
        self._form = model
        self._binarize = data.field("binarize")
        fields = {name: model.field(name) for name in (*LEADING, *FOLLOWING) if model.has(name)}
        fields["objective"] = learning.field("objective")
        self._fields = {n: f for n, f in fields.items() if isinstance(f, UnionField)}
        self._model = ModelSpec(shape=facts.shape)
        self._busy = False

    def connect(self) -> None:
        """Follow each choice from now on."""
        for name, field in self._fields.items():
            field.choice.changed.connect(_Follow(self, name))

    def follow(self, name: str) -> None:
        """The part `name` was chosen: let the others go with it."""
        if self._busy:
            return
        self._busy = True
        try:
            model, train = rules.complete(*self._specs({}), {name}, self._facts)
            for other, field in self._fields.items():
                part = _part(model, train, other)
                if other != name and field.tag != _tag(part):
                    field.set_value(None if part is None else _builtins(part))
        finally:
            self._busy = False
        self.apply()

    def apply(self) -> None:
        """Disable what does not go with what is chosen; hide what has no meaning with it."""
        for name, field in self._fields.items():
            field.choice.disable(self._impossible(name, field))
        bare = self._fields["network"].tag in {tag_of(kind) for kind in rules.EXACT}
        for name in filter(self._form.has, OF_LATENTS):
            self._form.set_row_visible(name, not bare)
        likelihood = self._fields["likelihood"]
        no = impossible_binarisations(str(likelihood.tag), likelihood.words[likelihood.tag].label)
        if isinstance(self._binarize, ChoiceField):
            if self._binarize.value() in no:
                self._binarize.set_value("none")
            self._binarize.disable(no)

    def _impossible(self, name: str, field: UnionField) -> dict[Any, str]:
        found: dict[Any, str] = {}
        for tag, kind in field.kinds.items():
            model, train = self._specs({name: kind()})
            given = {name} if name in LEADING else EVERY
            try:
                model, train = rules.complete(model, train, given, self._facts)
            except RefusedError as error:
                found[tag] = error.what
                continue
            why = rules.reasons(model, train, self._facts)
            reason = why.get(name) or ("" if name in FOLLOWING else next(iter(why.values()), ""))
            if reason:
                found[tag] = reason
        return found

    def _specs(self, changed: dict[str, Any]) -> tuple[ModelSpec, TrainSpec]:
        """The parts as they are chosen; where one can't be read, its defaults."""
        parts: dict[str, Any] = {}
        for name, field in self._fields.items():
            kind = field.kinds.get(field.tag) if field.tag is not None else None
            parts[name] = field.spec() if kind is not None else None
        parts |= changed
        objective = parts.pop("objective")
        return replace(self._model, **parts), TrainSpec(objective=objective)


class _Follow:
    """A slot that knows its part (no lambda in a loop)."""

    def __init__(self, part_rules: PartRules, name: str) -> None:
        self._rules = part_rules
        self._name = name

    def __call__(self) -> None:
        self._rules.follow(self._name)


def _part(model: ModelSpec, train: TrainSpec, name: str) -> Any:
    return train.objective if name == "objective" else getattr(model, name)


def _tag(part: Any) -> str | None:
    return None if part is None else str(part.__struct_config__.tag)


def _builtins(part: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(part)


def impossible_devices(devices: tuple[str, ...]) -> dict[str, str]:
    """Devices that are not here; nothing is known before torch is loaded."""
    if not devices:
        return {}
    here = {device.partition(":")[0] for device in devices}
    return {
        device: f"This machine has no {choice_word(device)} device."
        for device in PARTED
        if device not in here
    }


def impossible_binarisations(likelihood: str, label: str) -> dict[str, str]:
    """Binarising goes with the Bernoulli likelihood alone."""
    if likelihood == "bernoulli":
        return {}
    reason = f"Black and white pixels have no {label} density."
    return {"static": reason, "dynamic": reason}


def no_warm_start(model: ModelInfo | None, wanted: ModelSpec) -> str:
    """Return why training can't begin from the open model; empty where it can."""
    if model is None:
        return "There is no open model."
    if model.spec != wanted:
        return "The open model is built otherwise."
    return ""


def fitted(
    model: ModelSpec, train: TrainSpec, facts: rules.Facts
) -> tuple[ModelSpec, TrainSpec, str]:
    """The specs with classes and levels of the data, and why they do not go; empty if they do."""
    try:
        model, train = rules.complete(model, train, EVERY, facts)
    except RefusedError as error:
        return model, train, error.what
    return model, train, next(iter(rules.reasons(model, train, facts).values()), "")
