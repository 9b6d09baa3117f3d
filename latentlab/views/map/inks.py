"""From a layer's numbers to its picture, and to the bar that says what its colours mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from latentlab.engine.messages import Field
from latentlab.views.palette import class_colors, number_colors
from latentlab.views.theme import Theme

STEPS = 257
CLEAR, FULL, FAR = 0.0, 0.85, 0.55  # opacity of a tint at its lower and its upper end
TINTS = ("density", "aggregate", "far")  # of one colour, more of it where there is more
FAR_ENDS = (1.0, 4.0)  # spacings: as far as data are from one another; a decode is a guess
LEAST_CONFIDENT, CONFIDENT = 0.12, 0.62  # opacity of a region at one chance in two, and at all


def limits(field: Field) -> tuple[float, float] | None:
    """The values at the two ends of a layer's colours; None without any value."""
    span = field.span
    if span is None:
        return None
    if field.kind == "far":
        return FAR_ENDS
    if field.kind == "decisions":
        return 0.5, 1.0
    return (0.0, span[1]) if field.kind in TINTS else span


def ramp(kind: str, theme: Theme) -> NDArray[np.uint8]:
    """(257, 4) red, green, blue, opacity from the lower to the upper end of a layer's colours."""
    made = np.empty((STEPS, 4), np.uint8)
    made[:, 3] = 255
    if kind == "decisions":
        made[:, :3] = _rgb(theme.text)
        made[:, 3] = np.linspace(LEAST_CONFIDENT, CONFIDENT, STEPS) * 255
    elif kind in TINTS:
        tint = {"density": theme.accent, "aggregate": theme.good, "far": theme.warn}[kind]
        made[:, :3] = _rgb(tint)
        made[:, 3] = np.linspace(CLEAR, FAR if kind == "far" else FULL, STEPS) * 255
    else:
        made[:, :3] = [_rgb(name) for name in number_colors(theme.name)]
    return made


def picture_of(field: Field, theme: Theme, classes: int) -> QImage:
    """A layer as pixels, one for each cell; clear where there is no value.

    Args:
        field: The layer.
        theme: Whose colours.
        classes: How many there are, where it is one of classes.
    """
    ends = limits(field)
    rows, columns = field.values.shape
    inks = np.zeros((rows, columns), np.uint32)  # red, green, blue and opacity, a byte each
    if ends is not None:
        shares = field.shares(*ends)
        known = np.isfinite(shares)
        steps = (np.where(known, shares, 0.0) * (STEPS - 1)).astype(np.int16)
        inks = ramp(field.kind, theme).view(np.uint32)[:, 0][steps]
        if field.classes is not None:
            count = max(classes, int(field.classes.max(initial=0)) + 1)
            names = class_colors(count, theme.name)
            colours = np.array([_rgb(name) for name in names], np.uint8)
            inks.view(np.uint8).reshape(rows, columns, 4)[..., :3] = colours[
                np.clip(field.classes, 0, None) % len(colours)
            ]
            known &= field.classes >= 0
        inks[~known] = 0
    rgba = np.ascontiguousarray(inks)
    image = QImage(rgba.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
    # The format for painting is converted to once, here, and the copy outlives the array.
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def bar_of(kind: str, theme: Theme) -> QImage:
    """A layer's colours in a row, from the lower end to the upper one."""
    rgba = np.ascontiguousarray(ramp(kind, theme)[None])
    image = QImage(rgba.data, STEPS, 1, 4 * STEPS, QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _rgb(name: str) -> tuple[int, int, int]:
    ink = QColor(name)
    return ink.red(), ink.green(), ink.blue()


def short(value: float) -> str:
    """A number as short as it says enough.

    Example:
        >>> [short(value) for value in (0.0, 0.01234, -98.25, 1234.5, 5e-7, 2e6)]
        ['0', '0.012', '−98.2', '1,234', '5e-07', '2e+06']
    """
    sign, size = "−" if value < 0 else "", abs(value)
    if size == 0.0:
        return "0"
    if size >= 1e6 or size < 1e-3:
        return f"{sign}{size:.0e}"
    if size >= 1000:
        return f"{sign}{size:,.0f}"
    return f"{sign}{size:.1f}" if size >= 10 else f"{sign}{size:.2g}"
