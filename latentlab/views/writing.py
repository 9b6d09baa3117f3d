"""A line in a dialog about the file that it writes, with a button to call it off."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from latentlab.session.writing import Writing
from latentlab.views.widgets import row, set_role, words

ROLES = {"written": "", "failed": "bad"}


class WritingLine(QWidget):
    """Hidden until `follow`: the notice of the window lies behind the dialog, or out of sight.

    Args:
        writing: What is told.
    """

    def __init__(self, writing: Writing) -> None:
        super().__init__()
        self._writing = writing
        self._ticket = -1
        self.said = words("", "quiet", wrap=True)
        self.stop = QPushButton("Stop")
        self.stop.setAutoDefault(False)
        self.stop.setAccessibleName("Stop writing")
        self.stop.clicked.connect(writing.stop)
        line = row(self.said, self.stop)
        line.setStretch(0, 1)
        self.setLayout(line)
        writing.changed.connect(self._show)
        self.hide()

    def follow(self) -> None:
        """Tell of the file that was asked for just now."""
        self._ticket = self._writing.ticket
        self._show()

    def clear(self) -> None:
        """What was written is no longer what the dialog shows."""
        if self._writing.stage != "under way":
            self._ticket = -1
            self.hide()

    def _show(self) -> None:
        writing = self._writing
        if writing.ticket != self._ticket:
            return
        set_role(self.said, ROLES.get(writing.stage, "quiet"))
        self.said.setText(writing.text)
        self.stop.setVisible(writing.stage == "under way")
        self.show()
