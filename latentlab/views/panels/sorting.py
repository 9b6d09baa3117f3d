"""In which order the selected data are shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import Codes
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.session import Session

Order = Literal["row", "class", "distance", "bound"]
ORDERS: dict[Order, str] = {
    "row": "Row",
    "class": "Class",
    "distance": "Distance to the mean",
    "bound": "Bound, lowest first",
}
FEW = 16_384  # rows that the window's thread may sort by itself

Rows = NDArray[np.integer]


def ordered(rows: Rows, codes: Codes, by: Order, bound: NDArray[np.floating] | None) -> Rows:
    """Rows in another order; equals stay in that of their numbers.

    Args:
        rows: (n,) ascending.
        codes: What they are rows of.
        by: The order.
        bound: (N,) bounds of all, where they are known.
    """
    if by == "class":
        labels = codes.labels[rows]
        values = np.where(labels < 0, np.iinfo(np.int64).max, labels)  # unlabelled ones last
    elif by == "distance":
        z = codes.z[rows].astype(np.float64)
        finite = np.isfinite(z).all(axis=1)
        mean = z[finite].mean(axis=0) if finite.any() else np.zeros(z.shape[1])
        values = np.square(z - mean).sum(axis=1)
    elif by == "bound" and bound is not None:
        values = bound[rows]
    else:
        return rows
    return rows[np.argsort(values, kind="stable")]


class Sorter(QObject):
    """Sorts the selection as the settings say; in another thread where it is large.

    Args:
        session: Whose selection.
        parent: Qt's owner.

    Signals:
        sorted: The rows, in their order.
        waits: Whether something must be measured first.
    """

    sorted = Signal(object)
    waits = Signal(bool)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = Latest(self)
        self._worker.told.connect(self._take)
        self._of: object = None
        self._wanted: Order | None = None
        session.attributes.changed.connect(self._measured)

    def why_not(self, by: Order) -> str:
        """Why an order can't be had; nothing where it can."""
        if by != "bound":
            return ""
        offers = {offer.name: offer.why_not for offer in self._session.attributes.offers()}
        return offers.get("bound", "There is nothing on the map yet.")

    def sort(self, by: Order) -> None:
        """Sort the selection; `sorted` follows."""
        codes, selection = self._session.codes, self._session.choice.selection
        self._wanted = None
        if codes is None or selection is None:
            self._of = None
            self._tell(np.empty(0, np.int32))
            return
        bound = None
        if by == "bound":
            bound = self._bound()
            if bound is None and not self.why_not(by):
                self._wanted = by
                self._session.attributes.want(("bound",))
            self.waits.emit(self._wanted is not None)
        self._of = selection
        work = partial(_sort, selection, codes, by, bound)
        if len(selection.rows) <= FEW:
            work(self._take, lambda: True)
        else:
            self._worker.ask(work)

    def _bound(self) -> NDArray[np.floating] | None:
        found = self._session.attributes.find("bound")
        return None if found is None else found.numbers

    def _measured(self) -> None:
        if self._wanted is not None and "bound" not in self._session.attributes.waiting:
            if self._bound() is not None:
                self.sort(self._wanted)
            else:
                self._wanted = None
                self.waits.emit(False)

    def _take(self, found: object) -> None:
        if isinstance(found, tuple) and found[0] is self._of:
            self._tell(found[1])

    def _tell(self, rows: Rows) -> None:
        self.sorted.emit(rows)


def _sort(
    selection: object,
    codes: Codes,
    by: Order,
    bound: NDArray[np.floating] | None,
    say: Callable[[object], None] | Say,
    go_on: GoOn,
) -> None:
    rows = selection.rows  # type: ignore[attr-defined]
    found = ordered(rows, codes, by, bound)
    if go_on():
        say((selection, found))
