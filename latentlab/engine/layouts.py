"""What the engine says to its own work lane when a layout is there."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.engine.values import ChartSpec, Codes


@dataclass(frozen=True, slots=True, eq=False)
class PlaceLayout:
    """Show codes where they were laid out; answered by `Embedded`, under who asked's ticket."""

    ticket: int
    chart: ChartSpec
    codes: Codes
