"""What the map shows: its layers."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from latentlab.session.layer_reasons import LayerKind
from latentlab.session.session import Session
from latentlab.views.panels.layerlist import LayerList
from latentlab.views.possible import map_note
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, heading, words

RARE = ("gaps",)  # layers that few maps have: shown for those alone


class LayersPanel(QWidget):
    """Check boxes of the layers, and what is special about this map."""

    def __init__(
        self,
        layers: tuple[QAction, ...],
        others: dict[LayerKind, QAction],
        session: Session,
    ) -> None:
        super().__init__()
        self._session = session
        self.note = words("", "small", wrap=True)
        self.note.setAccessibleName("About this map")
        self.list = LayerList(layers, RARE, others, session)
        self.boxes = self.list.boxes
        self.setLayout(column(heading("Layers"), self.list, self.note))
        session.model_changed.connect(self.refresh)
        session.codes_changed.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.list.set_theme(theme)

    def refresh(self) -> None:
        """Say what is special about the open model's map."""
        note = map_note(self._session)
        self.note.setText(note)
        self.note.setVisible(bool(note))
