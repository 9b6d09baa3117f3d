"""Labels that were recovered: asked for, used as those of the open data, taken back, written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import LabelsRecovered, RecoverLabels, WriteLabels
from latentlab.export.project import KeptLabels
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.relabelled import Relabelled, kept_labels, relabelled
from latentlab.session.state import Notice


class Relabelling(QObject):
    """What is made of recovered labels; undo takes them back.

    Args:
        contents: Whose open data.
        desk: Where the work is asked for.
        may_begin: Whether nothing forbids it now, a training above all; it says what does.
        mark: Called before a change that can be undone.
        parent: The session.
    """

    recovered = Signal(object)  # LabelsRecovered
    notice = Signal(object)

    def __init__(
        self,
        contents: Contents,
        desk: Desk,
        may_begin: Callable[[], bool],
        mark: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._contents, self._desk = contents, desk
        self._may_begin, self._mark = may_begin, mark
        self._newest: Relabelled | None = None
        desk.labels_recovered.connect(self.recovered)

    @property
    def current(self) -> Relabelled | None:
        """What the open data's labels came from; None where they are their own."""
        newest = self._newest
        used = newest is not None and self._contents.dataset is newest.after
        return newest if used else None

    # Commands

    def ask(self, **wanted: Any) -> int | None:
        """Recover labels of the open data; `recovered` follows.

        Args:
            **wanted: Fields of `RecoverLabels`, but for ticket and data.

        Returns:
            The request's ticket; None where it could not be asked.
        """
        dataset = self._contents.dataset
        if dataset is None:
            self._say("There are no data.", "Open some.")
            return None
        if not self._may_begin():
            return None
        return self._desk.ask(
            lambda ticket: RecoverLabels(ticket, dataset, **wanted), "Recovering labels"
        )

    def use(self, found: LabelsRecovered) -> None:
        """Give the open data these labels, and how sure each is and whence as columns."""
        dataset = self._contents.dataset
        if dataset is None or len(dataset) != len(found.labels):
            self._say("These labels are of other data.", "Recover them again.")
            return
        if not self._may_begin():
            return
        made = relabelled(dataset, kept_labels(found))
        if made is None:
            self._say("These labels do not go with the data.", "Recover them again.")
            return
        self._mark()
        self._newest = made
        self._contents.relabel(made.after)
        self._say(
            f"The labels are those found by {found.chosen}.",
            "Edit > Undo brings the data's own back. Colour by confidence, or filter by it.",
        )

    def bring_back(self, kept: KeptLabels) -> None:
        """Labels that a project kept, for the data that it opened just now."""
        dataset = self._contents.dataset
        made = None if dataset is None else relabelled(dataset, kept)
        if made is None:
            self._say("The project's recovered labels are of other data.", "They are left out.")
            return
        self._newest = made
        self._contents.relabel(made.after)
        self._say(
            f"The labels are those found by {kept.chosen}, as the project kept them.",
            "Open the data again for their own.",
        )

    def restore(self, state: Relabelled | None) -> None:
        """Undo or redo: the labels as they were, where the same data are open still."""
        if state is self.current:
            return
        former, dataset = state or self.current, self._contents.dataset
        if former is None or dataset is None or dataset.x is not former.before.x:
            return  # other data are open by now: they keep what they have
        self._newest = former
        self._contents.relabel(former.before if state is None else former.after)

    def write(self, path: Path, found: LabelsRecovered) -> None:
        """Write recovered labels as a CSV; `saved` follows."""
        dataset = self._contents.dataset
        if dataset is not None and len(dataset) == len(found.labels):
            self._desk.ask(
                lambda ticket: WriteLabels(ticket, path, dataset, found), f"Writing {path.name}"
            )

    def _say(self, what: str, do: str) -> None:
        self.notice.emit(Notice("info", what, do))
