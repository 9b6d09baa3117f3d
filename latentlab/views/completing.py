"""The list under the filter's line: columns and their values, as they are typed."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit

from latentlab.data.completing import MOST, Completion, complete
from latentlab.session.session import Session

SHOWN = 8  # at once; the others by scrolling


class ExpressionCompleter(QCompleter):
    """Completes the word at the cursor of a line in which an expression is typed.

    Args:
        session: Whose columns there are.
        line: Where it is typed; its owner too.
    """

    def __init__(self, session: Session, line: QLineEdit) -> None:
        self._offers = QStringListModel()
        super().__init__(self._offers, line)
        self._offers.setParent(self)
        self._session, self._line = session, line
        self._text, self._end = "", 0
        self._found = Completion(0, "", ())
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        # What does not fit is left out already, quotation marks and all.
        self.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.setMaxVisibleItems(SHOWN)
        if (popup := self.popup()) is not None:
            popup.setObjectName("completions")  # its ground is not that of a panel
            popup.setAccessibleName("What can stand here")
        line.textEdited.connect(self._look)
        line.setCompleter(self)

    def _look(self, text: str) -> None:
        self._text, self._end = text, self._line.cursorPosition()
        names = self._session.attributes.names()
        self._found = complete(text[: self._end], names, self._values)
        offers = self._found.offers if self._found.typed or self._end == len(text) else ()
        self._offers.setStringList(list(offers if text else ()))

    def _values(self, name: str) -> tuple[str, ...]:
        attributes = self._session.attributes
        found = attributes.find(name)
        of_data = any(offer.name == name and offer.kind == "data" for offer in attributes.offers())
        if found is None and of_data:  # its texts are told apart first; nothing is measured
            attributes.want((name,))
            found = attributes.find(name)
        return () if found is None else found.names[:MOST]

    def splitPath(self, _path: str) -> list[str]:
        """The word that is being typed."""
        return [self._found.typed]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """The whole line with an offer in it."""
        offer = str(self._offers.data(index, Qt.ItemDataRole.DisplayRole) or "")
        return self._text[: self._found.start] + offer + self._text[self._end :]
