"""What the selected data have in common, measured while somebody looks."""

from __future__ import annotations

import operator
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from latentlab.engine.selections import Summarise, Summarised, Summary
from latentlab.session.choice import Choice
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.ports import EngineLike
from latentlab.session.timers import single_shot

REST_MS = 150  # after which a selection is worth measuring


class Summing(QObject):
    """Keeps the summary of the selection true; the newest selection calls an older one off.

    Args:
        contents: What is on the map.
        choice: What is selected.
        desk: Where requests go.
        worker: The engine, for calling off.
        training: Says whether a training is under way.
        parent: The session.
    """

    changed = Signal()

    def __init__(
        self,
        contents: Contents,
        choice: Choice,
        desk: Desk,
        worker: EngineLike,
        training: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._contents = contents
        self._choice = choice
        self._desk = desk
        self._worker = worker
        self._training = training
        self._wanted = False
        self._ticket: int | None = None
        self._of: tuple[object, ...] = ()  # what the summary is of, held: an id may come again
        self.summary: Summary | None = None
        self.trouble = ""
        self._rest = single_shot(self, self._ask, REST_MS)
        for signal in (
            choice.selection_changed,
            contents.codes_changed,
            contents.data_changed,
            contents.model_changed,
        ):
            signal.connect(self._look)

    @property
    def working(self) -> bool:
        """Whether more is to come."""
        return self._ticket is not None or self._rest.isActive()

    def want(self, on: bool) -> None:
        """Somebody looks, or nobody does any more."""
        self._wanted = on
        self._look()

    def again(self) -> None:
        """Measure once more what was called off."""
        self._of = ()
        self._look()

    def _about(self) -> tuple[object, ...]:
        codes, selection = self._contents.codes, self._choice.selection
        if codes is None or selection is None:
            return ()
        data = self._contents.dataset if self._contents.rows_are_data else None
        model = self._contents.model
        return codes.z, selection, data, model

    def _look(self) -> None:
        if not self._wanted:
            self._call_off()
            return
        about = self._about()
        if len(about) == len(self._of) and all(map(operator.is_, about, self._of)):
            return
        if self._training() and self.summary is not None and self._choice.selection is not None:
            return  # codes move with every step: what is measured would never be true
        self._call_off()
        self._of, self.summary, self.trouble = about, None, ""
        if about:
            self._rest.start()
        self.changed.emit()

    def _call_off(self) -> None:
        self._rest.stop()
        if self._ticket is not None:
            self._worker.cancel(self._ticket)
            self._ticket, self._of = None, ()

    def _ask(self) -> None:
        codes, rows = self._contents.codes, self._choice.rows
        if codes is None or not len(rows):
            return
        data = self._contents.dataset if self._contents.rows_are_data else None
        terms = data is not None and self._contents.model is not None and not self._training()
        self._ticket = self._desk.ask(lambda ticket: Summarise(ticket, codes, rows, data, terms))
        self.changed.emit()

    # Answers

    def take(self, event: Summarised) -> None:
        """Show what was measured."""
        if event.ticket != self._ticket:
            return
        self.summary = event.summary
        if event.done:
            self._ticket = None
        self.changed.emit()

    def let_go(self, ticket: int, sentence: str = "") -> None:
        """A request came to nothing."""
        if ticket == self._ticket:
            self._ticket, self.trouble = None, sentence or "It was called off."
            self.changed.emit()
