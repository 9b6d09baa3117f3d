"""What the window looks like is kept between starts: its size, panels and layers."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from latentlab.session.session import Session
from latentlab.views.commands import LAYERS

if TYPE_CHECKING:
    from latentlab.views.window import MainWindow


def restore(window: MainWindow, session: Session) -> None:
    """Make the window look as it did.

    Args:
        window: Its panels are there.
        session: Whose settings.
    """
    settings = session.settings
    for name in LAYERS:
        window.map.set_layer(name, name in settings.layers)
    geometry, state = _bytes(settings.geometry), settings.window_state.split(".")
    if geometry is not None:
        window.restoreGeometry(geometry)
    if len(state) == 3:
        for splitter, text in zip((window.across, window.down), state, strict=False):
            saved = _bytes(text)
            if saved is not None:
                splitter.restoreState(saved)
        for key, panel in _panels(window):
            panel.setVisible(key not in state[2].split("-"))
            window.actions_table[key].setChecked(not panel.isHidden())
    window.traversals.setVisible(settings.traversals)
    window.actions_table["traversals"].setChecked(settings.traversals)


def remember(window: MainWindow, session: Session) -> None:
    """Keep what the window looks like."""
    hidden = "-".join(key for key, panel in _panels(window) if panel.isHidden())
    splitters = (_text(window.across.saveState()), _text(window.down.saveState()))
    session.update_settings(
        geometry=_text(window.saveGeometry()),
        window_state=".".join((*splitters, hidden)),
        traversals=not window.traversals.isHidden(),
    )


def _panels(window: MainWindow) -> tuple[tuple[str, QWidget], ...]:
    return ("film", window.film), ("left", window.left), ("right", window.right)


def _text(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode("ascii")


def _bytes(text: str) -> QByteArray | None:
    try:
        return QByteArray(base64.b64decode(text, validate=True)) if text else None
    except (binascii.Error, ValueError):
        return None
