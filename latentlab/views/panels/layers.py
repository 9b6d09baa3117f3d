"""What the map shows: its layers, what colours the points, and which plane."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.session.layer_reasons import LayerKind
from latentlab.session.session import Session
from latentlab.views.panels.layerlist import LayerList
from latentlab.views.possible import map_note
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, heading, row, words

RARE = ("gaps",)  # layers that few maps have: shown for those alone
COLOURINGS = (("class", "Class"), ("split", "Train or test"))


class LayersPanel(QWidget):
    """Check boxes of the layers, what is special about this map, and the choice of colour.

    Signals:
        colouring_changed: "class" or "split".
    """

    colouring_changed = Signal(str)

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
        self.colouring = QComboBox()
        self.colouring.setAccessibleName("Colour points by")
        for value, text in COLOURINGS:
            self.colouring.addItem(text, value)
        self.colouring.currentIndexChanged.connect(self._tell)
        self.setLayout(
            column(
                heading("Layers"),
                self.list,
                self.note,
                row(heading("Colour by"), self.colouring),
            )
        )

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

    def _tell(self, index: int) -> None:
        self.colouring_changed.emit(str(self.colouring.itemData(index)))
