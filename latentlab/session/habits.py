"""What a new path is like: as the last one was, after a restart too."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from latentlab.engine.messages import Codes
from latentlab.session.hand import Hand
from latentlab.session.path import PathState, Stop
from latentlab.session.preferences import Preferences
from latentlab.session.travel import Travel


class Habits(QObject):
    """Keeps kind, spacing, frames and play of the path in the settings.

    Args:
        travel: The path.
        hand: Whose plane says what a path can be.
        codes: The data on the map now.
        preferences: The settings.
        parent: The session.
    """

    def __init__(
        self,
        travel: Travel,
        hand: Hand,
        codes: Callable[[], Codes | None],
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._travel, self._hand, self._codes = travel, hand, codes
        self._preferences = preferences
        travel.path_calm.connect(self._remember)

    def new(self, stops: tuple[Stop, ...]) -> PathState:
        """A path through waypoints, as the last one was where it can be so."""
        settings, plane = self._preferences.settings, self._hand.plane
        kind, spacing = settings.path_kind, settings.path_spacing
        plain = plane is None or plane.steps or self._hand.wishes.fades
        flat = kind == "slerp" and len(stops[0].z) <= 2
        if plain or flat or (kind == "graph" and self._codes() is None):
            kind = "straight"
        return PathState(
            stops,
            kind=kind,
            spacing="z" if plain else spacing,
            density=settings.path_density,
            frames=settings.path_frames,
            mode=settings.play_mode,
            frames_per_s=settings.play_speed,
        )

    def _remember(self) -> None:
        path = self._travel.path
        if path is None or self._hand.dragging or path.playing:
            return
        self._preferences.update(
            {
                "path_kind": path.kind,
                "path_spacing": "z" if path.spacing == "hand" else path.spacing,
                "path_density": path.density,
                "path_frames": path.frames,
                "play_mode": path.mode,
                "play_speed": path.frames_per_s,
            }
        )
