"""Every action of the window: its menu, words, shortcut and icon, in one table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from latentlab.views import selection_actions, taking_actions
from latentlab.views.action_spec import ActionSpec as ActionSpec
from latentlab.views.colour_actions import COLOUR_ACTIONS, FILTER_ACTIONS
from latentlab.views.icons import icon
from latentlab.views.map_actions import CHART_ACTIONS, LAYER_ACTIONS
from latentlab.views.path_actions import PATH_ACTIONS
from latentlab.views.theme import Theme

TITLES = {
    "File": "&File",
    "Edit": "&Edit",
    "Model": "&Model",
    "View": "&View",
    "View/Layers": "La&yers",
    "View/Plane": "C&hart",
    "View/Class": "&Decode as class",
    "View/Colour": "Colour &by",
    "View/Theme": "&Theme",
    "View/Panels": "Pa&nels",
    "Path": "&Path",
    "Path/Kind": "&Kind",
    "Path/Frames": "Spacin&g",
    "Analyse": "&Analyse",
    "Help": "&Help",
} | taking_actions.TAKING_TITLES


def _a(key: str, menu: str, text: str, shortcut: str, icon: str = "", tip: str = "") -> ActionSpec:
    return ActionSpec(key, menu, text, shortcut, icon, tip)


ACTIONS: tuple[ActionSpec, ...] = (
    _a("open_data", "File", "Open &data...", "Ctrl+O", "data", "A named set, a file or a folder"),
    _a("open_model", "File", "Open &model...", "Ctrl+Shift+O", "open", "A model file"),
    _a("open_run", "File", "Open &run...", "Ctrl+Alt+O", "", "The newest model of a run folder"),
    _a(
        "resume_run",
        "File",
        "&Go on with a run...",
        "Ctrl+Shift+T",
        "",
        "Train on where it was left",
    ),
    _a(
        "move_run",
        "File",
        "&Keep the run elsewhere...",
        "Ctrl+Shift+S",
        "",
        "In a new folder, from now on",
    ),
    ActionSpec("save_model", "File", "&Save model...", "Ctrl+S", "save", "To one file", rule=True),
    _a("export_film", "File", "&Export film...", "Ctrl+E", "export", "The path from A to B"),
    _a(
        "export_selection",
        "File",
        "Export sele&ction...",
        "Ctrl+Alt+E",
        "export",
        "Rows, z and labels",
    ),
    *taking_actions.FIGURE_ACTIONS,
    *selection_actions.FILE_ACTIONS,
    *taking_actions.PROJECT_ACTIONS,
    ActionSpec("quit", "File", "&Quit", "Ctrl+Q", rule=True),
    _a("undo", "Edit", "&Undo", "Ctrl+Z", "undo", "Path, classes, plane or view"),
    _a("redo", "Edit", "&Redo", "Ctrl+Shift+Z", "redo"),
    ActionSpec("copy_z", "Edit", "Copy &z", "Ctrl+Shift+C", tip="The latents, as text", rule=True),
    _a("copy_image", "Edit", "Copy &image", "Ctrl+C", "copy", "The decoded picture"),
    ActionSpec("select_all", "Edit", "Select &all", "Ctrl+A", tip="Every point shown", rule=True),
    _a("invert_selection", "Edit", "In&vert the selection", "Ctrl+I"),
    _a("clear_selection", "Edit", "Select &nothing", "Ctrl+Shift+A"),
    *taking_actions.COPY_ACTIONS,
    *selection_actions.EDIT_ACTIONS,
    *FILTER_ACTIONS,
    ActionSpec("preferences", "Edit", "&Preferences...", "Ctrl+,", rule=True),
    _a("train", "Model", "&Train...", "Ctrl+T", "train", "Train a model on the open data"),
    _a("pause", "Model", "&Pause", "Ctrl+P", "pause", "Hold the training between two steps"),
    _a("stop", "Model", "&Stop", "Ctrl+.", "stop", "End the training; the model is kept"),
    ActionSpec(
        "sample",
        "Model",
        "&Generate samples",
        "Ctrl+G",
        "sample",
        "Draws from the prior",
        rule=True,
    ),
    _a(
        "reconstruct_view",
        "Model",
        "&Reconstruct points in view",
        "Ctrl+R",
        "reconstruct",
        "Originals over reconstructions",
    ),
    _a("reconstruct_any", "Model", "Reconstruct a random samp&le", "Ctrl+Shift+R", "reconstruct"),
    _a("datum", "Model", "Show the &nearest datum", "Ctrl+D", "target", "Original, reconstruction"),
    ActionSpec("points", "View", "Po&ints", "Ctrl+1", "points", checkable=True),
    ActionSpec("thumbnails", "View", "Thumbn&ails", "T", "", "Pictures at points", checkable=True),
    ActionSpec("lattice", "View", "&Lattice", "L", "lattice", "Decoded pictures", checkable=True),
    ActionSpec(
        "rings",
        "View",
        "P&rior",
        "Ctrl+2",
        "rings",
        "Where 39, 86 and 99 % of p(z) lie: 1, 2 and 3 sigma of the standard normal",
        checkable=True,
    ),
    ActionSpec(
        "gaps",
        "View",
        "Ga&ps",
        "Ctrl+3",
        tip="Between codes, where a plain autoencoder learned nothing",
        checkable=True,
    ),
    *LAYER_ACTIONS,
    *COLOUR_ACTIONS,
    ActionSpec("fit", "View", "&Fit", "F", "fit", "Show all points", rule=True),
    ActionSpec("reset", "View", "R&eset view", "Home", tip="Show the prior", on_map=True),
    *CHART_ACTIONS,
    _a("next_axes", "View/Plane", "&Next latents", "Ctrl+Alt+Right"),
    _a("pick_cursor", "View/Plane", "Pick the &cursor for a plane", "Ctrl+Alt+M"),
    _a("pick_mean", "View/Plane", "Pick the selection's m&ean", "Ctrl+Alt+Shift+M"),
    *taking_actions.BOOKMARK_ACTIONS,
    _a("next_class", "View/Class", "&Next class", "Ctrl+]", "", "Decode z as the next class"),
    _a("previous_class", "View/Class", "&Previous class", "Ctrl+[", "", "Or as the one before"),
    _a("nearest_class", "View/Class", "The nearest &datum's", "Ctrl+\\", "", "As it begins"),
    ActionSpec("theme_system", "View/Theme", "&System", "F6", checkable=True, group="theme"),
    ActionSpec("theme_dark", "View/Theme", "&Dark", "F7", checkable=True, group="theme"),
    ActionSpec("theme_light", "View/Theme", "&Light", "F8", checkable=True, group="theme"),
    ActionSpec("film", "View/Panels", "&Film", "Ctrl+Alt+F", checkable=True),
    *selection_actions.PANEL_ACTIONS,
    *taking_actions.PANEL_ACTIONS,
    ActionSpec("training", "View/Panels", "&Training", "Ctrl+Alt+T", checkable=True),
    ActionSpec("traversals", "View/Panels", "Tra&versals", "Ctrl+Alt+V", checkable=True),
    ActionSpec("left", "View/Panels", "&Layers and legend", "Ctrl+Alt+L", checkable=True),
    ActionSpec("right", "View/Panels", "&Decoded", "Ctrl+Alt+D", checkable=True),
    ActionSpec("larger", "View", "Lar&ger text", "Ctrl++", rule=True),
    _a("smaller", "View", "&Smaller text", "Ctrl+-"),
    ActionSpec("full_screen", "View", "F&ull screen", "F11", checkable=True),
    ActionSpec("focus_map", "View", "Go to the &map", "F2", tip="Arrow keys then move the cursor"),
    *PATH_ACTIONS,
    _a(
        "evaluate",
        "Analyse",
        "&Evaluate...",
        "Ctrl+Shift+E",
        "",
        "Figures of the open model",
    ),
    _a(
        "recover_labels",
        "Analyse",
        "&Recover labels...",
        "Ctrl+Shift+L",
        "",
        "From a few labels to all",
    ),
    *selection_actions.ANALYSE_ACTIONS,
    *taking_actions.COMPARE_ACTIONS,
    _a("palette", "Help", "&Commands...", "Ctrl+K", "search", "Every action by name"),
    _a("shortcuts", "Help", "&Keyboard and mouse", "F1", "info"),
    _a("about", "Help", "&About latentlab", "Shift+F1"),
)


class Actions:
    """The actions as Qt's, in their menus.

    Args:
        window: Their owner.
        bar: Where the menus go.
    """

    def __init__(self, window: QWidget, bar: QMenuBar) -> None:
        self._window = window
        self._by_key: dict[str, QAction] = {}
        self._specs = {spec.key: spec for spec in ACTIONS}
        self._menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._said: dict[str, str] = {}  # why each can't be used, as it was said last
        self.recent = QMenu("Open re&cent", window)
        for spec in ACTIONS:
            self._add(spec, self._menu(spec.menu, bar))
            if spec.key == "resume_run":
                self._menus["File"].addMenu(self.recent)

    def __getitem__(self, key: str) -> QAction:
        return self._by_key[key]

    def allow(self, key: str, why_not: str) -> None:
        """Let an action be used; where there is a reason why not, its tip says it."""
        if self._said.get(key) == why_not:
            return
        self._said[key] = why_not
        action, spec = self._by_key[key], self._specs[key]
        action.setEnabled(not why_not)
        action.setToolTip(why_not or spec.tip or spec.text.replace("&", ""))
        action.setStatusTip(why_not or spec.tip)

    def all(self) -> list[QAction]:
        """Every action, in the order of the menus."""
        return list(self._by_key.values())

    def _menu(self, name: str, bar: QMenuBar) -> QMenu:
        if name not in self._menus:
            outer, _, inner = name.partition("/")
            parent = self._menu(outer, bar) if inner else bar
            self._menus[name] = parent.addMenu(TITLES[name])
            self._menus[name].setToolTipsVisible(True)
        return self._menus[name]

    def _add(self, spec: ActionSpec, menu: QMenu) -> None:
        action = QAction(spec.text, self._window)
        action.setObjectName(spec.key)
        action.setShortcut(QKeySequence(spec.shortcut))
        if spec.on_map:
            # Shown in the menu; the map reads these keys itself, other controls keep theirs.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setCheckable(spec.checkable)
        action.setProperty("menu", spec.menu.replace("/", ": "))
        action.setToolTip(spec.tip or spec.text.replace("&", ""))
        action.setStatusTip(spec.tip)
        action.setMenuRole(_role(spec.key))
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self._window))
            group.addAction(action)
        if spec.rule:
            menu.addSeparator()
        menu.addAction(action)
        self._window.addAction(action)
        self._by_key[spec.key] = action

    def set_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        for spec in ACTIONS:
            if spec.icon and not spec.checkable:
                self._by_key[spec.key].setIcon(icon(spec.icon, theme, theme.quiet))


def _role(key: str) -> QAction.MenuRole:
    roles = {
        "quit": QAction.MenuRole.QuitRole,
        "about": QAction.MenuRole.AboutRole,
        "preferences": QAction.MenuRole.PreferencesRole,
    }
    return roles.get(key, QAction.MenuRole.NoRole)
