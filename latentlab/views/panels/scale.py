"""The legend of numbers: their colours, the scale's ends, and what has none."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from latentlab.data.attributes import Attribute, number_words
from latentlab.data.scales import ScaleKind
from latentlab.session.session import Session
from latentlab.views.panels.scalebar import ScaleBar
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, plain_tip, row, words

KINDS: tuple[tuple[ScaleKind, str, str], ...] = (
    ("linear", "Linear", "By value"),
    ("log", "Log", "By the logarithm"),
    ("quantile", "Quantile", "By rank: as many points in each colour"),
)


class ScalePanel(QWidget):
    """Shown in the legend's place while a column of numbers colours the points."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.bar = ScaleBar(session)
        self.low, self.high = QLineEdit(), QLineEdit()
        self.low.setAccessibleName("Lower end of the scale")
        self.high.setAccessibleName("Upper end of the scale")
        self.high.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of scale")
        for kind, text, tip in KINDS:
            self.kind.addItem(text, kind)
            self.kind.setItemData(self.kind.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.reset = QPushButton("Reset")
        self.reset.setProperty("role", "link")
        self.reset.setAutoDefault(False)
        self.unit = words("", "small", wrap=True)
        self.missing = words("", "small", wrap=True)
        self.missing.setAccessibleName("Points without a value")
        ends = row(self.low, self.high)
        self.setLayout(
            column(
                self.unit, self.bar, ends, row(self.kind, None, self.reset), self.missing, spacing=6
            )
        )
        self.kind.activated.connect(self._choose)
        self.reset.clicked.connect(session.colouring.reset_ends)
        for end in (self.low, self.high):
            end.editingFinished.connect(self._typed)
        session.colouring.changed.connect(self.refresh)
        session.colouring.told_changed.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.bar.set_theme(theme)

    def refresh(self) -> None:
        """Show the scale as it is."""
        colouring = self._session.colouring
        scale, summary, attribute = colouring.scale, colouring.summary, colouring.attribute
        if scale is None or summary is None or attribute is None:
            return
        self.unit.setText(_caption(attribute))
        for edit, value, beyond in (
            (self.low, scale.low, scale.low > summary.low),
            (self.high, scale.high, scale.high < summary.high),
        ):
            if not edit.hasFocus():
                edit.setText(_end(value))
                edit.setCursorPosition(0)
            said = "Some values lie beyond it: they have its colour." if beyond else ""
            edit.setToolTip(said)
        self.kind.setCurrentIndex(self.kind.findData(colouring.kind))
        model = self.kind.model()
        if isinstance(model, QStandardItemModel):
            item = model.item(self.kind.findData("log"))
            item.setEnabled(not colouring.why_no_log)
            item.setToolTip(plain_tip(colouring.why_no_log) or KINDS[1][2])
        self.reset.setEnabled(colouring.moved)
        missing = colouring.counted.missing
        self.missing.setText(f"{missing:,} have no value: grey." if missing else "")
        self.missing.setVisible(bool(missing))
        self.bar.refresh()

    def _choose(self, place: int) -> None:
        self._session.colouring.set_kind(self.kind.itemData(place))

    def _typed(self) -> None:
        scale = self._session.colouring.scale
        if scale is None:
            return
        ends = []
        for edit, now in ((self.low, scale.low), (self.high, scale.high)):
            text = edit.text().replace(",", "").strip()
            try:
                ends.append(now if text == _end(now).replace(",", "") else float(text))
            except ValueError:
                ends.append(now)
        self._session.colouring.set_ends(ends[0], ends[1])
        scale = self._session.colouring.scale or scale
        self.low.setText(_end(scale.low))
        self.high.setText(_end(scale.high))


def _caption(attribute: Attribute) -> str:
    return f"{attribute.title}, {attribute.unit}" if attribute.unit else attribute.title


def _end(value: float) -> str:
    return number_words(value)
