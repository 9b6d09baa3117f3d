"""q(z|x) and the true posterior of some data as a figure of lines on the map, or as arrays."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.posterior_shapes import Gap, Shape
from latentlab.export.layers import INCHES, check_ending, saved
from latentlab.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AMORTISED, TRUE = "#0072B2", "#D55E00"  # Okabe and Ito (2008)
WIDTHS = (1.6, 0.9)  # of the lines around 39 and 86 %
ROOM = 0.25  # around the shapes
MOST_NAMED = 40  # data whose row is written beside them

Floats = NDArray[np.floating]
Found = tuple[int, Shape, Shape | None, Gap | None]  # row, q, p(z|x), their gap


def write_posteriors(
    path: Path,
    found: Sequence[Found],
    *,
    axes: tuple[str, str] = ("z1", "z2"),
    codes: Floats | None = None,
    note: str = "",
) -> None:
    """Write shapes by the ending, whole or not at all.

    An .npz has `rows` (n,), `q_middle` (n, 2), and for each row and share a line such as
    `q_17_39` and `p_17_86`: (m, 2) points of the map, rows of NaN between its pieces.

    Args:
        path: Where to: .png, .svg, .pdf or .npz.
        found: Row, q, p(z|x) and the gap of each datum.
        axes: What the two map axes are called.
        codes: (N, 2) data to be drawn faintly behind.
        note: A line below the title.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    kind = path.suffix.lower()[1:]
    if kind == "npz":
        write_atomic(path, _arrays(found))
    else:
        write_atomic(path, saved(lambda: _figure(found, axes, codes, note), kind))


def _arrays(found: Sequence[Found]) -> bytes:
    arrays: dict[str, NDArray[np.generic]] = {
        "rows": np.array([row for row, *_ in found]),
        "q_middle": np.array([q.middle for _, q, _, _ in found]),
    }
    if all(p is not None for _, _, p, _ in found):
        arrays["p_middle"] = np.array([p.middle for _, _, p, _ in found if p is not None])
    for row, q, p, gap in found:
        for name, shape in (("q", q), ("p", p)):
            for line in () if shape is None else shape.lines:
                arrays[f"{name}_{row}_{100 * line.share:.0f}"] = _joined(line.pieces)
        if gap is not None:
            arrays[f"gap_{row}"] = np.array(gap.nats)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _joined(pieces: Sequence[Floats]) -> Floats:
    """Pieces (n, 2) one after the other, a row of NaN between them."""
    rest = np.full((1, 2), np.nan)
    parts = [part for piece in pieces for part in (piece, rest)]
    return np.concatenate(parts[:-1]) if parts else np.zeros((0, 2))


def _figure(
    found: Sequence[Found], axes: tuple[str, str], codes: Floats | None, note: str
) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(INCHES, INCHES), layout="constrained")
    FigureCanvasAgg(figure)
    plot = figure.add_subplot()
    if codes is not None:
        plot.plot(codes[:, 0], codes[:, 1], ".", color="0.8", markersize=2, zorder=0)
    for row, q, p, _ in found:
        _draw(plot, q, AMORTISED, dashed=False)
        plot.plot(*q.middle, ".", color=AMORTISED, markersize=3)
        if p is not None:
            _draw(plot, p, TRUE, dashed=True)
        if len(found) <= MOST_NAMED:
            where = {"xy": q.middle, "xytext": (3, 3), "textcoords": "offset points"}
            plot.annotate(str(row), fontsize=7, color="0.25", **where)  # type: ignore[arg-type]
    _frame(plot, found)
    plot.set_title("\n".join(filter(None, [_title(found), note])), fontsize=10)
    plot.set_xlabel(axes[0])
    plot.set_ylabel(axes[1])
    _name_lines(plot, both=any(p is not None for _, _, p, _ in found))
    return figure


def _draw(plot: Axes, shape: Shape, colour: str, *, dashed: bool) -> None:
    for line, width in zip(shape.lines, WIDTHS, strict=True):
        for piece in line.pieces:
            style = "--" if dashed else "-"
            plot.plot(piece[:, 0], piece[:, 1], style, color=colour, linewidth=width)


def _frame(plot: Axes, found: Sequence[Found]) -> None:
    """Show the shapes, with room around them and the same scale both ways."""
    shapes = [shape for _, q, p, _ in found for shape in (q, p) if shape is not None]
    lines = [piece for shape in shapes for line in shape.lines for piece in line.pieces]
    points = np.concatenate([*lines, np.array([shape.middle for shape in shapes])])
    low, high = points.min(axis=0), points.max(axis=0)
    half = (0.5 + ROOM) * max(float((high - low).max()), 1e-6)
    x, y = (low + high) / 2
    plot.set_xlim(x - half, x + half)
    plot.set_ylim(y - half, y + half)
    plot.set_aspect("equal")


def _title(found: Sequence[Found]) -> str:
    row, _, p, gap = found[0]
    if len(found) > 1 or gap is None or p is None:
        return "q(z|x)" if p is None else "q(z|x) and the true posterior p(z|x)"
    least = "at least " if gap.kind == "importance" else ""
    return (
        f"Datum {row:,}: log p(x) {gap.log_px:.2f} = bound {gap.bound:.2f} + "
        f"gap {least}{gap.nats:.2f} nats"
    )


def _name_lines(plot: Axes, *, both: bool) -> None:
    from matplotlib.lines import Line2D

    names = [Line2D([], [], color=AMORTISED, label="q(z|x)")]
    if both:
        names.append(Line2D([], [], color=TRUE, linestyle="--", label="p(z|x)"))
    plot.legend(handles=names, loc="upper right", fontsize=8, framealpha=0.8)
