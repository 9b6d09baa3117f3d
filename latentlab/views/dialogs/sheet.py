"""A sheet: samples, originals over reconstructions, or one datum's story; saved as PNG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from latentlab.engine.messages import ModelInfo
from latentlab.session.natures import has_latents, is_quantised
from latentlab.session.session import Session
from latentlab.session.state import Notice, Sheet
from latentlab.specs import Deterministic
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.pictures import shown_height, to_qimage
from latentlab.views.theme import Theme
from latentlab.views.widgets import row

Pictures = NDArray[np.uint8]
GAP_PX = 2
CELL_PX = 64
LABEL_PX = 24
SHEET_COLUMNS = 8
PAIR_COLUMNS = 8
MOST_GUTTER_PX = 140  # for the names of rows


class SheetWindow(Dialog):
    """Pictures in rows and columns, with words where they differ in kind.

    Signals:
        told: (Notice) what came of saving.
    """

    told = Signal(object)

    def __init__(self, session: Session, sheet: Sheet, theme: Theme, parent: QWidget) -> None:
        super().__init__(sheet.title, parent)
        self.setModal(False)
        self._session = session
        self.sheet = sheet
        self.add_title(sheet.title, explanation(sheet, session.model))
        self.page = SheetPage(sheet, theme)
        area = QScrollArea()
        area.setWidget(self.page)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(area, 1)
        self.add_away("Close")
        save = QPushButton("Save as PNG...")
        again = QPushButton("Draw again")
        for button in (save, again):
            button.setAutoDefault(False)
        save.clicked.connect(self._save)
        again.clicked.connect(self._again)
        again.setVisible(sheet.kind != "reconstructions")
        self.body.removeWidget(self.buttons)
        self.body.addLayout(row(save, again, None, self.buttons))
        self.begin_at(max(self.page.width() + 80, 440), self.page.height() + 200)

    def takes(self, sheet: Sheet) -> bool:
        """Whether another sheet is this one drawn again."""
        return sheet.kind != "reconstructions" and sheet.rows == self.sheet.rows

    def show_sheet(self, sheet: Sheet) -> None:
        """Show another sheet of the same kind."""
        self.sheet = sheet
        self.page.set_sheet(sheet)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.page.set_theme(theme)

    def _again(self) -> None:
        if self.sheet.kind == "samples":
            self._session.sample(len(self.sheet.pictures))
        elif self.sheet.kind == "datum":
            self._session.show_datum(self.sheet.rows[0])

    def _save(self) -> None:
        path = choose.new_file(self, "Save sheet", "sheet.png", choose.PNG_FILES)
        if path is None:
            return
        if self.page.image().save(str(path), "PNG"):  # type: ignore[call-overload]
            self.told.emit(Notice("good", f"Saved the sheet to {path}."))
        else:
            self.told.emit(
                Notice("bad", f"The sheet can't be written to {path}.", "Choose another place.")
            )


class SheetPage(QWidget):
    """The page itself, at a size of its own."""

    def __init__(self, sheet: Sheet, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.set_sheet(sheet)

    def set_sheet(self, sheet: Sheet) -> None:
        """Show a sheet."""
        self._blocks = _blocks(sheet)
        width = sheet.pictures.shape[2]
        height = shown_height(sheet.pictures.shape[1], width)
        times = max(round(CELL_PX / max(height, width)), 1)
        if sheet.kind == "datum":
            times = max(2 * times, 1)
        self._cell = (width * times, height * times)
        self._names = sheet.classes
        widths = [self.fontMetrics().horizontalAdvance(name) for name in self._names]
        self._gutter = min(max(widths) + 12, MOST_GUTTER_PX) if widths else 0
        self.setFixedSize(self._size())
        self.setAccessibleName(f"{sheet.title}: {len(sheet.pictures)} pictures")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def _size(self) -> QSize:
        columns = max(block[1].shape[1] for block in self._blocks)
        height = sum(self._block_height(block) for block in self._blocks)
        return QSize(self._gutter + columns * (self._cell[0] + GAP_PX), height)

    def _block_height(self, block: tuple[str, Pictures]) -> int:
        label = LABEL_PX if block[0] else 0
        return label + block[1].shape[0] * (self._cell[1] + GAP_PX) + (8 if block[0] else 4)

    def image(self) -> QImage:
        """The page as an image."""
        made = QImage(self.size(), QImage.Format.Format_RGB32)
        made.fill(QColor(self._theme.ground))
        painter = QPainter(made)
        painter.setFont(self.font())
        self._draw(painter)
        painter.end()
        return made

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        self._draw(painter)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        width, height = self._cell
        top = 0
        for label, pictures in self._blocks:
            if label:
                painter.setPen(QColor(self._theme.quiet))
                place = QRectF(0, top, self.width(), LABEL_PX - 4)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), label)
            first = top + (LABEL_PX if label else 0)
            for r in range(pictures.shape[0]):
                self._draw_name(painter, r, first + r * (height + GAP_PX))
                for c in range(pictures.shape[1]):
                    place = QRectF(
                        self._gutter + c * (width + GAP_PX),
                        first + r * (height + GAP_PX),
                        width,
                        height,
                    )
                    painter.drawImage(place, to_qimage(pictures[r, c]))
            top += self._block_height((label, pictures))

    def _draw_name(self, painter: QPainter, line: int, top: int) -> None:
        if line >= len(self._names):
            return
        painter.setPen(QColor(self._theme.text))
        room = QRectF(0, top, self._gutter - 8, self._cell[1])
        elide = Qt.TextElideMode.ElideRight
        name = self.fontMetrics().elidedText(self._names[line], elide, self._gutter - 8)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(room, int(flags), name)


def explanation(sheet: Sheet, model: ModelInfo | None) -> str:
    """What the pictures of a sheet are, in a sentence."""
    if sheet.kind == "samples":
        each = "A z drawn from the prior in each column, decoded as each class."
        return each if sheet.classes else _of_samples(model)
    if sheet.kind == "reconstructions":
        return "Each pair: the original above, its reconstruction below."
    return "The datum, its reconstruction, and decodes of z drawn from q(z|x)."


def _of_samples(model: ModelInfo | None) -> str:
    if model is not None and not has_latents(model.spec):
        return "Drawn pixel by pixel, each from those before it."
    if model is not None and is_quantised(model.spec):
        return "Decodes of grids of codes drawn from the prior."
    if model is not None and isinstance(model.spec.posterior, Deterministic):
        return "Decodes of z drawn from N(0, I), though nothing made the codes lie there."
    return "Decodes of z drawn from the prior p(z)."


def _blocks(sheet: Sheet) -> list[tuple[str, Pictures]]:
    """Cut a sheet into labelled grids (rows, columns, H, W[, 3])."""
    if sheet.kind == "datum" and sheet.originals is not None:
        pair = np.stack([sheet.originals[0], sheet.pictures[0]])[None]  # (1, 2, H, W[, 3])
        blocks = [("Original, reconstruction", pair)]
        if sheet.samples is not None:
            blocks.append(("Samples of q(z|x)", _grid(sheet.samples[0], 4)))
        return blocks
    if sheet.originals is None:
        columns = SHEET_COLUMNS
        if sheet.classes:
            columns = max(len(sheet.pictures) // len(sheet.classes), 1)
        return [("", _grid(sheet.pictures, columns))]
    blocks = []
    for start in range(0, len(sheet.pictures), PAIR_COLUMNS):
        part = slice(start, start + PAIR_COLUMNS)
        pairs = np.stack([sheet.originals[part], sheet.pictures[part]])  # (2, n, H, W[, 3])
        blocks.append(("", pairs))
    return blocks


def _grid(pictures: Pictures, columns: int) -> Pictures:
    """(n, H, W[, 3]) -> (rows, columns, H, W[, 3]), the last row filled with black."""
    columns = min(columns, max(len(pictures), 1))
    rows = -(-len(pictures) // columns)
    missing = rows * columns - len(pictures)
    blank = np.zeros((missing, *pictures.shape[1:]), dtype=np.uint8)
    filled = np.concatenate([pictures, blank])
    return np.asarray(filled.reshape(rows, columns, *pictures.shape[1:]))
