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


def switches(
    menu: str,
    prefix: str,
    keys: str,
    rows: tuple[tuple[str, str, str, str], ...],
    group: str = "",
    *,
    rule: bool = False,
) -> tuple[ActionSpec, ...]:
    """Return switches of one menu, whose names and shortcuts begin alike.

    Args:
        menu: The menu.
        prefix: What their names begin with.
        keys: What their shortcuts begin with.
        rows: For each the rest of its name, its text, the rest of its shortcut, and its tip.
        group: Of the actions of a group one is on.
        rule: Whether a line comes before the first.

    Example:
        >>> [spec.key for spec in switches("View", "by_", "Alt+", (("class", "&Class", "C", ""),))]
        ['by_class']
    """
    return tuple(
        ActionSpec(
            prefix + name,
            menu,
            text,
            keys + key,
            tip=tip,
            checkable=True,
            group=group,
            rule=rule and place == 0,
        )
        for place, (name, text, key, tip) in enumerate(rows)
    )
