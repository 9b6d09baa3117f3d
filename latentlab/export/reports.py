"""Reports as files: JSON of all figures, a CSV of what is read, or a page with the charts."""

from __future__ import annotations

import csv
import io
import json
import math
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlab.errors import UsageError
from latentlab.export.report import Chart, Report
from latentlab.export.tables import guard
from latentlab.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGES = (".png", ".svg", ".pdf")
ENDINGS = (".json", ".csv", *PAGES)
COLOURS = ("#2463D6", "#C7373B", "#17774A")
QUIET = "#5B6470"
CHART_COLUMNS = 2
CHART_INCHES, GAP_INCHES = (2.6, 1.5), (0.75, 0.75)
TEXT_INCHES, MARGIN_INCHES, LINE_INCHES = 6.2, 0.3, 0.19
VALUE_AT, NOTE_AT = 2.7, 2.85  # inches
PAGE_LETTERS, NOTE_LETTERS = 92, 50


def check_ending(path: Path) -> None:
    """Refuse an ending that no report has.

    Raises:
        UsageError: The ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f'Reports are not written as "{path.suffix or path.name}".',
            where=str(path),
            do=f"End the name with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
        )


def write_report(path: Path, report: Report) -> None:
    """Write a report by the ending: .json, .csv, .png, .svg or .pdf.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    ending = path.suffix.lower()
    if ending == ".json":
        write_atomic(path, (json.dumps(plain(report.figures), indent=2) + "\n").encode())
    elif ending == ".csv":
        write_atomic(path, _csv(report))
    else:
        write_atomic(path, _page(report, ending[1:]))


def plain(value: Any) -> Any:
    """As JSON knows it: no NaN, no infinity.

    Example:
        >>> plain({"a": float("nan"), "b": (1, 2)})
        {'a': None, 'b': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def text_of(report: Report) -> str:
    """The report as lines of text."""
    lines = [report.title, report.subtitle]
    for group in report.groups:
        lines += ["", group.title]
        width = max((len(row.name) for row in group.rows), default=0)
        for row in group.rows:
            value = f"{row.text} {row.unit}".strip()
            lines.append(
                f"  {row.name:<{width}}  {value}" + (f"  ({row.note})" if row.note else "")
            )
        if group.verdict:
            lines.append(f"  {group.verdict}")
    return "\n".join(lines)


def _csv(report: Report) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["group", "figure", "value", "error", "unit", "note"])
    for group in report.groups:
        for row in group.rows:
            value, _, error = row.text.partition(" ± ")
            words = [guard(part) for part in (group.title, row.name, row.unit, row.note)]
            writer.writerow([*words[:2], value, error, *words[2:]])
    return buffer.getvalue().encode()


def _page(report: Report, kind: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    # no date and no random names inside: the same report gives the same file
    stamps: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with mpl.rc_context({"svg.hashsalt": "latentlab", "font.size": 8}):
        _figure(report).savefig(buffer, format=kind, dpi=160, metadata=stamps.get(kind))
    return buffer.getvalue()


def _figure(report: Report) -> Figure:
    """The figures as text on the left, the charts on the right; all measured in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    charts = [chart for group in report.groups for chart in group.charts]
    lines = _lines(report)
    columns = min(CHART_COLUMNS, len(charts))
    rows = -(-len(charts) // CHART_COLUMNS)
    width = TEXT_INCHES + columns * (CHART_INCHES[0] + GAP_INCHES[0]) + MARGIN_INCHES
    height = max(len(lines) * LINE_INCHES, rows * (CHART_INCHES[1] + GAP_INCHES[1]))
    height += 2 * MARGIN_INCHES
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    _write_text(figure, lines, width, height)
    for place, chart in enumerate(charts):
        row, column = divmod(place, CHART_COLUMNS)
        left = TEXT_INCHES + GAP_INCHES[0] + column * (CHART_INCHES[0] + GAP_INCHES[0])
        top = MARGIN_INCHES + LINE_INCHES + row * (CHART_INCHES[1] + GAP_INCHES[1])
        low = height - top - CHART_INCHES[1]
        size = (CHART_INCHES[0] / width, CHART_INCHES[1] / height)
        draw_chart(figure.add_axes((left / width, low / height, *size)), chart)
    return figure


Line = tuple[tuple[float, str, dict[str, Any]], ...]  # (inches from the left, text, how)


def _lines(report: Report) -> list[Line]:
    """Each line of the page as pieces of text at their places."""
    bold, quiet = {"fontweight": "bold"}, {"color": QUIET}
    made: list[Line] = [((0, report.title, {"fontsize": 12, **bold}),), ()]
    made += [((0, part, quiet),) for part in textwrap.wrap(report.subtitle, PAGE_LETTERS)]
    for group in report.groups:
        made += [(), ((0, group.title, bold),)]
        for row in group.rows:
            below = " · ".join(part for part in (row.unit, row.note) if part)
            notes = textwrap.wrap(below, NOTE_LETTERS) or [""]
            value = (VALUE_AT, row.text, {"ha": "right"})
            made.append(((0.1, row.name, {}), value, (NOTE_AT, notes[0], quiet)))
            made += [((NOTE_AT, more, quiet),) for more in notes[1:]]
        verdict = textwrap.wrap(group.verdict, PAGE_LETTERS)
        made += [((0.1, part, {"style": "italic"}),) for part in verdict]
    return made


def _write_text(figure: Figure, lines: list[Line], width: float, height: float) -> None:
    for place, line in enumerate(lines):
        y = 1 - (MARGIN_INCHES + (place + 0.8) * LINE_INCHES) / height
        for left, text, how in line:
            figure.text((MARGIN_INCHES + left) / width, y, text, **how)


def draw_chart(axes: Axes, chart: Chart) -> None:
    """Draw one chart."""
    DRAWERS[chart.kind](axes, chart)
    axes.set_title(chart.title, fontsize=8, loc="left")
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.log_x:
        axes.set_xscale("log")


def _bars(axes: Axes, chart: Chart) -> None:
    axes.bar(chart.series[0].x, chart.series[0].y, color=COLOURS[0])
    axes.locator_params(axis="x", integer=True)


def _line(axes: Axes, chart: Chart) -> None:
    for series, colour in zip(chart.series, COLOURS, strict=False):
        axes.plot(series.x, series.y, marker="o", markersize=3, color=colour)


def _calibration(axes: Axes, chart: Chart) -> None:
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1)
    _line(axes, chart)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _histogram(axes: Axes, chart: Chart) -> None:
    every = np.concatenate([series.x for series in chart.series])
    low, high = np.quantile(every, [0.005, 0.995])
    bins = np.linspace(low, high, 41).tolist()
    for series, colour in zip(chart.series, COLOURS, strict=False):
        axes.hist(series.x, bins=bins, alpha=0.6, color=colour, label=series.name)
    axes.legend(frameon=False, fontsize=7)


DRAWERS: dict[str, Callable[[Axes, Chart], None]] = {
    "bars": _bars,
    "line": _line,
    "calibration": _calibration,
    "histogram": _histogram,
}
