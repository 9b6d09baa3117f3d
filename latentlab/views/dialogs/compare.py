"""Two points of the latent space: both pictures, what differs, and the way between."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from latentlab.export.board import Board
from latentlab.parts.figures import Comparison, FigureLook
from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.pictures import PictureView
from latentlab.views.theme import GRID, Theme
from latentlab.views.widgets import column, row, set_role, words
from latentlab.views.words import number
from latentlab.views.writing import WritingLine

Point = tuple[float, ...]
SIDE_PX = 210
STEPS = 11
DRAWING = "Drawing..."
NONE_YET = "Drag on the map from A to B, or keep two points as bookmarks."


class CompareDialog(Dialog):
    """A and B, chosen among the path's ends, the cursor and the bookmarks.

    Args:
        session: Whose model decodes.
        theme: The window's.
        parent: Qt's owner.
        chosen: Two bookmarks to begin with, by their places.
    """

    def __init__(
        self,
        session: Session,
        theme: Theme,
        parent: QWidget | None = None,
        chosen: tuple[int, int] | None = None,
    ) -> None:
        super().__init__("Compare", parent)
        self.setModal(False)
        self._session = session
        self._wanted: Comparison | None = None
        self._look = FigureLook(
            width_in=8.0, dpi=100, gap=0.06, ground="black" if theme.name == "dark" else "white"
        )
        self.add_title("Compare", "Orange is lighter in B than in A, blue is darker.")
        self.a, self.b = QComboBox(), QComboBox()
        self.a.setAccessibleName("A")
        self.b.setAccessibleName("B")
        names = ("A", "B", "What differs")
        self.pictures = [PictureView(SIDE_PX, name, words=DRAWING) for name in names]
        self.way = PictureView(640, "The way from A to B", words=DRAWING)
        for view in (*self.pictures, self.way):
            view.set_theme(theme)
        self.said = words("", "quiet", wrap=True)
        parts = [
            column(words("A"), self.a, self.pictures[0], spacing=4),
            column(words("B"), self.b, self.pictures[1], spacing=4),
            column(words("B against A"), self.said, self.pictures[2], spacing=4),
        ]
        for part in parts:
            part.setStretch(2, 1)
        across = row(*parts, spacing=2 * GRID)
        for place in range(3):
            across.setStretch(place, 1)
        self.body.addLayout(across, 2)
        self.body.addWidget(self.way, 1)
        self.save = QPushButton("Save as figure...")
        self.save.setAutoDefault(False)
        self.save.clicked.connect(self._save)
        self.written = WritingLine(session.taking.writing)
        self.body.addWidget(self.written)
        self.add_away("Close")
        self.body.removeWidget(self.buttons)
        self.body.addLayout(row(self.save, None, self.buttons))
        self._fill(chosen)
        for box in (self.a, self.b):
            box.currentIndexChanged.connect(self._look_again)
        session.bookmarks.bookmarks_changed.connect(self._refill)
        session.path_calm.connect(self._refill)
        session.taking.page_changed.connect(self._show)
        self.begin_at(820, 640)
        self._look_again()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for view in (*self.pictures, self.way):
            view.set_theme(theme)

    def _places(self) -> list[tuple[str, Point]]:
        """What can be compared, by name."""
        session = self._session
        found: list[tuple[str, Point]] = []
        if session.path is not None:
            stops = session.path.stops
            found += [("Start of the path", stops[0].z), ("End of the path", stops[-1].z)]
        if session.z is not None:
            found.append(("The cursor", tuple(session.z.tolist())))
        marks = session.bookmarks
        found += [
            (mark.name, mark.z)
            for place, mark in enumerate(marks.all)
            if mark.path is None and not marks.why_not(place)
        ]
        return found

    def _fill(self, chosen: tuple[int, int] | None) -> None:
        found = self._places()
        before = self.a.currentText(), self.b.currentText()
        for box in (self.a, self.b):
            box.blockSignals(True)
            box.clear()
            for name, z in found:
                box.addItem(name, z)
        names = [name for name, _ in found]
        marks = self._session.bookmarks.all
        if chosen is not None:
            before = marks[chosen[0]].name, marks[chosen[1]].name
        for box, name, other in zip((self.a, self.b), before, (0, 1), strict=True):
            place = names.index(name) if name in names else min(other, len(names) - 1)
            box.setCurrentIndex(place)
            box.blockSignals(False)

    def _refill(self) -> None:
        self._fill(None)
        self._look_again()

    def _look_again(self) -> None:
        a, b = self.a.currentData(), self.b.currentData()
        self.save.setEnabled(False)
        if a is None or b is None or self.a.count() < 2:
            self._wanted = None
            self._tell(NONE_YET)
            return
        wanted = Comparison(a=tuple(a), b=tuple(b), steps=STEPS)
        if wanted != self._wanted:
            self._wanted = wanted
            self.written.clear()
            self._session.taking.draw(wanted, self._look)

    def _show(self) -> None:
        taking, wanted = self._session.taking, self._wanted
        if wanted is None or taking.wanted is not wanted:
            return
        if taking.trouble:
            self._tell(taking.trouble, bad=True)
        elif taking.page is not None:
            board = taking.page.board
            shown = board.images[0, 0], board.images[0, -1], board.images[1, -1]
            for view, picture in zip(self.pictures, shown, strict=True):
                view.set_picture(picture)
            self.way.set_picture(taking.page.page)
            self.save.setEnabled(True)
            self._tell(_figures(wanted, board))

    def _tell(self, text: str, *, bad: bool = False) -> None:
        for view in (*self.pictures, self.way):
            view.set_words("")  # nothing is on its way
        set_role(self.said, "bad" if bad else "quiet")
        self.said.setText(text)

    def _save(self) -> None:
        wanted = self._wanted
        path = choose.new_file(self, "Save comparison", "comparison.png", choose.FIGURE_FILES)
        if path is not None and wanted is not None:
            look = self._session.settings.figure_look
            self._session.taking.write_figure(path, wanted, look)
            self.written.follow()


def _figures(wanted: Comparison, board: Board) -> str:
    """How far apart two points and their pictures are."""
    far = float(np.linalg.norm(np.subtract(wanted.b, wanted.a)))
    a, b = board.images[0, 0].astype(np.float64), board.images[0, -1].astype(np.float64)
    levels = float(np.abs(b - a).mean() / 255.0)
    share = f"{100 * levels:.1f}\N{NO-BREAK SPACE}%"
    return f"{number(far)} apart in z; pixels differ by {share} on average."
