"""What the path's actions do, and when each is possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from latentlab.latent.courses import COURSES
from latentlab.latent.sketching import MOST_TOURED
from latentlab.latent.spacing import SPACINGS
from latentlab.session.natures import has_latents, is_categorical, is_quantised
from latentlab.session.session import Session
from latentlab.views.dialogs.directions import DirectionsWindow
from latentlab.views.dialogs.points import PointsDialog
from latentlab.views.path_actions import DENSITY

NO_PATH = "There is no path yet: drag on the map to draw one."
NO_MAP = "There is no map yet."
NO_DATA = "There are no data on the map."
FLAT = "A spherical path needs more than two latents."
STEP = 1.25  # of the speed, at each press


class PathCommands:
    """The commands by the keys of their actions.

    Args:
        session: Whom they go to.
        window: Which dialogs belong to.
    """

    def __init__(self, session: Session, window: QWidget) -> None:
        self._session = session
        self._window = window

    def table(self) -> dict[str, Callable[..., object]]:
        """What each action does."""
        session, ways = self._session, self._session.waypoints
        kinds = {f"kind_{kind}": partial(self._kind, kind) for kind in COURSES}
        spacings = {f"spacing_{name}": partial(self._spacing, name) for name in SPACINGS}
        return {
            "add_waypoints": ways.set_adding,
            "morph": self._morph,
            "path_selected": lambda *_: ways.tour_rows(session.selected),
            "type_path": lambda *_: PointsDialog(session, self._window).open(),
            "split_path": lambda *_: ways.split_here(),
            "delete_waypoint": lambda *_: ways.take_away(ways.last),
            "reverse_path": lambda *_: ways.reverse(),
            "close_path": ways.set_closed,
            "near_data": self._near_data,
            "play": self._play,
            "loop": session.set_loop,
            "there_and_back": self._there_and_back,
            "next_frame": lambda *_: session.player.step(1),
            "previous_frame": lambda *_: session.player.step(-1),
            "faster": partial(self._speed, STEP),
            "slower": partial(self._speed, 1.0 / STEP),
            "clear_path": lambda *_: session.clear_path(),
            "directions": lambda *_: self._directions(),
            **kinds,
            **spacings,
        }

    def states(self) -> dict[str, bool]:
        """Which of the actions that can be on are on."""
        path = self._session.path
        kind = "straight" if path is None else path.kind
        spacing = "z" if path is None else path.spacing
        return {
            "add_waypoints": self._session.waypoints.adding,
            "close_path": path is not None and path.closed,
            "near_data": path is not None and path.density > 0.0,
            "loop": path is None or path.mode == "loop",
            "there_and_back": path is not None and path.mode == "there and back",
            f"kind_{kind}": True,
            f"spacing_{spacing}": True,
        }

    def _directions(self) -> None:
        shown = self._window.findChild(DirectionsWindow)
        if shown is None:
            shown = DirectionsWindow(self._session, self._window)
        shown.show()
        shown.raise_()
        shown.activateWindow()

    def _kind(self, kind: object, *_: object) -> None:
        self._session.waypoints.set_kind(kind)  # type: ignore[arg-type] # one of COURSES

    def _spacing(self, spacing: object, *_: object) -> None:
        self._session.waypoints.set_spacing(spacing)  # type: ignore[arg-type] # of SPACINGS

    def _near_data(self, on: bool) -> None:
        self._session.waypoints.set_kind("geodesic", DENSITY if on else 0.0)

    def _morph(self, *_: object) -> None:
        row = self._session.neighbours.first[0]
        if row >= 0:
            self._session.waypoints.set_morph(row)

    def _play(self, *_: object) -> None:
        path = self._session.path
        if path is not None:
            self._session.set_playing(not path.playing)

    def _there_and_back(self, on: bool) -> None:
        self._session.player.set_mode("there and back" if on else "loop")

    def _speed(self, factor: float, *_: object) -> None:
        path = self._session.path
        if path is not None:
            self._session.player.set_speed(path.frames_per_s * factor)


def why_no_path(session: Session) -> dict[str, str]:
    """For each of the path's actions: why it can't be used, or nothing.

    Args:
        session: What is open.
    """
    path, model = session.path, session.model
    none = "" if path is not None else NO_PATH
    keys = ("play", "loop", "there_and_back", "clear_path", "close_path", "reverse_path")
    more = ("next_frame", "previous_frame", "faster", "slower", "split_path", "delete_waypoint")
    found = dict.fromkeys((*keys, *more), none)
    found |= dict.fromkeys((f"kind_{kind}" for kind in COURSES), none or _plain(session))
    found |= dict.fromkeys((f"spacing_{name}" for name in SPACINGS), none)
    found["kind_straight"] = none
    found["near_data"] = found["kind_geodesic"]
    data = "" if session.codes is not None and len(session.codes.z) else NO_DATA
    found["kind_graph"] = found["kind_graph"] or data
    found["near_data"] = found["near_data"] or data
    found["spacing_metric"] = none or _plain(session)
    if model is not None and model.spec.latent_dim <= 2:
        found["kind_slerp"] = found["kind_slerp"] or FLAT
    there = "" if session.plane is not None else NO_MAP
    found["add_waypoints"] = found["type_path"] = there
    found["directions"] = there or _plain(session)
    count = len(session.selected)
    found["path_selected"] = ""
    if count < 2:
        found["path_selected"] = "Select two data or more: drag with Shift held."
    elif count > MOST_TOURED:
        found["path_selected"] = f"Select at most {MOST_TOURED} data."
    nearest = session.decoded.nearest_row if session.decoded is not None else -1
    found["morph"] = "" if nearest >= 0 else NO_DATA
    return found


def _plain(session: Session) -> str:
    """Why a path can only be straight; nothing where it can be more."""
    model = session.model
    if model is None or not has_latents(model.spec):
        return NO_MAP
    if is_categorical(model.spec):
        return "Between codes a path is a cross-fade: it has no other kinds."
    return "Between grids of codes a path is a cross-fade." if is_quantised(model.spec) else ""
