"""An expression's tree, held against the columns that it names: a function of rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.attributes import MISSING_WORDS, Attribute, Rows
from latentlab.data.sieve import Test
from latentlab.data.where import (
    COMPARE,
    Among,
    Clause,
    Compare,
    Contains,
    Every,
    Some,
    WhereError,
    Word,
    columns_in,
)

MOST_NAMED = 12  # columns or categories that a sentence lists
ALSO = {"label": "class"}  # what exported tables call it


def found_name(word: Word, names: Iterable[str]) -> str:
    """The column that a word means: in any case; "label" is the class where no column is it.

    Raises:
        WhereError: There is none; it says which are near.
    """
    by_case = {name.casefold(): name for name in names}
    wanted = word.text.casefold()
    for name in (wanted, ALSO.get(wanted)):
        if name in by_case:
            return by_case[name]
    what = f"There is no column “{word.text}”."
    raise WhereError(what, word.start, word.end, _instead(wanted, by_case))


def _instead(wanted: str, by_case: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(wanted, by_case, n=1)
    if near:
        return f"Did you mean “{by_case[near[0]]}”?"
    return f"There are {_listed(tuple(by_case.values()))}."


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def bind(clause: Clause, attributes: Mapping[str, Attribute]) -> Test:
    """The test of rows that a tree means.

    Args:
        clause: The tree.
        attributes: Columns by name; all that the tree names.

    Raises:
        WhereError: A column is none of them, or a value does not fit its column.

    Example:
        >>> from latentlab.data.attributes import attribute_of
        >>> from latentlab.data.where import parse
        >>> age = {"age": attribute_of("age", np.array([0.5, 3.5, np.nan]))}
        >>> bind(parse("not age > 1"), age)(slice(None)).tolist()
        [True, False, False]
    """
    if isinstance(clause, Compare | Among | Contains):
        attribute = attributes[found_name(clause.column, attributes)]
        if isinstance(clause, Compare):
            return _compare(clause, attribute)
        if isinstance(clause, Among):
            return _among(clause, attribute)
        return _contains(clause, attribute)
    tests = tuple(bind(part, attributes) for part in clause.parts)
    join = np.logical_and if isinstance(clause, Every) else np.logical_or

    def test(rows: Rows) -> NDArray[np.bool_]:
        found = tests[0](rows)
        for one in tests[1:]:
            found = join(found, one(rows))
        return found

    return test


def bind_known(clause: Clause, attributes: Mapping[str, Attribute]) -> None:
    """Hold the parts of a tree against those of its columns that are there already.

    Raises:
        WhereError: A value does not fit its column, or no number is where one must be.

    Example:
        >>> from latentlab.data.where import parse
        >>> bind_known(parse("recon > 3"), {})
    """
    if isinstance(clause, Every | Some):
        for part in clause.parts:
            bind_known(part, attributes)
    elif clause.column.text.casefold() in {name.casefold() for name in attributes}:
        bind(clause, attributes)
    elif isinstance(clause, Compare):
        _number(clause.value)


def needed(clause: Clause | None, names: Iterable[str]) -> tuple[str, ...]:
    """The names of all columns that a tree asks about, each once.

    Raises:
        WhereError: There is no such column.
    """
    known = tuple(names)
    return tuple(dict.fromkeys(found_name(word, known) for word in columns_in(clause)))


def _compare(clause: Compare, attribute: Attribute) -> Test:
    if attribute.numbers is None:
        raise WhereError(
            f"“{attribute.name}” has names, not numbers.",
            clause.column.start,
            clause.value.end,
            "Use is, is not or in.",
        )
    numbers, value, compare = attribute.numbers, _number(clause.value), COMPARE[clause.sign]

    def test(rows: Rows) -> NDArray[np.bool_]:
        return np.asarray(compare(numbers[rows], value), np.bool_)  # NaN: no

    return test


def _number(word: Word) -> float:
    number = word.number
    if number is None or np.isnan(number):
        raise WhereError(f"“{word.text}” is no number.", word.start, word.end)
    return number


def _among(clause: Among, attribute: Attribute) -> Test:
    if attribute.numbers is None:
        codes = frozenset(_code(word, attribute) for word in clause.values)
        return _one_of(attribute, codes, inside=clause.inside)
    numbers, inside = attribute.numbers, clause.inside
    missing = any(word.text.casefold() in MISSING_WORDS for word in clause.values)
    values = [_number(w) for w in clause.values if w.text.casefold() not in MISSING_WORDS]

    def test(rows: Rows) -> NDArray[np.bool_]:
        some = numbers[rows]
        found, absent = _equal(some, values), np.isnan(some)
        return found | absent if inside and missing else found if inside else ~found & ~absent

    return test


def _equal(some: NDArray[Any], values: list[float]) -> NDArray[np.bool_]:
    found = np.zeros(len(some), np.bool_)
    for value in values:
        found |= some == some.dtype.type(value) if some.dtype.kind == "f" else some == value
    return found


def _code(word: Word, attribute: Attribute) -> int:
    code = attribute.code_of(word.text)
    if code is None:
        by_case = {name.casefold(): name for name in attribute.names}
        near = difflib.get_close_matches(word.text.casefold(), by_case, n=1)
        if near and word.number is None:
            do = f"Did you mean “{by_case[near[0]]}”?"
        else:
            do = f"There are {_listed(attribute.names)}."
        what = f"“{attribute.name}” is never “{word.text}”."
        raise WhereError(what, word.start, word.end, do)
    return code


def _one_of(attribute: Attribute, wanted: frozenset[int], *, inside: bool) -> Test:
    codes = attribute.codes
    assert codes is not None  # noqa: S101 - an attribute has numbers or categories
    table = np.array(sorted(wanted))

    def test(rows: Rows) -> NDArray[np.bool_]:
        some = codes[rows]
        found = some == table[0] if len(table) == 1 else np.isin(some, table)
        return found if inside else ~found

    return test


def _contains(clause: Contains, attribute: Attribute) -> Test:
    if attribute.codes is None or attribute.numbers is not None:
        raise WhereError(
            f"“{attribute.name}” has numbers, not texts.",
            clause.column.start,
            clause.part.end,
            "Use is, <, <=, > or >=.",
        )
    part = clause.part.text.casefold()
    wanted = (code for code, name in enumerate(attribute.names) if part in name.casefold())
    return _one_of(attribute, frozenset(wanted), inside=clause.inside)
