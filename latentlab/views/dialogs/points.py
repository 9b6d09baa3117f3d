"""The dialog for a path through points that are typed or pasted."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from latentlab.session.session import Session
from latentlab.views.dialogs.base import Dialog
from latentlab.views.widgets import words


class PointsDialog(Dialog):
    """Asks for waypoints, one a line; what is wrong is said under them.

    Args:
        session: Whose path it becomes.
        parent: The window.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("Points", parent)
        self._session = session
        plane = session.plane
        count = 2 if plane is None else plane.latent_dim
        what = "two numbers: a place on the map"
        if count != 2:
            what += f"; or {count} numbers: all latents"
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("Points, one a line")
        self.text.setPlaceholderText("0.4, -1.2\n1.5, 0.3")
        self.text.setPlainText(_lines(session))
        self.text.setMinimumSize(360, 180)
        self.text.setTabChangesFocus(True)
        self.trouble = words("", "bad", wrap=True)
        self.add_title("A path through points", f"One point a line, with {what}.")
        self.body.addWidget(self.text, 1)
        self.body.addWidget(self.trouble)
        self.add_primary("Make the path")
        self.trouble.hide()

    def accept(self) -> None:
        """Make the path, or say what is wrong."""
        why = self._session.waypoints.typed(self.text.toPlainText())
        self.trouble.setText(why)
        self.trouble.setVisible(bool(why))
        if not why:
            super().accept()


def _lines(session: Session) -> str:
    """The path as it is now, to be changed."""
    path = session.path
    if path is None:
        return ""
    return "\n".join(", ".join(f"{value:.6g}" for value in stop.z) for stop in path.stops)
