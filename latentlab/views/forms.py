"""Forms from specs: spec -> form -> spec, for any struct of `latentlab.specs`.

A control is chosen by the annotation, words come from `views.words`, and the limits are the
spec's own: a form is valid exactly when the spec that it describes can be made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from latentlab.specs import Spec, tag_of
from latentlab.views.fields import (
    ChoiceField,
    Field,
    FlagField,
    InvalidFieldError,
    TextField,
    parse_float,
    parse_int,
    parse_ints,
    write_float,
    write_ints,
)
from latentlab.views.part_words import PARTS, PartWords
from latentlab.views.words import EMPTY, FIELDS

LIMITS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
S = TypeVar("S", bound=Spec)
Maker = Callable[[], Field]
NOTE_GAP_PX = 10  # below an explanation, before the next field
LABEL_DROP_PX = 7  # so that a label stands level with the text of its control


class Form(QWidget, Generic[S]):
    """The fields of one spec, a label and a line of explanation each.

    Args:
        kind: The spec's class.
        start: The values shown first; fields that are not shown keep them.
        only: The fields to show, in order; None is all that have words.
        makers: Controls of its own for some fields, by name.

    Signals:
        changed: The person changed something.
    """

    changed = Signal()

    def __init__(
        self,
        kind: type[S],
        start: S,
        *,
        only: tuple[str, ...] | None = None,
        makers: Mapping[str, Maker] | None = None,
        explained: bool = True,
    ) -> None:
        super().__init__()
        self._kind = kind
        self._base: dict[str, Any] = {}
        self._rows: dict[str, tuple[QLabel, Field, QLabel]] = {}
        self._grid = QFormLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2 if explained else 8)
        self._grid.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._grid.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._explained = explained
        for name, field_type in _shown(kind, only):
            maker = (makers or {}).get(name)
            field = (
                maker() if maker else field_for(field_type, name, FIELDS[kind.__name__, name][0])
            )
            self._add(name, field)
        self.set_spec(start)

    def event(self, event: QEvent) -> bool:
        """Ask for the height that wrapped lines need at this width: scrolled columns do not."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._grid.invalidate()  # a part that went away leaves its old heights behind
            needed = self._grid.heightForWidth(self.width())
            if needed > 0 and needed != self.minimumHeight():
                self.setMinimumHeight(needed)
        return super().event(event)

    def _add(self, name: str, field: Field) -> None:
        label_text, explanation = FIELDS[self._kind.__name__, name]
        label = QLabel("" if isinstance(field, FlagField) else label_text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        label.setContentsMargins(0, LABEL_DROP_PX, 0, 0)
        label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        label.ensurePolished()
        label.setMinimumWidth(label.sizeHint().width() + 2)
        control = field.focus_widget()
        label.setBuddy(control)
        control.setAccessibleName(label_text)
        control.setAccessibleDescription(explanation)
        note = QLabel(explanation)
        note.setProperty("role", "small")
        note.setWordWrap(True)
        note.setVisible(self._explained)
        note.setContentsMargins(0, 0, 0, NOTE_GAP_PX)
        self._grid.addRow(label, field)
        self._grid.addRow(note)
        self._rows[name] = (label, field, note)
        if isinstance(field, UnionField):
            label.setToolTip(explanation)
            field.choice.changed.connect(self._say_meanings)
            self._say_meanings()
        field.changed.connect(self.changed)

    def _say_meanings(self) -> None:
        """Below a choice of parts stands what the chosen one means."""
        for name, (_, field, note) in self._rows.items():
            if isinstance(field, UnionField) and note.property("role") != "bad":
                note.setText(self._explanation(name))

    def _explanation(self, name: str) -> str:
        field = self._rows[name][1]
        if isinstance(field, UnionField):
            return field.meaning
        return FIELDS[self._kind.__name__, name][1]

    @property
    def labels(self) -> list[QLabel]:
        """What stands before the fields."""
        return [label for label, _, _ in self._rows.values()]

    def field(self, name: str) -> Field:
        """The control of one field."""
        return self._rows[name][1]

    def has(self, name: str) -> bool:
        """Whether the field is shown."""
        return name in self._rows

    def set_row_visible(self, name: str, visible: bool) -> None:
        """Show or hide one field; a hidden one keeps its value."""
        label, _, note = self._rows[name]
        self._grid.setRowVisible(label, visible)
        self._grid.setRowVisible(note, visible)

    def set_spec(self, spec: S) -> None:
        """Show a spec."""
        self._base = msgspec.to_builtins(spec)
        for name, (_, field, _) in self._rows.items():
            field.set_value(self._base[name])

    def builtins(self) -> dict[str, Any]:
        """Return what the form says as plain values.

        Raises:
            InvalidFieldError: A field can't be read (the first one is marked).
        """
        values = dict(self._base)
        for name, (_, field, _) in self._rows.items():
            values[name] = field.value()
        return values

    def problems(self) -> dict[str, str]:
        """Return a sentence for each field that is not valid, and mark those fields."""
        found: dict[str, str] = {}
        for name, (_, field, note) in self._rows.items():
            sentence = self._problem(name, field)
            field.mark(sentence)
            self._say(note, sentence, self._explanation(name))
            if sentence:
                found[name] = f"{FIELDS[self._kind.__name__, name][0]}: {sentence}"
        return found

    def _say(self, note: QLabel, sentence: str, explanation: str) -> None:
        text, role = (sentence, "bad") if sentence else (explanation, "small")
        if note.text() != text:
            note.setText(text)
            note.setProperty("role", role)
            note.style().unpolish(note)
            note.style().polish(note)
        note.setVisible(self._explained or bool(sentence))

    def _problem(self, name: str, field: Field) -> str:
        try:
            value = field.value()
        except InvalidFieldError as error:
            return str(error)
        try:
            msgspec.convert({**self._base, name: value}, self._kind)
        except msgspec.ValidationError as error:
            return _sentence(error)
        return ""

    def spec(self) -> S:
        """Return the spec that the form describes.

        Raises:
            InvalidFieldError: A field is not valid.
        """
        found = self.problems()
        if found:
            raise InvalidFieldError(next(iter(found.values())))
        return msgspec.convert(self.builtins(), self._kind)


class UnionField(Field):
    """One of several structs: a choice, and the fields of the chosen one below it.

    Args:
        kinds: The structs.
        optional: Whether nothing may be chosen as well (None).
    """

    def __init__(self, kinds: tuple[type[Spec], ...], *, optional: bool = False) -> None:
        super().__init__()
        self.kinds = {tag_of(kind): kind for kind in sorted(kinds, key=_place)}
        words: dict[str | None, PartWords] = {None: PARTS[None]} if optional else {}
        words |= {tag: PARTS[kind.__name__] for tag, kind in self.kinds.items()}
        self.words = words
        self._choice = ChoiceField(tuple(words), words)
        self._forms: dict[str, Form[Any]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._choice)
        for tag, kind in self.kinds.items():
            form: Form[Any] = Form(kind, kind(), explained=False)
            form.setVisible(False)
            form.changed.connect(self.changed)
            column.addWidget(form)
            self._forms[tag] = form
        self._choice.changed.connect(self._show_chosen)
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self._choice.value()
        for tag, form in self._forms.items():
            form.setVisible(tag == chosen and bool(_shown(self.kinds[tag], None)))
        self.changed.emit()

    @property
    def choice(self) -> ChoiceField:
        """The choice itself, to disable what is impossible."""
        return self._choice

    def minimumSizeHint(self) -> QSize:
        """Narrow if need be, but never lower than its controls."""
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())

    @property
    def meaning(self) -> str:
        """What the choice means, in a line."""
        return self.words[self._choice.value()].help

    @property
    def tag(self) -> str | None:
        """The tag of the chosen struct; None for nothing."""
        chosen: str | None = self._choice.value()
        return chosen

    def spec(self) -> Spec | None:
        """The chosen struct with its fields, or with its defaults where one can't be read."""
        if self.tag is None:
            return None
        kind = self.kinds[self.tag]
        try:
            return msgspec.convert(self.value(), kind)
        except (InvalidFieldError, msgspec.ValidationError):
            return kind()

    def focus_widget(self) -> QWidget:
        """The control that takes the keyboard."""
        return self._choice.focus_widget()

    def value(self) -> Any:
        """Return the plain value."""
        tag = self._choice.value()
        if tag is None:
            return None
        form = self._forms[tag]
        found = form.problems()
        if found:
            raise InvalidFieldError(next(iter(found.values())))
        return form.builtins()

    def set_value(self, value: Any) -> None:
        """Show a plain value."""
        tag = None if value is None else value["kind"]
        self._choice.set_value(tag)
        if tag is not None:
            self._forms[tag].set_spec(msgspec.convert(value, self.kinds[tag]))


def field_for(field_type: inspect.Type, name: str, label: str) -> Field:
    """Return the control for an annotation of the field `name`.

    Raises:
        TypeError: No control is known for it.
    """
    kind, optional = _without_none(field_type)
    if isinstance(kind, inspect.UnionType):
        parts = [part for part in kind.types if not isinstance(part, inspect.NoneType)]
        return UnionField(tuple(_spec_class(part) for part in parts), optional=optional)
    if isinstance(kind, inspect.StructType):
        return UnionField((_spec_class(kind),))
    if isinstance(kind, inspect.LiteralType):
        values = _literal_order(kind)
        return ChoiceField((None, *values) if optional else values)
    if isinstance(kind, inspect.BoolType):
        return FlagField(label)
    return _text_field(kind, EMPTY.get(name, "automatic") if optional else None)


def _spec_class(kind: inspect.Type) -> type[Spec]:
    if isinstance(kind, inspect.StructType) and issubclass(kind.cls, Spec):
        return kind.cls
    raise TypeError(f"no form for {kind}")


def _text_field(kind: inspect.Type, empty: str | None) -> TextField:
    if isinstance(kind, inspect.IntType):
        return TextField(parse_int, str, empty=empty)
    if isinstance(kind, inspect.FloatType):
        return TextField(parse_float, write_float, empty=empty)
    if isinstance(kind, inspect.VarTupleType | inspect.TupleType):
        return TextField(parse_ints, write_ints, empty=empty)
    if isinstance(kind, inspect.StrType):
        return TextField(str, str, empty=empty)
    raise TypeError(f"no control for {kind}")


def _without_none(field_type: inspect.Type) -> tuple[inspect.Type, bool]:
    while isinstance(field_type, inspect.Metadata):
        field_type = field_type.type
    if not isinstance(field_type, inspect.UnionType):
        return field_type, False
    parts = [part for part in field_type.types if not isinstance(part, inspect.NoneType)]
    optional = len(parts) < len(field_type.types)
    return (parts[0] if len(parts) == 1 else field_type), optional


def _literal_order(kind: inspect.LiteralType) -> tuple[Any, ...]:
    # msgspec sorts the values; people want "automatic" and "none" first.
    first = [value for value in kind.values if value in ("auto", "none", "constant")]
    return (*first, *(value for value in kind.values if value not in first))


def align(*forms: Form[Any]) -> None:
    """Let the fields of forms that stand one above the other begin at one line."""
    labels = [label for form in forms for label in form.labels]
    widest = max(label.minimumWidth() for label in labels)
    for label in labels:
        label.setMinimumWidth(widest)


def _shown(kind: type[Spec], only: tuple[str, ...] | None) -> list[tuple[str, inspect.Type]]:
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind} is no struct")
    types = {field.name: field.type for field in info.fields}
    wanted = types if only is None else only
    return [(name, types[name]) for name in wanted if _worth_showing(kind, name, types[name])]


def _worth_showing(kind: type[Spec], name: str, field_type: inspect.Type) -> bool:
    # A choice of one (the prior, for now) is no choice.
    single = isinstance(_without_none(field_type)[0], inspect.StructType)
    return (kind.__name__, name) in FIELDS and not single


def _place(kind: type[Spec]) -> int:
    """Choices stand in the order of their words."""
    return list(PARTS).index(kind.__name__)


def _sentence(error: msgspec.ValidationError) -> str:
    """msgspec says "Expected `int` >= 1 - at `$.epochs`", for people "Type at least 1."."""
    text = str(error).partition(" - at ")[0].replace("`", "")
    limit = re.search(r"(of length )?(>=|<=|>|<) (\S+)$", text)
    if limit is None:
        return f"{text}."
    length, sign, number = limit.groups()
    said = f"{LIMITS[sign]} {number.removesuffix('.0')}"
    return f"Type {said} numbers." if length else f"Type a number: {said}."
