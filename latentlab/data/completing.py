"""What can stand where a person types in an expression: columns, their values, words between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MOST = 200  # offered at once

_PARTIAL = re.compile(r"""(?:"[^"]*|'[^']*|[^\s()<>=!,≤≥≠"']*)$""")
_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|<=|>=|!=|==|<>|[<>=(),≤≥≠]|[^\s()<>=!,≤≥≠"']+)""")
_PLAIN = re.compile(r"""[^\s()<>=!,≤≥≠"']+""")
_JOINS = ("and", "or", "not", "(")
_TESTS = ("is", "is not", "in", "contains")
_KEYWORDS = ("and", "or", "not", "is", "in", "contains")
_EQUAL = ("=", "==", "!=", "<>", "≠")
_ORDER = ("<", "<=", ">", ">=", "≤", "≥")


@dataclass(frozen=True, slots=True)
class Completion:
    """What may replace the text from `start` up to the cursor, `typed` of it.

    Args:
        start: Of the word that is being typed.
        typed: That word as far as it is there.
        offers: What may stand there, in a menu's order.
    """

    start: int
    typed: str
    offers: tuple[str, ...]


def complete(
    text: str, names: Iterable[str], values_of: Callable[[str], Iterable[str]]
) -> Completion:
    """What can come at the end of an expression that is being typed.

    Args:
        text: The expression up to the cursor.
        names: Of the columns.
        values_of: The categories of a column; none where it has numbers.

    Example:
        >>> complete("cl", ["class", "recon"], lambda name: ["bag", "coat"]).offers
        ('class',)
        >>> complete("class is ", ["class", "recon"], lambda name: ["bag", "coat"]).offers
        ('bag', 'coat', 'not')
    """
    found = _PARTIAL.search(text)
    start = len(text) if found is None else found.start()
    typed = text[start:]
    known = tuple(names)
    words = _TOKEN.findall(text[:start])
    wanted = typed.strip("\"'").casefold()
    offers = (o for o in _possible(words, known, values_of) if o.casefold().startswith(wanted))
    quoted = (_quoted(offer) for offer in offers)
    return Completion(start, typed, tuple(o for o in quoted if o != typed)[:MOST])


def _possible(
    words: list[str], names: tuple[str, ...], values_of: Callable[[str], Iterable[str]]
) -> tuple[str, ...]:
    """What may follow these words."""
    last = words[-1].casefold() if words else "("
    column, inside = _clause(words, names)
    if inside and last in ("is", "in", "not", ",", "(", *_EQUAL):
        also = ("not",) if last == "is" else ()
        return (*values_of(column), *also)
    if last in _JOINS:
        return (*(values_of(column) if inside else ()), *names)
    if last in (*_ORDER, "contains", ","):
        return ()
    if inside or not column:
        return ("and", "or")
    return _TESTS if column == _named(words[-1], names) else ()


def _clause(words: list[str], names: tuple[str, ...]) -> tuple[str, bool]:
    """The column of the clause that the words end with, and whether its values are being named."""
    column, inside = "", False
    for place, word in enumerate(words):
        plain = word.casefold()
        before = words[place - 1].casefold() if place else ""
        if plain in ("and", "not", "(", ")") and not (inside and before in ("is", "in", "not")):
            if plain != "not" or not column:
                column, inside = "", False
        elif plain in ("is", "in", *_EQUAL):
            inside = bool(column)
        elif plain in (*_ORDER, "contains"):
            inside = False
        elif named := _named(word, names):
            starts = before in ("", *_JOINS)
            column, inside = (named, False) if starts else (column, inside)
    return column, inside


def _named(word: str, names: tuple[str, ...]) -> str:
    wanted = word.strip("\"'").casefold()
    return next((name for name in names if name.casefold() == wanted), "")


def _quoted(name: str) -> str:
    """A name as it is written: with quotes where a bare word would mean something else."""
    parts = name.split(" ")
    plain = all(_PLAIN.fullmatch(part) and part.casefold() not in _KEYWORDS for part in parts)
    if plain or name in _KEYWORDS or name in _TESTS:
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'
