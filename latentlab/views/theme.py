"""The look: colour tokens, text sizes and spacing of the dark and the light theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GRID = 8
CORNER = 6
TEXT_SMALL, TEXT, TEXT_LARGE, TEXT_TITLE = 11, 13, 15, 20


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme's colours, as #RRGGBB."""

    name: Literal["dark", "light"]
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    good: str
    warn: str
    bad: str


DARK = Theme(
    name="dark",
    ground="#101216",
    panel="#171A20",
    raised="#1F232B",
    line="#2A2F39",
    text="#E6E8EC",
    quiet="#9AA3AF",
    accent="#6EA1FF",
    good="#4CC38A",
    warn="#F2B84B",
    bad="#F2686B",
)
LIGHT = Theme(
    name="light",
    ground="#F6F7F9",
    panel="#FFFFFF",
    raised="#FFFFFF",
    line="#E1E4E9",
    text="#1B1F24",
    quiet="#5B6470",
    accent="#2463D6",
    good="#17774A",
    warn="#8F5B00",
    bad="#C7373B",
)
