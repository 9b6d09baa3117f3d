"""The actions that take something away or keep it: figures, films, bookmarks, projects."""

from __future__ import annotations

from latentlab.views.action_spec import ActionSpec


def _a(key: str, menu: str, text: str, shortcut: str, tip: str = "") -> ActionSpec:
    return ActionSpec(key, menu, text, shortcut, tip=tip)


PROJECT_ACTIONS = (
    _a("open_project", "File/Project", "&Open project...", "Ctrl+J", "All of it as it was"),
    _a(
        "save_project",
        "File/Project",
        "&Save project",
        "Ctrl+Shift+J",
        "Data, model, map, path, bookmarks and layers",
    ),
    _a("save_project_as", "File/Project", "Save project &as...", "Ctrl+Alt+J"),
    _a("find_project_model", "File/Project", "&Find its model...", "Ctrl+Alt+Shift+F"),
    _a(
        "last_session",
        "File/Project",
        "&Reopen the last session",
        "Ctrl+Alt+Shift+J",
        "As the window was closed",
    ),
)
FIGURE_ACTIONS = (
    ActionSpec(
        "figure", "File", "F&igure...", "Ctrl+Shift+I", "export", "For print: PNG, SVG, PDF"
    ),
)
COPY_ACTIONS = (
    _a(
        "copy_python",
        "Edit/Film",
        "As &Python",
        "Ctrl+Shift+H",
        "The lines that make the same film",
    ),
    _a("copy_command", "Edit/Film", "As &command", "Ctrl+Alt+Y", "The same, for a terminal"),
)
BOOKMARK_ACTIONS = (
    _a("bookmark_point", "View/Bookmarks", "Keep this &point", "Ctrl+B", "The cursor's z"),
    _a("bookmark_path", "View/Bookmarks", "Keep this p&ath", "Ctrl+Alt+Shift+B", "From A to B"),
    _a("next_bookmark", "View/Bookmarks", "Go to the &next", "Ctrl+Alt+N"),
    _a("previous_bookmark", "View/Bookmarks", "Go to the p&revious", "Ctrl+Alt+Shift+N"),
)
PANEL_ACTIONS = (
    ActionSpec("bookmarks", "View/Panels", "&Bookmarks", "Ctrl+Alt+I", checkable=True),
)
COMPARE_ACTIONS = (
    _a("compare", "Analyse", "&Compare two points...", "Ctrl+Shift+K", "A, B and what differs"),
)
TAKING_TITLES = {
    "File/Project": "Pro&ject",
    "Edit/Film": "Copy the fil&m",
    "View/Bookmarks": "B&ookmarks",
}
