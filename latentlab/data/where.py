"""Expressions that choose data: `class is 3 or 5 and recon > 120`.

    expression  =  clauses joined by "and", "or" (which binds less), "not", parentheses
    clause  =  COLUMN ("is" | "is not" | "in" | "not in" | "=" | "!=") VALUE {("or" | ",") VALUE}
            |  COLUMN ("<" | "<=" | ">" | ">=") NUMBER,  NUMBER < COLUMN < NUMBER
            |  COLUMN "contains" TEXT

Columns and values are bare words or quoted. A list of values goes on after "or" as long as no new
clause begins there. A datum whose number is missing fits no clause but "is missing".
Nothing is ever executed: an expression becomes a tree, and the tree a function of rows.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from latentlab.errors import UsageError

MOST_CHARACTERS = 2000
MOST_DEPTH = 50

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<sign><=|>=|!=|==|<>|[<>=(),≤≥≠])"""
    r"""|(?P<word>[^\s()<>=!,≤≥≠"']+)|(?P<wrong>\S))"""
)
_SAME = {"≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=", "==": "="}
_KEYWORDS = ("and", "or", "not", "is", "in", "contains")
_ORDER = ("<", "<=", ">", ">=")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class WhereError(UsageError):
    """An expression that can't be understood, and the place in it.

    Args:
        what: What is wrong.
        start: Of the characters that are wrong.
        end: Behind them.
        do: What can be done.
    """

    def __init__(self, what: str, start: int, end: int, do: str = "") -> None:
        super().__init__(what, where=f"filter, character {start + 1}", do=do)
        self.start, self.end = start, end


@dataclass(frozen=True, slots=True)
class Word:
    """A column or a value as it stands in the text, from `start` up to `end`."""

    text: str
    start: int
    end: int
    quoted: bool = False

    @property
    def number(self) -> float | None:
        """The number that it is, if it is one."""
        try:
            return None if self.quoted or "_" in self.text else float(self.text)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Compare:
    """A number of the column lies on one side of a value."""

    column: Word
    sign: str
    value: Word


@dataclass(frozen=True, slots=True)
class Among:
    """The column is one of some values (or none of them)."""

    column: Word
    values: tuple[Word, ...]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Contains:
    """The column's text has a part (or has it not)."""

    column: Word
    part: Word
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Clause, ...]


Clause = Compare | Among | Contains | Every | Some


def parse(text: str) -> Clause | None:
    """The tree of an expression; None where there is none.

    Raises:
        WhereError: It can't be understood; it says where.

    Example:
        >>> found = parse("class is 3 or 5 and recon > 120")
        >>> [word.text for word in columns_in(found)]
        ['class', 'recon']
    """
    if not text.strip():
        return None
    if len(text) > MOST_CHARACTERS:
        what = f"It is longer than {MOST_CHARACTERS:,} characters."
        raise WhereError(what, MOST_CHARACTERS, len(text), "Ask for less at once.")
    return _Parser(text).whole()


def columns_in(clause: Clause | None) -> tuple[Word, ...]:
    """The columns that a tree asks about, in its order, each as often as it is named."""
    return () if clause is None else tuple(_columns(clause))


def _columns(clause: Clause) -> Iterator[Word]:
    if isinstance(clause, Every | Some):
        for part in clause.parts:
            yield from _columns(part)
    else:
        yield clause.column


def negated(clause: Clause) -> Clause:
    """The opposite; a missing number fits neither."""
    if isinstance(clause, Every):
        return Some(tuple(negated(part) for part in clause.parts))
    if isinstance(clause, Some):
        return Every(tuple(negated(part) for part in clause.parts))
    if isinstance(clause, Compare):
        return Compare(clause.column, _NEGATED[clause.sign], clause.value)
    if isinstance(clause, Among):
        return Among(clause.column, clause.values, not clause.inside)
    return Contains(clause.column, clause.part, not clause.inside)


class _Parser:
    """One descent over the words of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = list(_words(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Clause:
        """The tree of everything."""
        found = self._either()
        if self._at < len(self._words):
            self._stop_at(self._words[self._at])
        return found

    def _stop_at(self, word: Word) -> None:
        if word.text == ")" and not word.quoted:
            raise _wrong("This parenthesis was never opened.", word)
        raise _wrong(f"“{word.text}” does not go on from here.", word, "Join clauses by and, or.")

    # What comes next

    def _is(self, *texts: str, ahead: int = 0) -> bool:
        place = self._at + ahead
        if place >= len(self._words):
            return False
        word = self._words[place]
        return not word.quoted and word.text.lower() in texts

    def _take(self, *texts: str) -> Word | None:
        if not self._is(*texts):
            return None
        self._at += 1
        return self._words[self._at - 1]

    def _phrase(self, wanted: str) -> Word:
        """Bare words up to a sign or a keyword, as one; or a single quoted one."""
        if self._at >= len(self._words):
            end = len(self._text)
            raise WhereError(f"{wanted} is missing at the end.", end, end)
        first = self._words[self._at]
        if not first.quoted and (first.text.lower() in _KEYWORDS or _is_sign(first)):
            raise _wrong(f"{wanted} is missing before “{first.text}”.", first)
        self._at += 1
        last = first
        while not first.quoted and self._at < len(self._words) and _is_bare(self._words[self._at]):
            last = self._words[self._at]
            self._at += 1
        if last is first:
            return first
        text = " ".join(self._text[first.start : last.end].split())
        return Word(text, first.start, last.end)

    # From what binds least to what binds most

    def _either(self) -> Clause:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _both(self) -> Clause:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self) -> Clause:
        opened = self._take("not", "(")
        if opened is None:
            return self._clause()
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _wrong("Too much is nested here.", opened)
        if opened.text != "(":
            found = negated(self._one())
        else:
            found = self._either()
            if not self._take(")"):
                raise _wrong("This parenthesis is never closed.", opened)
        self._depth -= 1
        return found

    def _clause(self) -> Clause:
        column = self._phrase("A column")
        if self._take("is"):
            return self._among(column, inside=not self._take("not"))
        if self._is("not") and self._is("in", ahead=1):
            self._at += 2
            return self._among(column, inside=False)
        if self._take("in", "="):
            return self._among(column, inside=True)
        if self._take("!="):
            return self._among(column, inside=False)
        if self._take("contains"):
            return Contains(column, self._phrase("A text"))
        sign = self._take(*_ORDER)
        if sign is None:
            do = "Use is, is not, in, contains, <, <=, > or >=."
            raise _wrong(f"“{column.text}” is compared with nothing.", column, do)
        return self._compare(column, sign)

    def _compare(self, left: Word, sign: Word) -> Clause:
        right = self._phrase("A number")
        if left.number is None:
            return Compare(left, sign.text, right)
        lower = Compare(right, _FLIPPED[sign.text], left)  # 100 < recon
        again = self._take(*_ORDER)
        if again is None:
            return lower
        return Every((lower, Compare(right, again.text, self._phrase("A number"))))

    def _among(self, column: Word, *, inside: bool) -> Clause:
        opened = self._take("(")
        values = [self._phrase("A value")]
        while self._take(",") or self._more_values():
            values.append(self._phrase("A value"))
        if opened is not None and not self._take(")"):
            raise _wrong("This parenthesis is never closed.", opened)
        return Among(column, tuple(values), inside)

    def _more_values(self) -> bool:
        """Whether an "or" goes on with a value, and is taken; not where a clause begins."""
        if not self._is("or") or self._is("(", "not", ahead=1):
            return False
        begin = self._at
        self._at += 1
        try:
            self._phrase("A value")
        except WhereError:
            self._at = begin
            return False
        clause = self._is("is", "in", "contains", "=", "!=", *_ORDER)
        clause |= self._is("not") and self._is("in", ahead=1)
        self._at = begin if clause else begin + 1
        return not clause


def _words(text: str) -> Iterator[Word]:
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None or match["wrong"]:
            start = place if match is None else match.start("wrong")
            quote = text[start] in "\"'"
            what = (
                "This quotation mark is never closed." if quote else f"“{text[start]}” is no sign."
            )
            raise WhereError(what, start, start + 1)
        place = match.end()
        kind = match.lastgroup or "word"
        found = match[kind]
        if kind == "quoted":
            yield Word(found[1:-1], match.start(kind), place, quoted=True)
        else:
            yield Word(_SAME.get(found, found), match.start(kind), place)


def _is_sign(word: Word) -> bool:
    return not word.quoted and word.text in ("(", ")", ",", "=", "!=", *_ORDER)


def _is_bare(word: Word) -> bool:
    return not word.quoted and word.text.lower() not in _KEYWORDS and not _is_sign(word)


def _wrong(what: str, word: Word, do: str = "") -> WhereError:
    return WhereError(what, word.start, word.end, do)
