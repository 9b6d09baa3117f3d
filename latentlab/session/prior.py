"""Where the prior lies on the map, asked anew as the model learns."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import MapPrior, PriorLine, PriorMapped
from latentlab.latent.charts import Chart
from latentlab.session.ports import EngineLike

PAUSE_S = 2.0  # between two looks at a prior that learns
COST_TIMES = 25.0  # and at least so many times what one look costs


class PriorShape(QObject):
    """The prior's lines; one look at a time.

    Args:
        worker: The engine.
        tickets: The session's counter.
        parent: The session.
    """

    prior_changed = Signal()

    def __init__(self, worker: EngineLike, tickets: Iterator[int], parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self.lines: tuple[PriorLine, ...] = ()
        self._ticket = 0  # of the look under way
        self._again: Chart | None = None
        self._next_s = 0.0

    def clear(self) -> None:
        """Another model is open, or a prior that is not drawn by lines."""
        self._ticket, self._again, self._next_s = 0, None, 0.0
        if self.lines:
            self.lines = ()
            self.prior_changed.emit()

    def look(self, plane: Chart, *, gently: bool) -> None:
        """Find the lines on a plane; `gently` leaves a training its time."""
        if gently and (self._ticket or time.monotonic() < self._next_s):
            return
        if self._ticket:
            self._again = plane
            return
        self._ticket = next(self._tickets)
        self._worker.submit(MapPrior(self._ticket, plane))

    def take(self, event: PriorMapped) -> None:
        """The lines."""
        if event.ticket != self._ticket:
            return
        self.lines = event.lines
        self._next_s = time.monotonic() + max(PAUSE_S, COST_TIMES * event.cost_s)
        self.let_go(event.ticket)
        self.prior_changed.emit()

    def let_go(self, ticket: int) -> None:
        """A look is over, whatever came of it."""
        if ticket != self._ticket:
            return
        self._ticket = 0
        again, self._again = self._again, None
        if again is not None:
            self.look(again, gently=False)
