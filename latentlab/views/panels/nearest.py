"""The real data nearest to the decoded place: pictures, classes, distances, and their story."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QPushButton, QWidget

from latentlab.session.calm import Calm
from latentlab.session.natures import has_latents
from latentlab.session.session import Session
from latentlab.views.map.words import map_on_its_way
from latentlab.views.panels.near_strip import NearStrip
from latentlab.views.pictures import PictureView
from latentlab.views.theme import Theme
from latentlab.views.widgets import Elided, column, heading, row, words

THUMB_PX = 84


class Thumb(PictureView):
    """A small picture that can be pressed."""

    def __init__(self, session: Session) -> None:
        super().__init__(THUMB_PX, "Nearest real datum")
        self._session = session
        self.row = -1
        self.setFixedSize(THUMB_PX, THUMB_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a press."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.activate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a key."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activate()
        else:
            super().keyPressEvent(event)

    def activate(self) -> None:
        """Ask for this datum's original, reconstruction and samples."""
        if self.row >= 0:
            self._session.show_datum(self.row)


class NearestPanel(QWidget):
    """The nearest real datum with its story one click away, and those that come next."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.thumb = Thumb(session)
        self.name = Elided("large")
        self.where = words("", "small", wrap=True)
        self.mark = words("", "small")
        self.story = QPushButton("Original, reconstruction...")
        self.story.setProperty("role", "link")
        self.story.setToolTip("The datum, its reconstruction, and samples of q(z|x)")
        self.story.clicked.connect(self.thumb.activate)
        facts = column(self.name, self.where, self.mark, spacing=2)
        facts.addStretch(1)
        body = row(self.thumb, facts, spacing=12)
        body.setStretch(1, 1)
        self.others = NearStrip(session)
        self._body = QWidget()
        self._body.setLayout(column(body, self.story, self.others, spacing=4))
        self.empty = words("", "quiet", wrap=True)
        self.setLayout(column(heading("Nearest real"), self._body, self.empty))
        session.decoded_changed.connect(Calm(session, self.refresh, self).ask)
        session.codes_changed.connect(self.refresh)
        session.neighbours.changed.connect(self._neighbours_changed)
        session.filter.seen_changed.connect(self.refresh)
        session.data_changed.connect(self.refresh)
        session.busy_changed.connect(self._busy_changed)
        session.settings_changed.connect(self._follow_settings)
        session.picture_ready.connect(self._picture_ready)
        self._follow_settings()
        self.refresh()

    def refresh(self) -> None:
        """Show the datum that the session's newest decode is nearest to."""
        session = self._session
        codes, (row_number, distance) = session.codes, session.neighbours.first
        known = codes is not None and 0 <= row_number < len(codes.labels)
        self._body.setVisible(known)
        self.empty.setVisible(not known)
        self.thumb.row = row_number if known else -1
        if not known or codes is None:
            self.empty.setText(self._empty_words())
            return
        label = int(codes.labels[row_number])
        names = session.label_names
        self.name.set_words(names[label] if 0 <= label < len(names) else "Unlabelled")
        shown = ", of those shown" if session.neighbours.filtered else ""
        self.where.setText(f"datum {row_number:,}\n{distance:.2f} away in z{shown}")
        self._show_picture(row_number)

    def _neighbours_changed(self) -> None:
        if self._session.neighbours.filtered:
            self.refresh()

    def _busy_changed(self) -> None:
        if self._session.codes is None:
            self.refresh()

    def _empty_words(self) -> str:
        model = self._session.model
        if model is not None and not has_latents(model.spec):
            return "Data are near in latents, and this model has none."
        if self._session.codes is None:
            if map_on_its_way(self._session):
                return "The data are on their way to the map."
            if self._session.dataset is not None:
                return "The data are not on the map yet: that takes a model."
            return "No data on the map yet. Open data to see what is near."
        if self._session.neighbours.filtered and not self._session.filter.shown:
            return "The filter leaves no datum that could be near."
        return "Press on the map to see the datum nearest to it."

    def _show_picture(self, row_number: int) -> None:
        state = self._session.picture(row_number)
        self.thumb.set_picture(state.image)
        self.mark.setText("reconstruction" if state.is_reconstruction else "")
        self.mark.setToolTip(
            "The data are not open: this is the model's own picture of the datum"
            if state.is_reconstruction
            else ""
        )

    def _picture_ready(self, row_number: int) -> None:
        if row_number == self.thumb.row:
            self._show_picture(row_number)

    def _follow_settings(self) -> None:
        self.thumb.set_smooth(self._session.settings.smooth)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.thumb.set_theme(theme)
        self.others.set_theme(theme)
