"""A layer of the map as a figure with a bar of its colours, or as arrays."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlab.errors import UsageError
from latentlab.files import write_atomic
from latentlab.latent.field import Field

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg", ".pdf", ".npz")
TITLES = {
    "density": "Density of the data",
    "aggregate": "Aggregate posterior q(z)",
    "magnification": "Magnification sqrt(det G)",
    "entropy": "Decoder entropy",
    "log_px": "log p(x) of the decode",
    "decisions": "Decision regions",
    "far": "Far from data",
}
COLOURS = {"density": "Blues", "aggregate": "Greens", "far": "Oranges"}
# Okabe and Ito (2008); beyond eight classes matplotlib's twenty.
FEW = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#593D00", "#000000")
MOST_NAMED = 24
INCHES, DPI = 6.5, 200


def check_ending(path: Path) -> None:
    """Refuse an ending that no layer has.

    Raises:
        UsageError: The ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f'Layers are not written as "{path.suffix or path.name}".',
            where=str(path),
            do=f"End the name with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
        )


def write_layer(
    path: Path,
    field: Field,
    *,
    axes: tuple[str, str] = ("z1", "z2"),
    names: tuple[str, ...] = (),
) -> None:
    """Write a layer by the ending, whole or not at all.

    Args:
        path: Where to.
        field: The layer.
        axes: What the two map axes are called.
        names: Of the classes.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    kind = path.suffix.lower()[1:]
    write_atomic(path, _arrays(field) if kind == "npz" else _drawn(field, axes, names, kind))


def _arrays(field: Field) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        "values": field.values,
        "rect": np.array(field.rect),
        "unit": np.array(field.unit),
    }
    if field.classes is not None:
        arrays["classes"] = field.classes
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _drawn(field: Field, axes: tuple[str, str], names: tuple[str, ...], kind: str) -> bytes:
    return saved(lambda: _figure(field, axes, names), kind)


def saved(make: Callable[[], Figure], kind: str) -> bytes:
    """A figure of matplotlib as png, svg or pdf: the same figure is the same bytes."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    # no date and no random names inside: the same model gives the same file
    stamp = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    with mpl.rc_context({"svg.hashsalt": "latentlab"}):
        make().savefig(buffer, format=kind, dpi=DPI, metadata=stamp)
    return buffer.getvalue()


def _figure(field: Field, axes: tuple[str, str], names: tuple[str, ...]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = field.values.shape
    high = INCHES * (0.35 if rows == 1 else min(max(rows / columns, 0.5), 2.0))
    figure = Figure(figsize=(INCHES, high), layout="constrained")
    FigureCanvasAgg(figure)
    plot = figure.add_subplot()
    if field.classes is None:
        _numbers(figure, plot, field)
    else:
        _regions(plot, field, names)
    plot.set_title(TITLES[field.kind] + (f"\n{field.note}" if field.note else ""), fontsize=10)
    plot.set_xlabel(axes[0])
    plot.set_ylabel(axes[1] if rows > 1 else "")
    if rows == 1:
        plot.set_yticks([])
    return figure


def _numbers(figure: Figure, plot: Axes, field: Field) -> None:
    from matplotlib.colors import LogNorm, Normalize

    span = field.span or (0.0, 1.0)
    low = 0.0 if field.kind in COLOURS else span[0]
    shown = LogNorm(*span) if field.scale == "log" else Normalize(low, span[1])
    x0, y0, x1, y1 = field.rect
    image = plot.imshow(
        field.values,
        extent=(x0, x1, y0, y1),
        cmap=COLOURS.get(field.kind, "viridis"),
        norm=shown,
        interpolation="nearest",
        aspect="auto",
    )
    figure.colorbar(image, ax=plot, label=field.unit)


def _regions(plot: Axes, field: Field, names: tuple[str, ...]) -> None:
    """Class colours, the fainter the less sure; names in the middle of their regions."""
    import matplotlib as mpl

    classes = field.classes
    if classes is None:
        return
    count = int(classes.max(initial=0)) + 1
    many = mpl.colormaps["tab10" if count <= 10 else "tab20"].colors  # type: ignore[attr-defined]
    table = FEW if count <= len(FEW) else many
    colours = np.array([mpl.colors.to_rgb(table[k % len(table)]) for k in range(count)])
    sure = np.nan_to_num(np.clip((field.values - 0.5) / 0.5, 0.0, 1.0))[..., None]
    known = (np.isfinite(field.values) & (classes >= 0))[..., None]
    mixed = 1.0 - (0.15 + 0.6 * sure) * (1.0 - colours[np.clip(classes, 0, None)])
    x0, y0, x1, y1 = field.rect
    picture = np.where(known, mixed, 1.0)
    plot.imshow(picture, extent=(x0, x1, y0, y1), interpolation="nearest", aspect="auto")
    for label, x, y in field.places[:MOST_NAMED]:
        name = names[label] if label < len(names) else f"Class {label}"
        box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
        plot.text(x, y, name, ha="center", va="center", fontsize=8, bbox=box)
