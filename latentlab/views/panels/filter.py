"""The filter: a line in which an expression chooses what is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QWidget

from latentlab.data.where import WhereError
from latentlab.session.attributes import TITLES
from latentlab.session.session import Session
from latentlab.views.completing import ExpressionCompleter
from latentlab.views.icons import icon
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, heading, plain_tip, set_role, words

MOST_NAMED = 30  # columns that the tip lists
EXAMPLE = "class is 3 or 5 and recon > 120"
HOW = (
    "Shows the points that fit, such as: class is 3 or 5 and recon > 120.\n"
    "is, is not, in, contains, <, <=, >, >=, and, or, not, ( ). Enter applies it."
)


class FilterPanel(QWidget):
    """The expression that is in force, or what is wrong with what was typed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.line = QLineEdit()
        self.line.setAccessibleName("Filter")
        self.line.setPlaceholderText(EXAMPLE)
        self.line.setMaxLength(2000)
        ExpressionCompleter(session, self.line)
        self._clear = QAction("Clear the filter", self.line)
        self._clear.triggered.connect(self.clear)
        self.line.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self.said = words("", "small", wrap=True)
        self.said.setAccessibleName("About the filter")
        self.setLayout(column(heading("Filter"), self.line, self.said))
        self.line.returnPressed.connect(self.apply)
        self.line.textEdited.connect(self._edited)
        session.filter.told_changed.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Tint the icon."""
        self._clear.setIcon(icon("close", theme, theme.quiet))

    def ask(self) -> None:
        """Let a person type."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def apply(self) -> None:
        """Show what the expression chooses, or say what is wrong with it."""
        try:
            self._session.filter.set_where(self.line.text())
        except WhereError as error:
            self._refuse(error)
            if self.line.hasFocus() and error.start < len(self.line.text()):
                self.line.setSelection(error.start, error.end - error.start)
        else:
            self.line.setModified(False)
            self.refresh()

    def clear(self) -> None:
        """Choose all."""
        self.line.clear()
        self.apply()

    def refresh(self) -> None:
        """Show the expression in force, unless another is being typed."""
        where = self._session.filter.where
        if not self.line.hasFocus() or not self.line.isModified() or self.line.text() == where:
            if self.line.text() != where:
                self.line.setText(where)
            self._say()
        self._clear.setVisible(bool(self.line.text()))

    def _say(self) -> None:
        filter_ = self._session.filter
        if filter_.trouble is not None:
            self._refuse(filter_.trouble)
            return
        self._mark(wrong=False)
        said = ""
        if filter_.waits_for:
            titles = ", ".join(TITLES.get(name, name) for name in filter_.waits_for)
            why = next(filter(None, map(self._session.attributes.trouble, filter_.waits_for)), "")
            if any(self._session.attributes.why_not(name) for name in filter_.waits_for):
                why = "it comes when the training is over."
            said = f"{titles}: {why} All are shown." if why else f"{titles}: on its way."
        elif filter_.where and filter_.shown is not None:
            said = f"{filter_.shown:,} of {filter_.sieve.count:,} are shown."
        self._tell(said)

    def _refuse(self, error: WhereError) -> None:
        self._mark(wrong=True)
        self._tell(f"{error.what} {error.do}".strip(), "bad")
        self.said.setToolTip(plain_tip(f"At character {error.start + 1}."))

    def _mark(self, *, wrong: bool) -> None:
        if bool(self.line.property("invalid")) != wrong:
            self.line.setProperty("invalid", wrong)
            self.line.style().unpolish(self.line)
            self.line.style().polish(self.line)
        names = self._session.attributes.names()[:MOST_NAMED]
        known = f"\nColumns: {', '.join(names)}." if names else ""
        self.line.setToolTip(plain_tip(HOW + known))

    def _tell(self, text: str, role: str = "small") -> None:
        set_role(self.said, role)
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.said.setToolTip("")

    def _edited(self) -> None:
        self._clear.setVisible(bool(self.line.text()))
        self._mark(wrong=False)
        if not self.line.text():
            self.apply()
