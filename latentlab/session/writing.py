"""A file that is being written: how far it is, that it is there, or why it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import WorkRequest
from latentlab.session.desk import Desk
from latentlab.session.ports import EngineLike

Stage = Literal["none", "under way", "written", "failed", "called off"]


class Writing(QObject):
    """Follows the newest file that was asked for.

    Args:
        worker: The engine.
        desk: Where requests go.
        parent: Qt's owner.

    Attributes:
        ticket: Of the request; 0 before the first.
        stage: How it stands.
        text: A sentence about it.
    """

    changed = Signal()

    def __init__(self, worker: EngineLike, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._worker, self._desk = worker, desk
        self._path = Path()
        self.ticket = 0
        self.stage: Stage = "none"
        self.text = ""
        desk.saved.connect(self._saved)
        desk.busy_changed.connect(self._busy)

    def ask(self, path: Path, make: Callable[[int], WorkRequest]) -> None:
        """Ask for a file."""
        self._path = path
        said = f"Writing {path.name}"
        self.ticket = self._desk.ask(make, said)
        self._tell("under way", f"{said}...")

    def stop(self) -> None:
        """Call it off; nothing is left of it."""
        if self.stage == "under way":
            self._worker.cancel(self.ticket)

    def let_go(self, ticket: int, sentence: str) -> None:
        """It came to nothing; the sentence is empty where it was called off."""
        if ticket != self.ticket or self.stage != "under way":
            return
        if sentence:
            self._tell("failed", f"{self._path.name} was not written. {sentence}")
        else:
            self._tell("called off", f"{self._path.name} was not written: it was called off.")

    def _saved(self, path: Path) -> None:
        if self.stage == "under way" and path == self._path:
            self._tell("written", f"Saved to {path}.")

    def _busy(self) -> None:
        busy = self._desk.busy
        if self.stage != "under way" or busy is None or busy.ticket != self.ticket:
            return
        if busy.fraction is not None:
            share = f"{100 * busy.fraction:.0f}\N{NO-BREAK SPACE}%"
            self._tell("under way", f"Writing {self._path.name}, {share}")

    def _tell(self, stage: Stage, text: str) -> None:
        self.stage, self.text = stage, text
        self.changed.emit()
