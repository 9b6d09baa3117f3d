"""Both themes can be read, and both paint without a complaint."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from latentlab.resources import resource_path, sample_path
from latentlab.views.actions import ACTIONS
from latentlab.views.icons import app_icon, icon
from latentlab.views.theme import (
    DARK,
    LIGHT,
    Theme,
    apply_theme,
    chosen_theme,
    contrast,
    mix,
    palette,
    stylesheet,
)

WORDS = ("text", "quiet", "accent", "good", "warn", "bad")
GROUNDS = ("ground", "panel", "raised")
BOTH = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)


@BOTH
@pytest.mark.parametrize(("word", "ground"), list(itertools.product(WORDS, GROUNDS)))
def test_words_reach_wcag_aa_on_every_ground(theme: Theme, word: str, ground: str) -> None:
    assert contrast(getattr(theme, word), getattr(theme, ground)) >= 4.5


@BOTH
def test_words_stay_readable_on_what_is_chosen_hovered_or_primary(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.hover) >= 4.5
    assert contrast(theme.text, mix(theme.panel, theme.accent, 0.2)) >= 4.5
    assert contrast(theme.quiet, theme.hover) >= 4.5


@BOTH
def test_the_outline_of_a_control_stands_out(theme: Theme) -> None:
    # WCAG 1.4.11 asks 3 : 1 of what marks a control.
    assert contrast(theme.control, theme.panel) >= 3.0
    assert contrast(theme.accent, theme.ground) >= 3.0


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


@BOTH
def test_the_style_sheet_is_filled_in_and_parsed(qapp: QApplication, theme: Theme) -> None:
    told: list[str] = []
    before = qInstallMessageHandler(lambda kind, context, text: told.append(text))
    try:
        sheet = stylesheet(theme)
        apply_theme(qapp, theme)
    finally:
        qInstallMessageHandler(before)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    assert not [text for text in told if "parse" in text.lower()]
    assert qapp.palette().window().color() == QColor(theme.ground)
    assert palette(theme).text().color() == QColor(theme.text)


def test_larger_text_makes_a_larger_sheet(qapp: QApplication) -> None:
    assert "font-size: 13px" in stylesheet(DARK, 1.0)
    assert "font-size: 26px" in stylesheet(DARK, 2.0)
    assert "font-size: 13px" not in stylesheet(DARK, 2.0)


def test_the_system_is_followed_unless_a_theme_is_chosen(qapp: QApplication) -> None:
    assert chosen_theme("dark") is DARK
    assert chosen_theme("light") is LIGHT
    assert chosen_theme("system") in (DARK, LIGHT)


@BOTH
def test_icons_are_tinted(qapp: QApplication, theme: Theme) -> None:
    drawn = icon("play", theme, "#FF0000").pixmap(48, 48).toImage()
    colours = {
        drawn.pixelColor(x, y).name()
        for x in range(drawn.width())
        for y in range(drawn.height())
        if drawn.pixelColor(x, y).alpha() > 250
    }
    assert colours == {"#ff0000"}


def test_every_action_has_its_icon_file() -> None:
    for spec in ACTIONS:
        if spec.icon:
            text = resource_path(f"icons/{spec.icon}.svg").read_text(encoding="utf-8")
            assert "currentColor" in text


def test_the_program_has_an_icon_of_its_own(qapp: QApplication) -> None:
    sizes = {size.width() for size in app_icon().availableSizes()}
    assert {16, 32, 256} <= sizes


def test_a_missing_resource_is_told_in_a_sentence() -> None:
    with pytest.raises(Exception, match="Install latentlab again"):
        resource_path("icons/no-such-thing.svg")


def test_the_sample_is_a_file_or_nothing() -> None:
    path = sample_path()
    assert path is None or path.suffix == ".safetensors"


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_window_paints_in_both_themes_without_a_complaint(
    window: Any, world: Any, name: str
) -> None:
    told: list[str] = []

    def listen(kind: QtMsgType, context: object, text: str) -> None:
        told.append(text)

    before = qInstallMessageHandler(listen)
    try:
        world.ready()
        world.open_data()
        world.open_model()
        world.session.update_settings(theme=name)
        picture = window.grab().toImage()
    finally:
        qInstallMessageHandler(before)
    assert not told
    theme = {"dark": DARK, "light": LIGHT}[name]
    assert window.theme is theme
    corner = window.status.mapTo(window, window.status.rect().bottomRight())
    assert picture.pixelColor(corner.x() - 2, corner.y() - 2) == QColor(theme.panel)
