"""The actions of the path: waypoints, kinds, spacing, play."""

from __future__ import annotations

from latentlab.latent.courses import CourseKind
from latentlab.latent.spacing import Spacing
from latentlab.views.action_spec import ActionSpec, switches

KIND_WORDS: tuple[tuple[CourseKind, str, str], ...] = (
    ("straight", "Straight", "The line in z"),
    ("slerp", "Spherical", "The direction turns and |z| goes evenly: for more than two latents"),
    ("spline", "Smooth", "A Catmull-Rom curve through all waypoints"),
    ("geodesic", "Geodesic", "The shortest way for the picture: in the decoder's metric"),
    ("graph", "Along the data", "The shortest way from datum to neighbouring datum"),
)
SPACING_WORDS: tuple[tuple[Spacing, str, str], ...] = (
    ("z", "even in z", "Frames lie evenly in the latent space"),
    (
        "metric",
        "even to the eye",
        "Evenly in the metric: each frame changes the picture as much",
    ),
    ("hand", "by hand", "Drag the marks under the film: when each waypoint is shown"),
)
DENSITY = 1.0  # weight of the term that keeps a geodesic near data, where it is wanted


def _a(key: str, text: str, shortcut: str, tip: str = "", *, rule: bool = False) -> ActionSpec:
    return ActionSpec(key, "Path", text, shortcut, tip=tip, rule=rule)


_LETTERS = {"straight": "&Straight", "slerp": "S&pherical", "spline": "S&mooth"}
_KINDS = switches(
    "Path/Kind",
    "kind_",
    "Ctrl+Shift+",
    tuple(
        (kind, _LETTERS.get(kind, f"&{text}"), str(number), tip)
        for number, (kind, text, tip) in enumerate(KIND_WORDS, 1)
    ),
    "kind",
)
_SPACINGS = switches(
    "Path/Frames",
    "spacing_",
    "Ctrl+Shift+",
    tuple(
        (spacing, f"&{number} {text.capitalize()}", str(6 + number), tip)
        for number, (spacing, text, tip) in enumerate(SPACING_WORDS, 1)
    ),
    "spacing",
)
PATH_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "add_waypoints",
        "Path",
        "Add &waypoints",
        "W",
        tip="Click to add, drag to draw; press on the line to split it",
        checkable=True,
    ),
    _a("morph", "&Morph from the nearest datum...", "Ctrl+M", "Then click the datum it ends at"),
    _a("path_selected", "Through the &selected data", "Ctrl+Shift+P", "A tour, nearest to nearest"),
    _a("type_path", "&Type points...", "Ctrl+Alt+W", "Or paste them: one a line"),
    _a("split_path", "Split at the s&crubber", "Shift+W", rule=True),
    _a("delete_waypoint", "&Delete the waypoint", "Del", "The one that was moved or added last"),
    _a("reverse_path", "&Reverse", "Ctrl+Alt+R", "The other way round"),
    ActionSpec(
        "close_path",
        "Path",
        "C&lose the loop",
        "Ctrl+Alt+K",
        tip="Back to the first waypoint",
        checkable=True,
    ),
    *_KINDS,
    ActionSpec(
        "near_data",
        "Path/Kind",
        "Keep &near data",
        "Ctrl+Shift+6",
        tip="A geodesic pays for going away from data: the term is named with its length",
        checkable=True,
        rule=True,
    ),
    *_SPACINGS,
    ActionSpec("play", "Path", "Pl&ay the path", "Space", "play", on_map=True, rule=True),
    ActionSpec("loop", "Path", "L&oop", "Ctrl+L", "loop", checkable=True),
    ActionSpec(
        "there_and_back",
        "Path",
        "There and &back",
        "Ctrl+Shift+Y",
        tip="At the end, play goes back",
        checkable=True,
    ),
    _a("next_frame", "&Next frame", "Ctrl+Right"),
    _a("previous_frame", "Pre&vious frame", "Ctrl+Left"),
    _a("faster", "&Faster", "Ctrl+Alt+Up"),
    _a("slower", "Slow&er", "Ctrl+Alt+Down"),
    ActionSpec(
        "directions",
        "Analyse",
        "D&irections...",
        "Ctrl+Alt+Q",
        tip="Attribute vectors, what can change here, arithmetic of latents",
    ),
    ActionSpec("clear_path", "Path", "Clear the pat&h", "Esc", on_map=True, rule=True),
)
