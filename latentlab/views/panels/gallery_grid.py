"""Where the pictures of a gallery are, and where a key leads among them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt

GAP_PX = 6
LEAST_PX, MOST_PX, USUAL_PX = 24, 192, 56  # sides of a picture


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of one size in lines; y runs from the top of the first.

    Args:
        count: Of pictures.
        width: Room for a line, in pixels.
        side: Of a picture.
        caption: Height of what is said below each.

    Example:
        >>> grid = Grid(count=10, width=100, side=24)
        >>> grid.columns, grid.height, grid.corner(4), grid.place_at(40, 40)
        (3, 126, (36, 36), 4)
    """

    count: int
    width: int
    side: int
    caption: int = 0

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height, a gap included."""
        return self.side + GAP_PX, self.side + GAP_PX + self.caption

    @property
    def columns(self) -> int:
        """Pictures beside each other."""
        return max(1, (self.width - GAP_PX) // self.cell[0])

    @property
    def height(self) -> int:
        """Of all lines."""
        return -(-self.count // self.columns) * self.cell[1] + GAP_PX

    def corner(self, place: int) -> tuple[int, int]:
        """The upper left of a picture."""
        across, down = self.cell
        return GAP_PX + place % self.columns * across, GAP_PX + place // self.columns * down

    def between(self, top: int, room: int, ahead: int = 0) -> range:
        """The places seen through a room of so many pixels, and so many rooms around it."""
        high = self.cell[1]
        first = max(0, top - ahead * room - GAP_PX) // high * self.columns
        last = (max(0, top + (1 + ahead) * room - GAP_PX) // high + 1) * self.columns
        return range(min(first, self.count), min(last, self.count))

    def place_at(self, x: int, y: int) -> int:
        """The place at a pixel; -1 where there is none."""
        across, down = self.cell
        column, line = (x - GAP_PX) // across, (y - GAP_PX) // down
        if x < GAP_PX or y < GAP_PX or column >= self.columns:
            return -1
        place = line * self.columns + column
        return place if place < self.count else -1


def moved(place: int, key: Qt.Key, columns: int, lines: int, count: int) -> int | None:
    """The place that a key leads to from `place` (-1 is none yet); None where it leads nowhere.

    Args:
        place: Where the keyboard stands.
        key: The key.
        columns: Pictures beside each other.
        lines: Lines in view: what a page is.
        count: Pictures in all.

    Example:
        >>> moved(5, Qt.Key.Key_Down, 4, 3, 100), moved(98, Qt.Key.Key_PageDown, 4, 3, 100)
        (9, 98)
    """
    if key == Qt.Key.Key_Home:
        wanted = 0
    elif key == Qt.Key.Key_End:
        wanted = count - 1
    else:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
            Qt.Key.Key_PageUp: -columns * lines,
            Qt.Key.Key_PageDown: columns * lines,
        }
        if key not in steps:
            return None
        wanted = place + steps[key] if place >= 0 else 0
        if not 0 <= wanted < count:
            # Within the line, or to its end: never out of the gallery.
            line = columns if abs(steps[key]) > 1 else 1
            while wanted < 0:
                wanted += line
            while wanted >= count:
                wanted -= line
    return wanted if count else None
