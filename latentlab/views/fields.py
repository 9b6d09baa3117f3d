"""One field of a form: a control that shows a plain value and gives it back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from latentlab.views.part_words import PartWords
from latentlab.views.words import choice_word


class InvalidFieldError(ValueError):
    """What is typed is not a value; the message is a sentence for the person."""


class Field(QWidget):
    """A control for one value.

    Signals:
        changed: The person changed it.
    """

    changed = Signal()

    def value(self) -> Any:
        """Return the plain value (what msgspec's `to_builtins` gives).

        Raises:
            InvalidFieldError: What is typed can't be read.
        """
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a plain value."""
        raise NotImplementedError

    def focus_widget(self) -> QWidget:
        """The control that takes the keyboard, for labels and accessible names."""
        raise NotImplementedError

    def mark(self, sentence: str) -> None:
        """Mark the value as wrong, with the reason as a tip; an empty sentence clears the mark."""
        control = self.focus_widget()
        if control.property("invalid") != bool(sentence):
            control.setProperty("invalid", bool(sentence))
            control.style().unpolish(control)
            control.style().polish(control)
        control.setToolTip(sentence)


class _Single(Field):
    def __init__(self, control: QWidget) -> None:
        super().__init__()
        self._control = control
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(control)

    def focus_widget(self) -> QWidget:
        """The control that takes the keyboard."""
        return self._control


class TextField(_Single):
    """A line of text read by `parse` and written by `write`.

    Where `empty` is a word, no text is None, and the word says what that means.
    """

    def __init__(
        self,
        parse: Callable[[str], Any],
        write: Callable[[Any], str],
        *,
        empty: str | None = None,
    ) -> None:
        self._edit = QLineEdit()
        super().__init__(self._edit)
        self._parse, self._write, self._optional = parse, write, empty is not None
        self._edit.setPlaceholderText(empty or "")
        self._edit.textChanged.connect(self._tell)

    def _tell(self) -> None:
        self.changed.emit()

    def value(self) -> Any:
        """Return the plain value."""
        text = self._edit.text().strip()
        if not text:
            if self._optional:
                return None
            raise InvalidFieldError("Type a value.")
        return self._parse(text)

    def set_value(self, value: Any) -> None:
        """Show a plain value."""
        self._edit.setText("" if value is None else self._write(value))
        self._edit.setCursorPosition(0)


class ChoiceField(_Single):
    """One of a few values; an impossible one is disabled, with the reason as its tip.

    Args:
        values: In the order shown.
        parts: Words of values that are parts of a model: they stand under the names of their
            groups, each with what it means as its tip.
    """

    def __init__(
        self, values: tuple[Any, ...], parts: Mapping[Any, PartWords] | None = None
    ) -> None:
        self._combo = QComboBox()
        super().__init__(self._combo)
        self._places: dict[Any, int] = {}
        self._helps = {value: words.help for value, words in (parts or {}).items()}
        self._fill(values, parts or {})
        self._combo.setCurrentIndex(min(self._places.values()))
        self._combo.currentIndexChanged.connect(self._tell)

    def _fill(self, values: tuple[Any, ...], parts: Mapping[Any, PartWords]) -> None:
        groups = dict.fromkeys(parts[value].group for value in values if value in parts)
        named = len(groups) > 1
        for group in groups or {"": None}:
            if named and group:
                self._add_heading(group)
            for value in values:
                words = parts.get(value)
                if words is not None and words.group != group:
                    continue
                self._places[value] = self._combo.count()
                self._combo.addItem(choice_word(value) if words is None else words.label)
                tip = self._helps.get(value, "")
                self._combo.setItemData(self._places[value], tip, Qt.ItemDataRole.ToolTipRole)

    def _add_heading(self, text: str) -> None:
        self._combo.addItem(text)
        item = self._item(self._combo.count() - 1)
        if item is not None:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            font = self._combo.font()
            font.setBold(True)
            font.setPointSizeF(font.pointSizeF() * 0.9)
            item.setFont(font)

    def _item(self, place: int) -> QStandardItem | None:
        model = self._combo.model()
        return model.item(place) if isinstance(model, QStandardItemModel) else None

    def _tell(self) -> None:
        self.changed.emit()

    def value(self) -> Any:
        """Return the plain value."""
        places = {place: value for value, place in self._places.items()}
        return places[self._combo.currentIndex()]

    def set_value(self, value: Any) -> None:
        """Show a plain value."""
        self._combo.setCurrentIndex(self._places[value])

    def disable(self, reasons: Mapping[Any, str]) -> None:
        """Disable the values that `reasons` names, each with its sentence; enable the others."""
        for value, place in self._places.items():
            item, reason = self._item(place), reasons.get(value, "")
            if item is not None:
                item.setEnabled(not reason)
                item.setToolTip(reason or self._helps.get(value, ""))


class FlagField(_Single):
    """Yes or no."""

    def __init__(self, text: str) -> None:
        self._box = QCheckBox(text)
        super().__init__(self._box)
        self._box.toggled.connect(self._tell)

    def _tell(self) -> None:
        self.changed.emit()

    def value(self) -> bool:
        """Return the plain value."""
        return self._box.isChecked()

    def set_value(self, value: Any) -> None:
        """Show a plain value."""
        self._box.setChecked(bool(value))


def parse_int(text: str) -> int:
    """Read a whole number.

    Raises:
        InvalidFieldError: It is none.
    """
    try:
        return int(text.replace("\N{MINUS SIGN}", "-").replace(" ", ""))
    except ValueError as error:
        raise InvalidFieldError("Type a whole number.") from error


def parse_float(text: str) -> float:
    """Read a number; a comma may stand for the point.

    Raises:
        InvalidFieldError: It is none.
    """
    try:
        value = float(text.replace("\N{MINUS SIGN}", "-").replace(",", "."))
    except ValueError as error:
        raise InvalidFieldError("Type a number, for example 0.002.") from error
    if not math.isfinite(value):
        raise InvalidFieldError("Type a finite number, for example 0.002.")
    return value


def parse_ints(text: str) -> list[int]:
    """Read whole numbers with commas or spaces between them.

    Raises:
        InvalidFieldError: One of them is no whole number.
    """
    try:
        return [int(part) for part in text.replace(",", " ").replace(";", " ").split()]
    except ValueError as error:
        raise InvalidFieldError(
            "Type whole numbers with commas between, for example 512, 256."
        ) from error


def write_float(value: float) -> str:
    """Write a number so that it is read back exactly."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def write_ints(values: list[int]) -> str:
    """Write whole numbers with commas between them."""
    return ", ".join(str(value) for value in values)
