"""Which rows are shown: those of no hidden category that an expression does not rule out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Rows = slice | NDArray[np.integer]
Test = Callable[[Rows], NDArray[np.bool_]]

BLOCK = 1 << 16  # what the processor's cache holds


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """Categories of one attribute that are not shown.

    Args:
        name: The attribute.
        codes: (N,) its categories.
        values: Those that are hidden; -1 is none.
    """

    name: str
    codes: NDArray[np.integer]
    values: frozenset[int]

    def drops(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether rows are hidden."""
        codes = self.codes[rows]
        if len(self.values) > 8:
            return np.isin(codes, list(self.values))
        found = np.zeros(len(codes), np.bool_)
        for value in self.values:
            found |= codes == value
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """Asked of any rows, in any thread; nothing is computed before it is asked.

    Args:
        count: N.
        hidden: Categories that are not shown.
        test: Says of rows whether they are shown; None is all of them.

    Example:
        >>> labels = np.array([0, 1, 2, 1])
        >>> Sieve(4, (Hidden("class", labels, frozenset({1})),)).mask().tolist()
        [True, False, True, False]
    """

    count: int
    hidden: tuple[Hidden, ...] = ()
    test: Test | None = None
    _mask: list[NDArray[np.bool_]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __bool__(self) -> bool:
        return bool(self.hidden) or self.test is not None

    def keeps(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether rows are shown."""
        if self._mask:
            return self._mask[0][rows]
        return self._look(rows)

    def drops(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether rows are not shown."""
        return ~self.keeps(rows)

    def mask(self) -> NDArray[np.bool_]:
        """(N,) whether each row is shown; found once. Of millions it takes a while."""
        with self._lock:
            if not self._mask:
                found = np.empty(self.count, np.bool_)
                for start in range(0, self.count, BLOCK):
                    rows = slice(start, min(start + BLOCK, self.count))
                    found[rows] = self._look(rows)
                found.flags.writeable = False
                self._mask.append(found)
        return self._mask[0]

    def without(self, name: str) -> Sieve:
        """The same, but for what is hidden of one attribute."""
        rest = tuple(one for one in self.hidden if one.name != name)
        return self if len(rest) == len(self.hidden) else Sieve(self.count, rest, self.test)

    def _look(self, rows: Rows) -> NDArray[np.bool_]:
        if self.test is not None:
            found = np.array(self.test(rows), np.bool_)
        else:
            size = len(range(*rows.indices(self.count))) if isinstance(rows, slice) else len(rows)
            found = np.ones(size, np.bool_)
        for one in self.hidden:
            found &= ~one.drops(rows)
        return found
