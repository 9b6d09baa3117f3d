"""What the actions about figures, films, bookmarks and projects do."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QApplication, QWidget

from latentlab.session.lines import command_line, command_note, python_lines
from latentlab.session.natures import NO_LATENTS, has_latents
from latentlab.session.session import Session
from latentlab.session.state import Notice
from latentlab.views.actions import Actions
from latentlab.views.commanding import ActionCommands
from latentlab.views.dialogs.compare import CompareDialog
from latentlab.views.dialogs.figure import FigureDialog
from latentlab.views.dialogs.film import FilmDialog
from latentlab.views.dialogs.preview import PreviewDialog
from latentlab.views.panels.bookmarks import BookmarksPanel
from latentlab.views.possible import NO_MODEL
from latentlab.views.theme import DARK, Theme
from latentlab.views.travelling import NO_PATH

NO_CURSOR = "There is no cursor on the map."
NO_BOOKMARKS = "There are no bookmarks yet."
SAVE_FIRST = "Save the model to the file that they name."
FEW_POINTS = "Drag from A to B first, or keep two points."


class TakingCommands(ActionCommands[QWidget]):
    """Connects these actions, keeps the panel of bookmarks and the dialogs that are open."""

    def __init__(self, session: Session, actions: Actions, window: QWidget) -> None:
        super().__init__(session, actions, window)
        self._theme: Theme = DARK
        self._place = -1  # of the bookmark that was gone to last
        self.dialogs: list[PreviewDialog | CompareDialog] = []
        self.panel = BookmarksPanel(session, actions["bookmark_point"], actions["bookmark_path"])
        self.panel.compared.connect(self._compare_bookmarks)
        self._connect()
        self._show_panel(session.settings.bookmarks_panel)
        self.refresh()

    def _connect(self) -> None:
        session, actions = self._session, self._actions
        for key, do in {
            "figure": self.figure,
            "export_film": self.film,
            "copy_python": partial(self._copy, python_lines, "The lines of Python are"),
            "copy_command": partial(self._copy, command_line, "The command is"),
            "bookmark_point": self._keep_point,
            "bookmark_path": self._keep_path,
            "next_bookmark": partial(self._step, 1),
            "previous_bookmark": partial(self._step, -1),
            "compare": self.compare,
        }.items():
            actions[key].triggered.connect(do)
        actions["bookmarks"].toggled.connect(self._show_panel)
        for signal in (
            session.model_changed,
            session.path_calm,
            session.cursor_calm,
            session.bookmarks.bookmarks_changed,
        ):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Enable what can be done now."""
        session, allow = self._session, self._actions.allow
        model = session.model
        no_model = NO_MODEL if model is None else ""
        if model is not None and not has_latents(model.spec):
            no_model = NO_LATENTS
        no_path = no_model or ("" if session.path is not None else NO_PATH)
        marks = session.bookmarks
        two = session.path is not None or len(marks.points()) + (session.z is not None) >= 2
        allow("figure", no_model)
        allow("copy_python", no_path)
        allow("copy_command", no_path)
        allow("bookmark_path", no_path)
        allow("bookmark_point", no_model or ("" if session.z is not None else NO_CURSOR))
        allow("next_bookmark", "" if marks.all else NO_BOOKMARKS)
        allow("previous_bookmark", "" if marks.all else NO_BOOKMARKS)
        allow("compare", no_model or ("" if two else FEW_POINTS))

    # Dialogs

    def figure(self) -> None:
        """Show what a figure looks like, and write it."""
        self._open(FigureDialog(self._session, self._theme, self._window))

    def film(self) -> None:
        """Show what the film looks like, and write it."""
        self._open(FilmDialog(self._session, self._theme, self._window))

    def compare(self) -> None:
        """Show two points, what differs, and the way between."""
        self._open(CompareDialog(self._session, self._theme, self._window))

    def _compare_bookmarks(self, one: int, other: int) -> None:
        self._open(CompareDialog(self._session, self._theme, self._window, (one, other)))

    def _open(self, dialog: PreviewDialog | CompareDialog) -> None:
        for other in self.dialogs:
            if type(other) is type(dialog):
                other.close()  # its choices are kept
        self.dialogs.append(dialog)
        dialog.finished.connect(self._closed)
        dialog.show()

    def _closed(self) -> None:
        gone = self.sender()
        self.dialogs = [dialog for dialog in self.dialogs if dialog is not gone]

    def close(self) -> None:
        """The window closes: its dialogs do too."""
        for dialog in tuple(self.dialogs):
            dialog.close()

    # Lines

    def _copy(self, lines: object, what: str) -> None:
        recipe = self._session.taking.recipe(self._session.settings.film, "film.gif")
        if recipe is not None and callable(lines):
            QApplication.clipboard().setText(lines(recipe))
            notes = [] if recipe.model is not None else [SAVE_FIRST]
            if lines is command_line:
                notes.append(command_note(recipe))
            note = " ".join(filter(None, notes))
            self._session.notice.emit(Notice("good", f"{what} on the clipboard.", note))

    # Bookmarks

    def _keep_point(self) -> None:
        if self._session.bookmarks.add_point():
            self._actions["bookmarks"].setChecked(True)

    def _keep_path(self) -> None:
        if self._session.bookmarks.add_path():
            self._actions["bookmarks"].setChecked(True)

    def _step(self, step: int) -> None:
        marks = self._session.bookmarks
        count = len(marks.all)
        for _ in range(count):
            self._place = (max(self._place, -1 if step > 0 else 0) + step) % count
            if not marks.why_not(self._place):
                marks.go(self._place)
                self.panel.list.setCurrentRow(self._place)
                return

    def _show_panel(self, on: bool) -> None:
        self._actions["bookmarks"].setChecked(on)
        self.panel.setVisible(on)
        self._session.update_settings(bookmarks_panel=on)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        for dialog in self.dialogs:
            dialog.set_theme(theme)
