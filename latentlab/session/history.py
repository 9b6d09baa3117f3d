"""Undo and redo of what the hand changes: path, hidden classes, chart, view."""

from __future__ import annotations

from latentlab.session.state import Undoable

DEPTH = 200


class History:
    """Two stacks of states.

    Example:
        >>> history = History()
        >>> history.mark(Undoable())
        >>> history.undo(Undoable(where="class is 1")).where
        ''
        >>> history.can_redo
        True
    """

    def __init__(self) -> None:
        self._past: list[Undoable] = []
        self._future: list[Undoable] = []

    def can_undo(self, now: Undoable) -> bool:
        """Whether there is another state to go back to."""
        return any(state != now for state in self._past)

    @property
    def can_redo(self) -> bool:
        """Whether an undone state can be brought back."""
        return bool(self._future)

    def mark(self, before: Undoable) -> None:
        """Remember the state as it was before a change."""
        self._future.clear()
        if not self._past or self._past[-1] != before:
            self._past.append(before)
            del self._past[:-DEPTH]

    def undo(self, now: Undoable) -> Undoable | None:
        """Return the state before the last change, or None."""
        while self._past and self._past[-1] == now:
            self._past.pop()  # a press that changed nothing
        if not self._past:
            return None
        self._future.append(now)
        return self._past.pop()

    def redo(self, now: Undoable) -> Undoable | None:
        """Return the state that was undone last, or None."""
        if not self._future:
            return None
        self._past.append(now)
        return self._future.pop()

    def clear(self) -> None:
        """Forget everything (another model or data set is open)."""
        self._past.clear()
        self._future.clear()
