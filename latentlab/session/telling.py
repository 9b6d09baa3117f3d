"""The class that one z is decoded as, for models that know classes."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import ClassesDecoded, Codes, Decoded, ModelInfo
from latentlab.models.dims import decoded_classes


class Telling(QObject):
    """Follows the nearest datum's class, until a person chooses one.

    Args:
        changed: Called with the class to decode as, and whether a person chose it.
        parent: The session.

    Attributes:
        count: Classes of the open model; 0 where z says it all.
        chosen: The person's choice; None follows the nearest datum.
        label: What is decoded as now.
        each: The same z as every class.
        followed: (d,) whose nearest datum's class was taken last; None where there is none.
        may_follow: Whether a decode's nearest datum may say what class is decoded.
    """

    class_changed = Signal()
    each_class_changed = Signal()

    def __init__(self, changed: Callable[[int | None, bool], None], parent: QObject) -> None:
        super().__init__(parent)
        self._tell = changed
        self.count = 0
        self.chosen: int | None = None
        self.label: int | None = None
        self.each: ClassesDecoded | None = None
        self.followed: ArrayLike | None = None
        self._near: int | None = None  # that class
        self.may_follow: Callable[[Decoded], bool] = lambda _event: True

    def open(self, info: ModelInfo | None) -> None:
        """Another model is open."""
        self.count = 0 if info is None else decoded_classes(info.spec)
        self.chosen, self.each, self.followed, self._near = None, None, None, None
        self._set(0 if self.count else None, chosen=False)
        self.class_changed.emit()
        self.each_class_changed.emit()

    def choose(self, label: int | None) -> None:
        """Decode as one class from now on; None follows the nearest datum."""
        if not self.count or (label is not None and not 0 <= label < self.count):
            return
        self.chosen = label
        label = self._near if label is None else label
        if label is not None and (label != self.label or self.chosen is not None):
            self._set(label, chosen=True)
        self.class_changed.emit()

    def follow(self, event: Decoded, codes: Codes | None) -> None:
        """Take the class of the datum nearest to a decode, where nobody chose another."""
        row = event.nearest_row
        if codes is not None and row >= 0 and self.may_follow(event):
            self.take_class_of(row, event.z, codes)

    def take_class_of(self, row: int, z: ArrayLike, codes: Codes) -> None:
        """Take the class of the datum that is nearest to z, where nobody chose another."""
        label = int(codes.labels[row])
        if 0 <= label < self.count:
            self.followed, self._near = z, label
            if self.chosen is None and label != self.label:
                self._set(label, chosen=False)
                self.class_changed.emit()

    def take(self, event: ClassesDecoded) -> None:
        """One z as every class."""
        self.each = event
        self.each_class_changed.emit()

    def _set(self, label: int | None, *, chosen: bool) -> None:
        self.label = label
        self._tell(label, chosen)
