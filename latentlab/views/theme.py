"""The look: colour tokens, text sizes and spacing of the dark and the light theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from string import Template
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from latentlab.resources import resource_path

GRID = 8
CORNER = 6
TEXT_SMALL, TEXT, TEXT_LARGE, TEXT_TITLE = 11, 13, 15, 20
STYLED = "latentlab styled"
ThemeChoice = Literal["system", "dark", "light"]


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

    @property
    def on_accent(self) -> str:
        """Text on a ground of the accent colour."""
        return self.ground if self.name == "dark" else "#FFFFFF"

    @property
    def hover(self) -> str:
        """The ground of a control under the pointer."""
        return mix(self.panel, self.text, 0.08)

    @property
    def control(self) -> str:
        """The outline of a control: clearer than a line, so that it reads as something to use."""
        return mix(self.panel, self.text, 0.5 if self.name == "light" else 0.4)


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


def mix(a: str, b: str, share: float) -> str:
    """Return colour `a` with `share` of `b` mixed in, as #RRGGBB.

    Example:
        >>> mix("#000000", "#FFFFFF", 0.5)
        '#808080'
    """
    pairs = zip(_channels(a), _channels(b), strict=True)
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in pairs)


def contrast(a: str, b: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours, 1 to 21; AA asks 4.5 of text.

    Example:
        >>> contrast("#000000", "#FFFFFF")
        21.0
    """
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255 for value in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def system_theme() -> Theme:
    """Return the theme that the desktop asks for; dark where it says nothing."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def chosen_theme(choice: str) -> Theme:
    """Return the theme of a setting: "dark", "light", or "system"."""
    return {"dark": DARK, "light": LIGHT}.get(choice) or system_theme()


@lru_cache(maxsize=1)
def system_text_scale() -> float:
    """How much larger than 13 pixels the desktop's own text is; never smaller."""
    return max(1.0, QFontInfo(QGuiApplication.font()).pixelSize() / TEXT)


def apply_theme(app: QApplication, theme: Theme, scale: float = 1.0) -> None:
    """Give the whole program `theme`, with text `scale` times its size."""
    scale *= system_text_scale()
    if not app.property(STYLED):  # with a style sheet the style has no name of its own
        app.setStyle("Fusion")
        app.setProperty(STYLED, True)
    sheet = stylesheet(theme, scale)
    if app.styleSheet() != sheet:
        app.setPalette(palette(theme))
        app.setStyleSheet(sheet)


def palette(theme: Theme) -> QPalette:
    """Return the theme as Qt's palette, for what a style sheet does not reach."""
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.ground,
        roles.WindowText: theme.text,
        roles.Base: theme.ground,
        roles.AlternateBase: theme.panel,
        roles.Text: theme.text,
        roles.Button: theme.panel,
        roles.ButtonText: theme.text,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.quiet,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.on_accent,
        roles.Link: theme.accent,
        roles.Light: theme.raised,
        roles.Mid: theme.line,
        roles.Dark: theme.line,
        roles.Shadow: theme.ground,
    }
    made = QPalette()
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(
            QPalette.ColorGroup.Disabled, role, QColor(mix(theme.panel, theme.quiet, 0.7))
        )
    return made


def stylesheet(theme: Theme, scale: float = 1.0) -> str:
    """Return the theme as a Qt style sheet, with text `scale` times its size."""
    sizes = {
        "small": TEXT_SMALL,
        "size": TEXT,
        "large": TEXT_LARGE,
        "title": TEXT_TITLE,
    }
    values = {name: f"{max(round(px * scale), 8)}px" for name, px in sizes.items()}
    values |= {field: getattr(theme, field) for field in Theme.__dataclass_fields__}
    values |= {
        "on_accent": theme.on_accent,
        "hover": theme.hover,
        "control": theme.control,
        "pressed": mix(theme.panel, theme.text, 0.14),
        "chosen": mix(theme.panel, theme.accent, 0.2),
        "accent_hover": mix(theme.accent, theme.text, 0.12),
        "disabled": mix(theme.panel, theme.quiet, 0.7),
        "corner": f"{CORNER}px",
        "least": f"{max(round(1.2 * TEXT * scale), 18)}px",  # a line of text: Qt takes it as it is
        "box": f"{max(round(14 * scale), 14)}px",
        "arrow": f"{max(round(12 * scale), 12)}px",
        "arrow_room": f"{max(round(12 * scale), 12) + 12}px",
        "check": resource_path(f"style/check-{theme.name}.svg").as_posix(),
        "check_menu": resource_path(f"style/check-menu-{theme.name}.svg").as_posix(),
        "chevron": resource_path(f"style/chevron-{theme.name}.svg").as_posix(),
    }
    return Template(resource_path("style/window.qss").read_text(encoding="utf-8")).substitute(
        values
    )
