"""The actions that select, look at what is selected, and find what stands apart."""

from __future__ import annotations

from latentlab.views.action_spec import ActionSpec

EDIT_ACTIONS = (
    ActionSpec(
        "brush",
        "Edit",
        "&Brush",
        "B",
        tip="Paint over points to select them; [ and ] or the wheel change its width",
        checkable=True,
    ),
    ActionSpec(
        "grow", "Edit", "&Grow the selection", "Ctrl+Shift+G", tip="By the nearest neighbours in z"
    ),
)
FILE_ACTIONS = (
    ActionSpec(
        "export_pictures",
        "File",
        "Contact s&heet of the selection...",
        "Ctrl+Alt+H",
        "export",
        "Its pictures, on one sheet",
    ),
    ActionSpec(
        "export_folder",
        "File",
        "&Pictures of the selection...",
        "Ctrl+Alt+B",
        "export",
        "A folder with a file for each, named by row and class",
    ),
)
PANEL_ACTIONS = (
    ActionSpec(
        "selection",
        "View/Panels",
        "&Selection",
        "Ctrl+Alt+G",
        tip="The selected pictures, and what they have in common",
        checkable=True,
    ),
)
ANALYSE_ACTIONS = (
    ActionSpec(
        "outliers", "Analyse", "&Outliers...", "Ctrl+Shift+U", tip="What stands apart, by measures"
    ),
    ActionSpec(
        "duplicates",
        "Analyse",
        "Near-identical &data...",
        "Ctrl+Shift+D",
        tip="Pictures that are the same, or nearly",
    ),
)
