"""Which datum is pointed at outside the map, and which one the map should bring into view."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from latentlab.session.contents import Contents


class Pointing(QObject):
    """Lists and galleries point; the map shows where that is.

    Args:
        contents: What is on the map.
        parent: The session.
    """

    pointed = Signal()
    looked_at = Signal(int)  # a row of the map

    def __init__(self, contents: Contents, parent: QObject) -> None:
        super().__init__(parent)
        self._contents = contents
        self.row: int | None = None
        contents.codes_changed.connect(self._codes_changed)

    def point(self, row: int | None) -> None:
        """Mark a row on the map; None marks none."""
        if row is not None and not self._on_map(row):
            row = None
        if row != self.row:
            self.row = row
            self.pointed.emit()

    def look_at(self, row: int) -> None:
        """Bring a row of the map into view."""
        if self._on_map(row):
            self.looked_at.emit(row)

    def _on_map(self, row: int) -> bool:
        codes = self._contents.codes
        return codes is not None and 0 <= row < len(codes.xy)

    def _codes_changed(self) -> None:
        if self.row is not None and not self._on_map(self.row):
            self.point(None)
