"""One action of the window, as the tables list it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Args:
        key: What the program calls it.
        menu: The menu that it is in; "View/Theme" is a menu inside a menu.
        text: What a person calls it, with & before the letter for Alt.
        shortcut: Its keys.
        icon: Name of its icon.
        tip: What it does, in a line.
        checkable: Whether it is on or off.
        group: Of the actions of a group one is on.
        on_map: The map itself takes the keys (elsewhere they mean something else).
        rule: Whether a line comes before it.
    """

    key: str
    menu: str
    text: str
    shortcut: str
    icon: str = ""
    tip: str = ""
    checkable: bool = False
    group: str = ""
    on_map: bool = False
    rule: bool = False
