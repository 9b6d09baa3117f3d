"""What the actions about the selection do; its panel, and the window of outliers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.actions import Actions
from latentlab.views.commanding import ActionCommands
from latentlab.views.dialogs.outliers import OutliersWindow
from latentlab.views.panels.selection import SelectionPanel
from latentlab.views.theme import Theme

EXPORTS = ("export_selection", "export_pictures", "export_folder")
NOTHING = "Nothing is selected: drag with Shift held."
NO_CODES = "There is nothing on the map yet."
NO_DATA = "There are no data yet: open some."


class SelectionCommands(ActionCommands[QWidget]):
    """Connects these actions, keeps their panel, and their window while it is open."""

    def __init__(self, session: Session, actions: Actions, window: QWidget) -> None:
        super().__init__(session, actions, window)
        self._theme: Theme | None = None
        self.outliers: OutliersWindow | None = None
        self.panel = SelectionPanel(
            session,
            actions["grow"],
            tuple(actions[key] for key in EXPORTS),
            actions["selection"],
            window,
        )
        self._connect()
        self._refresh()
        self._show_panel(session.settings.selection_panel)

    def _connect(self) -> None:
        session, actions = self._session, self._actions
        actions["brush"].toggled.connect(session.brush.set_on)
        session.brush.changed.connect(self._follow_brush)
        actions["grow"].triggered.connect(self._grow)
        actions["export_pictures"].triggered.connect(self._export_pictures)
        actions["export_folder"].triggered.connect(self._export_folder)
        actions["selection"].toggled.connect(self._show_panel)
        actions["outliers"].triggered.connect(lambda: self._open("outliers"))
        actions["duplicates"].triggered.connect(lambda: self._open("duplicates"))
        for signal in (session.selection_changed, session.codes_changed, session.data_changed):
            signal.connect(self._refresh)

    def _refresh(self) -> None:
        session, allow = self._session, self._actions.allow
        mapped = "" if session.codes is not None else NO_CODES
        chosen = "" if len(session.selected) else NOTHING
        allow("brush", mapped)
        for key in ("grow", "export_pictures", "export_folder"):
            allow(key, mapped or chosen)
        allow("outliers", mapped)
        allow("duplicates", "" if session.dataset is not None else NO_DATA)
        if mapped:
            session.brush.set_on(False)

    def _follow_brush(self) -> None:
        self._actions["brush"].setChecked(self._session.brush.on)

    def _grow(self) -> None:
        self._session.study.growing.grow(self._session.settings.grow)

    def _show_panel(self, on: bool) -> None:
        self._actions["selection"].setChecked(on)
        self.panel.setVisible(on)
        self._session.update_settings(selection_panel=on)

    def _export_pictures(self) -> None:
        path = choose.new_file(
            self._window, "Contact sheet of the selection", "selection.png", choose.SHEET_FILES
        )
        if path is not None:
            self._session.export_pictures(path)

    def _export_folder(self) -> None:
        path = choose.new_folder(self._window, "Folder for the selected pictures", "selection")
        if path is not None:
            self._session.export_pictures(path)

    def _open(self, page: str) -> None:
        if self.outliers is None:
            theme = self._theme or self.panel.theme
            self.outliers = OutliersWindow(self._session, theme, self._window)
            self.outliers.finished.connect(self._closed)
        self.outliers.show_page(page)
        self.outliers.show()
        self.outliers.raise_()

    def _closed(self) -> None:
        self.outliers = None

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.panel.set_theme(theme)
        if self.outliers is not None:
            self.outliers.set_theme(theme)
