"""What is known of each datum beside its values: a number, or one of some categories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset

Rows = slice | NDArray[np.integer]

MOST_LEVELS = 12  # whole numbers of so few values are categories too
MISSING = -1  # the code of no category
TITLES = {"class": "Class", "split": "Train or test", "row": "Row"}
SPLITS = ("Train", "Test")
MISSING_WORDS = ("missing", "unlabelled")


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """A column of a table whose rows are the data.

    It has numbers, or categories, or both (whole numbers of few values).

    Args:
        name: What tables and expressions call it.
        title: What a person calls it.
        numbers: (N,) values, NaN where there is none; None for mere categories.
        codes: (N,) integers, the place of each datum's category in `names`, -1 where it has none.
        names: Of the categories; those beyond are called by their number.
        unit: Of the numbers.
        how: How it was found, where there is more than one way.
    """

    name: str
    title: str
    numbers: NDArray[Any] | None = None
    codes: NDArray[np.integer] | None = None
    names: tuple[str, ...] = ()
    unit: str = ""
    how: str = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def values(self) -> NDArray[Any]:
        """(N,) the numbers; of mere categories the codes."""
        either = self.numbers if self.numbers is not None else self.codes
        return np.empty(0) if either is None else either

    @property
    def base(self) -> NDArray[Any] | None:
        """The array that the numbers are (a column of): the same one, the same numbers."""
        numbers = self.numbers
        return numbers if numbers is None or numbers.base is None else numbers.base

    @property
    def categorical(self) -> bool:
        """Whether its values are told apart, not measured."""
        return self.codes is not None

    @property
    def missing_name(self) -> str:
        """What a datum without a value is called."""
        return "Unlabelled" if self.name == "class" else "Missing"

    def name_of(self, code: int) -> str:
        """A category in words."""
        if code < 0:
            return self.missing_name
        return self.names[code] if code < len(self.names) else f"{self.title} {code}"

    def code_of(self, word: str) -> int | None:
        """The category that a word means: by its name in any case, else by its number."""
        wanted = word.casefold()
        for code, name in enumerate(self.names):
            if name.casefold() == wanted:
                return code
        if wanted in MISSING_WORDS:
            return MISSING
        if not wanted.isdecimal():
            return None
        code = int(wanted)
        return code if not self.names or code < len(self.names) else None

    def words(self, row: int) -> str:
        """One row's value in words.

        Example:
            >>> attribute_of("size", np.array([0.5, 1234.5678])).words(1)
            '1,235'
        """
        if self.codes is not None:
            return self.name_of(int(self.codes[row]))
        return "" if self.numbers is None else number_words(float(self.numbers[row]), self.unit)


def number_words(value: float, unit: str = "") -> str:
    """A number with four digits that count, and its unit.

    Example:
        >>> number_words(0.000123456), number_words(-98.24, "nats"), number_words(float("nan"))
        ('0.0001235', '-98.24 nats', 'missing')
    """
    if np.isnan(value):
        return "missing"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{text} {unit}" if unit else text


def decimals_of(values: NDArray[Any]) -> int:
    """Decimals with which numbers are told one below the other, four digits of the middle one.

    Example:
        >>> [f"{value:.{decimals_of(np.array([-390.87, -374.0]))}f}" for value in (-390.87, -374.0)]
        ['-390.9', '-374.0']
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(sizes):
        return 0
    return int(np.clip(3 - np.floor(np.log10(np.median(sizes))), 0, 6))


def attribute_of(name: str, values: NDArray[Any], title: str = "") -> Attribute:
    """A column of any type as an attribute; of millions it takes a while.

    Example:
        >>> found = attribute_of("kind", np.array(["cat", "", "dog"]))
        >>> found.names, found.codes.tolist()
        (('cat', 'dog'), [0, -1, 1])
    """
    title = title or name
    kind = values.dtype.kind
    if kind in "US":
        return _of_texts(name, title, values)
    if kind == "O":
        return _of_texts(name, title, values.astype(np.str_))
    if kind == "b":
        return Attribute(
            name, title, values.astype(np.uint8), values.astype(np.int8), ("no", "yes")
        )
    levels = _levels(values)
    if levels is None:
        return Attribute(name, title, values)
    codes = np.searchsorted(levels, values).astype(np.int16)
    if kind == "f":
        codes[np.isnan(values)] = MISSING
    return Attribute(name, title, values, codes, tuple(f"{level:.15g}" for level in levels))


def _of_texts(name: str, title: str, values: NDArray[Any]) -> Attribute:
    names, places = np.unique(values, return_inverse=True)
    codes = places.reshape(-1).astype(np.int32)
    if len(names) and not names[0]:  # no text is no category; it sorts first
        names, codes = names[1:], codes - 1
    return Attribute(name, title, None, codes, tuple(str(text) for text in names))


def _levels(values: NDArray[Any]) -> NDArray[Any] | None:
    """The distinct values, ascending, where they are few and whole; else None."""
    some = values[: 16 * MOST_LEVELS]
    if not _few_and_whole(some):
        return None
    return np.unique(values[~np.isnan(values)]) if _few_and_whole(values) else None


def _few_and_whole(values: NDArray[Any]) -> bool:
    if values.dtype.kind == "f":
        values = values[~np.isnan(values)]
        if not np.isfinite(values).all() or (values != np.floor(values)).any():
            return False
    return 0 < len(np.unique(values)) <= MOST_LEVELS


def plain_attribute(
    name: str,
    labels: NDArray[np.int64],
    split: NDArray[np.int8],
    label_names: tuple[str, ...],
    z: NDArray[np.float32] | None = None,
) -> Attribute | None:
    """The columns that every map has by name: class, split, row, z1 .. zd; None for others.

    Example:
        >>> labels, split = np.array([0, 1]), np.zeros(2, np.int8)
        >>> plain_attribute("class", labels, split, ("cat", "dog")).words(1)
        'dog'
    """
    if name == "class":
        return Attribute(name, TITLES[name], codes=labels, names=label_names)
    if name == "split":
        return Attribute(name, TITLES[name], codes=split, names=SPLITS)
    if name == "row":
        return Attribute(name, TITLES[name], np.arange(len(labels)))
    if z is None or name[:1] != "z" or not name[1:].isdecimal():
        return None
    latent = int(name[1:]) - 1
    return Attribute(name, name, z[:, latent]) if 0 <= latent < z.shape[1] else None


def columns_of(dataset: Dataset) -> Mapping[str, NDArray[Any]]:
    """The columns and factors of a data set by name, each (N,)."""
    found = dict(dataset.columns)
    if dataset.factors is not None:
        for place, name in enumerate(dataset.factor_names):
            found.setdefault(name, dataset.factors[:, place])
    return found


def free_names(wanted: Iterator[str], taken: frozenset[str]) -> dict[str, str]:
    """Names of a data set's columns as expressions call them: those in use get an addition.

    Example:
        >>> free_names(iter(["age", "Class"]), frozenset({"class"}))
        {'age': 'age', 'Class': 'Class (data)'}
    """
    return {name: f"{name} (data)" if name.casefold() in taken else name for name in wanted}
