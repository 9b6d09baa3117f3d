"""A report as it is read: groups of figures with units, a sentence on each, small charts.

Plain values, so that the window may hold them; `latentlab.export.findings` makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ChartKind = Literal["bars", "line", "histogram", "calibration"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Args:
        name: What it is.
        text: Its value, rounded as it is read.
        unit: "nats", "bits", "%" or nothing.
        note: How it was got, or what it would be at best.
    """

    name: str
    text: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a chart; of a histogram, x are the values and y is empty."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A small chart.

    Args:
        kind: Bars at whole numbers; a line; histograms over each other; accuracy over confidence.
        title: What it shows.
        x_label: Its horizontal axis.
        y_label: Its vertical axis.
        series: What is drawn.
        log_x: Whether the horizontal axis is logarithmic.
    """

    kind: ChartKind
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log_x: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that belong together.

    Args:
        title: What they are of.
        rows: The figures.
        verdict: What they come to, in a sentence.
        charts: Beside them.
    """

    title: str
    rows: tuple[Row, ...]
    verdict: str = ""
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A report.

    Args:
        title: What was judged.
        subtitle: On what, and how.
        groups: The figures.
        figures: All of them by name, as JSON has them.
    """

    title: str
    subtitle: str
    groups: tuple[Group, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
