"""Help: keyboard and mouse, and what this program is."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QScrollArea, QStyle, QWidget

from latentlab.session.state import EngineState
from latentlab.version import __version__
from latentlab.views.dialogs.base import Dialog
from latentlab.views.icons import app_icon
from latentlab.views.theme import GRID
from latentlab.views.widgets import column, heading, row, words

HAND = (
    ("Click", "Decode there"),
    ("Drag", "Draw a path from A to B, decoding as you go"),
    ("Drag A, B or a number", "Move that waypoint of the path"),
    ("W, then click or drag", "Add waypoints, or draw the path; on the line, split it"),
    ("Right click", "A menu of what is there: morph, waypoints, decode"),
    ("Middle drag, or Space and drag", "Pan"),
    ("Wheel", "Zoom at the pointer"),
    ("Double click a point", "Its original, reconstruction and samples"),
    ("Shift and drag", "Select with a lasso (right button: a rectangle)"),
    ("... with Ctrl, Alt or both", "Add to the selection, take away, keep what is in both"),
    ("B, then drag", "Select with a brush; Alt takes away, Esc puts the brush away"),
    ("Wheel, or [ and ], with the brush", "Make it wider or narrower"),
    ("Shift and middle drag", "Brush without taking it"),
    ("Arrow keys", "Nudge the cursor; with Shift ten times as far"),
    ("Click a group in the legend", "Hide it, or show it again (Space)"),
    ("Ctrl and click a group", "Select its points (Ctrl+Space)"),
    ("Double click a group", "Show it alone (Alt+Space)"),
    ("Drag an end of the colour scale", "Clip it; Left and Right move it, Home resets it"),
)
PACKAGES = ("torch", "PySide6-Essentials", "pyqtgraph", "numpy", "safetensors", "scikit-learn")


class ShortcutsDialog(Dialog):
    """What the mouse and the keys do."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__("Keyboard and mouse", parent)
        self.add_title("Keyboard and mouse")
        keys = [
            (action.shortcut().toString(), action.text().replace("&", ""))
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        half = -(-len(keys) // 2)
        page = QWidget()
        page.setProperty("role", "scrolled")
        both = row(_table(keys[:half]), _table(keys[half:]), spacing=48)
        page.setLayout(
            column(heading("On the map"), _table(HAND), heading("Everywhere"), both, spacing=12)
        )
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(page)
        self.body.addWidget(area, 1)
        self.add_away("Close")
        self.begin_at(760, 760)
        self._take_room(page, both)

    def _take_room(self, page: QWidget, both: QBoxLayout) -> None:
        """Be as wide as the words; where the screen is not, the keys stand in one column."""
        margins = self.body.contentsMargins()
        beside = margins.left() + margins.right() + 2 * GRID  # and the scroll bar
        beside += self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        room = self.screen().availableGeometry().width() - 64
        if page.sizeHint().width() + beside > room:
            both.setDirection(QBoxLayout.Direction.TopToBottom)
            page.updateGeometry()
        wide = page.sizeHint().width() + beside
        self.resize(min(max(self.width(), wide), room), self.height())


def _table(lines: Sequence[tuple[str, str]]) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(6)
    for line, (keys, meaning) in enumerate(lines):
        grid.addWidget(words(keys), line, 0)
        grid.addWidget(words(meaning, "quiet"), line, 1)
    grid.setColumnStretch(1, 1)
    grid.setRowStretch(len(lines), 1)
    return made


class AboutDialog(Dialog):
    """Versions, devices and licence, to read and to copy."""

    def __init__(self, engine: EngineState, parent: QWidget | None = None) -> None:
        super().__init__("About latentlab", parent)
        sign = QLabel()
        sign.setPixmap(app_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        name = column(
            words(f"latentlab {__version__}", "title"),
            words("A live explorer for the latent space of variational autoencoders", "quiet"),
            spacing=4,
        )
        self.body.addLayout(row(sign, name, None, spacing=16))
        self.facts = words(about_text(engine), wrap=True)
        self.facts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.facts.setAccessibleName("Versions and devices")
        self.body.addWidget(self.facts)
        licence = "MIT licence, latentlab contributors. Qt is used under the LGPL 3."
        self.body.addWidget(words(licence, "quiet", wrap=True))
        self.body.addStretch(1)
        self.add_away("Close")


def about_text(engine: EngineState) -> str:
    """Return versions and devices, a line each."""
    lines = [f"Python {platform.python_version()} on {platform.platform()}"]
    for package in PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    devices = ", ".join(engine.devices) if engine.ready else "torch is still loading"
    lines.append(f"Devices: {devices}" + (f" (in use: {engine.device})" if engine.device else ""))
    return "\n".join(lines)
