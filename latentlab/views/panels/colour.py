"""What colours the points: the choice of a column, and what it needs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QSizePolicy, QSpinBox, QWidget

from latentlab.session.attributes import TRAINING, Offer
from latentlab.session.session import Session
from latentlab.views.widgets import column, heading, plain_tip, row, words

MOST_CLUSTERS, MOST_NEIGHBOURS = 100, 1000
NO_COLOUR = ("row",)  # columns that expressions alone name


class ColourPanel(QWidget):
    """Every column that can colour the map; those that can't say why."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._offers: tuple[Offer, ...] = ()
        self.by = QComboBox()
        self.by.setAccessibleName("Colour points by")
        self.by.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.by.setMinimumContentsLength(8)
        self.by.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.by.setMaxVisibleItems(24)
        self.clusters = _spin("Number of clusters", 2, MOST_CLUSTERS)
        self.neighbours = _spin("Number of neighbours", 1, MOST_NEIGHBOURS)
        self._clusters = _line("Clusters", self.clusters)
        self._neighbours = _line("Neighbours", self.neighbours)
        self.note = words("", "small", wrap=True)
        self.note.setAccessibleName("About these colours")
        self.setLayout(
            column(heading("Colour by"), self.by, self._clusters, self._neighbours, self.note)
        )
        self.by.activated.connect(self._choose)
        self.clusters.valueChanged.connect(session.colouring.set_clusters)
        self.neighbours.valueChanged.connect(session.colouring.set_neighbours)
        session.colouring.told_changed.connect(self.refresh)
        session.colouring.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the choice, what there is to choose from, and what is special about it."""
        colouring, settings = self._session.colouring, self._session.settings
        offers = tuple(o for o in self._session.attributes.offers() if o.name not in NO_COLOUR)
        if offers != self._offers:
            self._offers = offers
            self._fill()
        self.by.setCurrentIndex(max(self.by.findData(colouring.by), 0))
        _put(self.clusters, settings.clusters)
        _put(self.neighbours, settings.neighbours)
        self._clusters.setVisible(colouring.by == "cluster")
        self._neighbours.setVisible(colouring.by == "distance")
        note = self._note()
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _note(self) -> str:
        colouring = self._session.colouring
        if colouring.waits:
            return "On its way: the classes are shown until then."
        if colouring.why_not == TRAINING:
            return "It comes when the training is over: the classes are shown until then."
        if colouring.why_not:
            return f"{colouring.why_not} The classes are shown."
        attribute = colouring.attribute
        if attribute is None or attribute.name != colouring.by or not attribute.how:
            return ""
        return attribute.how[0].upper() + attribute.how[1:] + "."

    def _fill(self) -> None:
        self.by.clear()
        kind = ""
        for offer in self._offers:
            if kind and offer.kind != kind:
                self.by.insertSeparator(self.by.count())
            kind = offer.kind
            self.by.addItem(offer.title, offer.name)
            place = self.by.count() - 1
            self.by.setItemData(place, plain_tip(offer.why_not), Qt.ItemDataRole.ToolTipRole)
            model = self.by.model()
            if isinstance(model, QStandardItemModel):
                model.item(place).setEnabled(not offer.why_not)

    def _choose(self, place: int) -> None:
        name = self.by.itemData(place)
        if isinstance(name, str):
            self._session.colouring.set_by(name)


def _put(box: QSpinBox, value: int) -> None:
    box.blockSignals(True)
    box.setValue(value)
    box.blockSignals(False)


def _spin(name: str, least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)  # 12 is not 1 first
    return box


def _line(text: str, box: QSpinBox) -> QWidget:
    line = QWidget()
    line.setLayout(row(words(text, "quiet"), None, box))
    return line
