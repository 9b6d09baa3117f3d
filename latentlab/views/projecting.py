"""What the actions about projects do, and how the window looks as a project did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.session.session import Session
from latentlab.views import choose, remembering
from latentlab.views.actions import Actions
from latentlab.views.commanding import ActionCommands
from latentlab.views.dialogs.project import SaveProjectDialog

if TYPE_CHECKING:
    from latentlab.views.window import MainWindow

NOTHING_OPEN = "Nothing is open yet."
NO_LAST = "No session was closed yet."
NOT_MISSING = "No project lacks its model."
TRAINING = "A training is under way: stop it first."


class ProjectCommands(ActionCommands["MainWindow"]):
    """Connects the actions about projects; the window is the one whose look is kept."""

    def __init__(self, session: Session, actions: Actions, window: MainWindow) -> None:
        super().__init__(session, actions, window)
        for key, do in {
            "open_project": self.open,
            "save_project": self.save,
            "save_project_as": self.save_as,
            "last_session": self.open_last,
            "find_project_model": self.find_model,
        }.items():
            actions[key].triggered.connect(do)
        project = session.project
        for signal in (
            session.model_changed,
            session.data_changed,
            session.training_changed,
            project.changed,
        ):
            signal.connect(self.refresh)
        project.came_back.connect(self._look)
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now."""
        session, allow = self._session, self._actions.allow
        busy = TRAINING if session.training.active else ""
        there = session.model is not None or session.dataset is not None
        allow("open_project", busy)
        allow("save_project", "" if there else NOTHING_OPEN)
        allow("save_project_as", "" if there else NOTHING_OPEN)
        allow("last_session", busy or ("" if session.project.last is not None else NO_LAST))
        allow("find_project_model", busy or ("" if session.project.lacks_model else NOT_MISSING))

    def open(self) -> None:
        """Ask for a project."""
        path = choose.existing_file(self._window, "Open project", choose.PROJECT_FILES)
        if path is not None:
            self._session.open_project(path)

    def open_last(self) -> None:
        """Open the session as the window was closed last."""
        path = self._session.project.last
        if path is not None:
            self._session.open_project(path)

    def save(self) -> None:
        """Save to the project's file; without one, ask for it."""
        path = self._session.project.path
        if path is None:
            self.save_as()
            return
        remembering.remember(self._window, self._session)
        self._session.project.save(path, copy=self._session.settings.project_copy)

    def save_as(self) -> None:
        """Ask where to."""
        remembering.remember(self._window, self._session)
        SaveProjectDialog(self._session, self._window).open()

    def find_model(self) -> None:
        """Ask where a project's model is now."""
        path = choose.existing_file(self._window, "Find the model", choose.MODEL_FILES)
        if path is not None:
            self._session.project.find_model(path)

    def _look(self, _project: object) -> None:
        remembering.restore(self._window, self._session)
        settings = self._session.settings
        self._actions["bookmarks"].setChecked(settings.bookmarks_panel)
        self._actions["selection"].setChecked(settings.selection_panel)
