"""Arithmetic of latents: "mean(3) - mean(8) + here", read without any means of running code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError

Floats = NDArray[np.float64]
Value = float | Floats
LONGEST, DEEPEST = 500, 30
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | "(?P<quoted>[^"]*)"
      | (?P<sign>[-+*/(),\[\]])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Words:
    """What names in an expression stand for; each function refuses what it does not know.

    Args:
        latent_dim: d of every latent.
        name: A bare name ("here", "A", a direction's name) -> (d,).
        call: A function's name and its argument as text ("mean", "3") -> (d,).
    """

    latent_dim: int
    name: Callable[[str], Floats]
    call: Callable[[str, str], Floats]


def vocabulary(
    z: NDArray[np.floating],
    labels: NDArray[np.integer],
    label_names: Sequence[str],
    points: Mapping[str, Floats],
    directions: Mapping[str, Floats],
    selected: NDArray[np.integer] | None = None,
) -> Words:
    """The words of a map: its data, its classes, named points and named directions.

    mean(3), mean(Bag), mean(all), mean(selection), data(17); `points` and `directions` by name.

    Args:
        z: (N, d) codes.
        labels: (N,) classes, -1 where unlabelled.
        label_names: Their names.
        points: Named latents, such as here, A and B.
        directions: Named vectors.
        selected: Rows that are selected.
    """
    places = {name.lower(): at for name, at in (*directions.items(), *points.items())}

    def name(word: str) -> Floats:
        if word.lower() not in places:
            known = ", ".join([*points, *directions, "mean(class)", "data(row)"][:12])
            raise UsageError(f'There is no "{word}".', do=f"There are {known}.")
        return places[word.lower()]

    def call(function: str, what: str) -> Floats:
        if function.lower() == "data":
            if not what.isdecimal() or int(what) >= len(z):
                raise UsageError(f"There is no datum {what}.", do=f"Rows go to {len(z) - 1}.")
            return np.asarray(z[int(what)], dtype=np.float64)
        if function.lower() != "mean":
            raise UsageError(f'There is no "{function}(...)".', do="There are mean and data.")
        rows = rows_of(what, labels, label_names, selected)
        if not len(rows):
            raise UsageError(f"mean({what}) is of no data.")
        return np.asarray(z[rows].mean(axis=0, dtype=np.float64))

    return Words(z.shape[1], name, call)


def rows_of(
    what: str,
    labels: NDArray[np.integer],
    label_names: Sequence[str],
    selected: NDArray[np.integer] | None = None,
) -> NDArray[np.int64]:
    """The rows that a word names: a class by name or number, all, or the selection.

    Raises:
        UsageError: There is no such class.

    Example:
        >>> rows_of("b", np.array([0, 1, 1]), ["a", "b"]).tolist()
        [1, 2]
    """
    word = what.strip()
    if word.lower() == "all":
        return np.arange(len(labels))
    if word.lower() in ("selection", "selected"):
        if selected is None or not len(selected):
            raise UsageError("Nothing is selected.", do="Select data on the map first.")
        return np.asarray(selected, dtype=np.int64)
    lower = [name.lower() for name in label_names]
    if word.lower() in lower:
        label = lower.index(word.lower())
    elif word.isdecimal() and (labels == int(word)).any():
        label = int(word)
    else:
        names = ", ".join(label_names[:20])
        raise UsageError(
            f'There is no class "{word}".', do=f"The classes are {names}." if names else ""
        )
    return np.flatnonzero(labels == label)


def latent_of(text: str, words: Words) -> Floats:
    """The latent (d,) that an expression means.

    Sums and differences of latents, times and divided by numbers, brackets; [1, 2] is a latent.

    Raises:
        UsageError: It can't be read, or a number stands where a latent must.

    Example:
        >>> here = Words(2, lambda name: np.ones(2), lambda name, what: np.full(2, float(what)))
        >>> latent_of("mean(3) - 2 * (mean(1) + here) / 4", here).tolist()
        [2.0, 2.0]
    """
    if len(text) > LONGEST:
        raise UsageError("The expression is too long.", do=f"Keep it under {LONGEST} characters.")
    reader = _Reader(_tokens(text), words)
    value = reader.sum(0)
    reader.end()
    if not isinstance(value, np.ndarray):
        raise UsageError(
            "The result is a number, not a latent.",
            where=text.strip(),
            do="Name one, such as here or mean(3).",
        )
    if not np.isfinite(value).all():
        raise UsageError("The result is not finite.", where=text.strip())
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            wrong = stripped[at:].strip()[:20]
            raise UsageError(f'"{wrong}" can\'t be read.', where=f"place {at + 1}")
        kind = match.lastgroup or ""
        found.append((kind, match.group(kind)))
        at = match.end()
    return found


class _Reader:
    """Recursive descent over tokens: sum > product > value."""

    def __init__(self, tokens: list[tuple[str, str]], words: Words) -> None:
        self._tokens, self._words, self._at = tokens, words, 0

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *signs: str) -> str | None:
        kind, text = self._peek()
        if kind == "sign" and text in signs:
            self._at += 1
            return text
        return None

    def _expect(self, sign: str) -> None:
        if self._take(sign) is None:
            found = self._peek()[1] or "the end"
            raise UsageError(f'"{sign}" is missing before {found}.', do="Look at the brackets.")

    def end(self) -> None:
        """Refuse what is left over."""
        kind, text = self._peek()
        if kind != "end":
            raise UsageError(f'"{text}" stands where the expression should end.')

    def sum(self, depth: int) -> Value:
        """product (+|- product)*"""
        if depth > DEEPEST:
            raise UsageError("There are too many brackets.", do="Make it simpler.")
        value = self._product(depth)
        while sign := self._take("+", "-"):
            other = self._product(depth)
            if isinstance(value, np.ndarray) != isinstance(other, np.ndarray):
                raise UsageError(
                    "A number can't be added to a latent.", do="Multiply instead: 2 * here."
                )
            value = value + other if sign == "+" else value - other
        return value

    def _product(self, depth: int) -> Value:
        value = self._signed(depth)
        while sign := self._take("*", "/"):
            other = self._signed(depth)
            if sign == "*":
                if isinstance(value, np.ndarray) and isinstance(other, np.ndarray):
                    raise UsageError("Two latents can't be multiplied.", do="Add them instead.")
                value = value * other
            elif isinstance(other, np.ndarray):
                raise UsageError("Nothing can be divided by a latent.", do="Divide by a number.")
            elif other == 0.0:
                raise UsageError("Nothing can be divided by zero.")
            else:
                value = value / other
        return value

    def _signed(self, depth: int) -> Value:
        negative = False
        while sign := self._take("-", "+"):
            negative ^= sign == "-"
        value = self._value(depth)
        return -value if negative else value

    def _value(self, depth: int) -> Value:
        kind, text = self._peek()
        if kind == "end":
            raise UsageError("The expression ends too early.", do="Complete it.")
        self._at += 1
        if kind == "number":
            return float(text)
        if kind == "name":
            return self._named(text)
        if kind == "quoted":
            return self._known(self._words.name(text))
        if text == "(":
            inside = self.sum(depth + 1)
            self._expect(")")
            return inside
        if text == "[":
            return self._literal()
        raise UsageError(f'"{text}" stands where a latent or a number should.')

    def _named(self, name: str) -> Floats:
        if self._take("(") is None:
            return self._known(self._words.name(name))
        kind, what = self._peek()
        if kind not in ("number", "name", "quoted"):
            raise UsageError(f"{name}(...) needs a name or a number in its brackets.")
        self._at += 1
        while self._peek()[0] in ("number", "name"):  # a class of several words
            what += " " + self._peek()[1]
            self._at += 1
        self._expect(")")
        return self._known(self._words.call(name, what))

    def _known(self, value: Floats) -> Floats:
        return np.asarray(value, dtype=np.float64).reshape(self._words.latent_dim)

    def _literal(self) -> Floats:
        numbers: list[float] = []
        while True:
            negative = self._take("-", "+") == "-"
            kind, text = self._peek()
            if kind != "number":
                raise UsageError("[...] holds numbers parted by commas.")
            self._at += 1
            numbers.append(-float(text) if negative else float(text))
            if self._take(",") is None:
                break
        self._expect("]")
        if len(numbers) != self._words.latent_dim:
            raise UsageError(
                f"The model has {self._words.latent_dim} latents, {len(numbers)} were given."
            )
        return np.asarray(numbers)
