"""What the window's actions do: commands to the session, dialogs, and when each is possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt

from latentlab.session.calm import Calm
from latentlab.session.layers import LAYER_KINDS
from latentlab.session.session import Session
from latentlab.session.state import Notice
from latentlab.views import choose
from latentlab.views.actions import Actions
from latentlab.views.charting import ACTION_OF, ChartCommands
from latentlab.views.dialogs.evaluate import EvaluateDialog
from latentlab.views.dialogs.help import AboutDialog, ShortcutsDialog
from latentlab.views.dialogs.open_data import OpenDataDialog
from latentlab.views.dialogs.preferences import PreferencesDialog
from latentlab.views.dialogs.recover import RecoverDialog
from latentlab.views.dialogs.save_model import SaveModelDialog
from latentlab.views.dialogs.train import TrainDialog
from latentlab.views.possible import why_not
from latentlab.views.travelling import PathCommands

if TYPE_CHECKING:
    from latentlab.views.window import MainWindow

SHEET_PAIRS = 32
TEXT_SCALES = (0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
BASIC_LAYERS = ("points", "thumbnails", "lattice", "rings", "gaps")
LAYERS = (*BASIC_LAYERS, *LAYER_KINDS)


class Commands(QObject):
    """Connects the actions, and enables each while it can do something.

    Args:
        session: Whom the commands go to.
        actions: The actions.
        window: The window that dialogs belong to.
    """

    def __init__(self, session: Session, actions: Actions, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._window = window
        self._draws = np.random.default_rng()
        self._charts = ChartCommands(session)
        self._paths = PathCommands(session, window)
        self._status = session.training.status
        for key, do in self._table().items():
            actions[key].triggered.connect(do)
        for signal in (
            session.data_changed,
            session.model_changed,
            session.codes_changed,
            session.classes_changed,
            session.selection_changed,
            session.chart_changed,
            session.plane_points.points_changed,
            session.settings_changed,
        ):
            signal.connect(self.refresh)
        session.plane_points.points_changed.connect(self._picked)
        calm = Calm(session, self.refresh, self)
        session.path_changed.connect(calm.ask)
        session.decoded_changed.connect(calm.ask)
        session.training_changed.connect(self._training_changed)
        session.waypoints.mode_changed.connect(self.refresh)
        # It is told before the change that can be undone: look after it.
        session.history_changed.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        session.settings_changed.connect(self.refresh_recent)
        self.refresh()
        self.refresh_recent()

    def _table(self) -> dict[str, Callable[..., object]]:
        session = self._session
        return {
            "open_data": self.open_data,
            "open_model": self.open_model,
            "open_run": self.open_run,
            "resume_run": self.resume_run,
            "move_run": self.move_run,
            "save_model": self.save_model,
            "export_selection": self.export_selection,
            "quit": self._window.close,
            "undo": session.undo,
            "redo": session.redo,
            "select_all": session.select_all,
            "invert_selection": session.invert_selection,
            "clear_selection": session.clear_selection,
            "preferences": self.preferences,
            "train": self.train,
            "pause": self.pause,
            "stop": session.stop_training,
            "sample": self.sample,
            "reconstruct_view": self.reconstruct_view,
            "reconstruct_any": self.reconstruct_any,
            "datum": self.datum,
            "evaluate": self.evaluate,
            "recover_labels": self.recover_labels,
            **self._paths.table(),
            **self._charts.table(),
            "next_class": partial(self.step_class, 1),
            "previous_class": partial(self.step_class, -1),
            "nearest_class": partial(session.choose_class, None),
            "theme_system": partial(self.theme, "system"),
            "theme_dark": partial(self.theme, "dark"),
            "theme_light": partial(self.theme, "light"),
            "larger": partial(self.scale_text, 1),
            "smaller": partial(self.scale_text, -1),
            "palette": self.palette,
            "shortcuts": self.shortcuts,
            "about": self.about,
        }

    def _training_changed(self) -> None:
        if self._session.training.status != self._status:  # and not only its progress
            self._status = self._session.training.status
            self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now."""
        for key, why in why_not(self._session).items():
            self._actions.allow(key, why)
        self._show_states()

    def _show_states(self) -> None:
        session, actions = self._session, self._actions
        text = "&Resume" if session.training.status == "paused" else "&Pause"
        if actions["pause"].text() != text:
            actions["pause"].setText(text)
        playing = session.path is not None and session.path.playing
        text = "P&ause the path" if playing else "Pl&ay the path"
        if actions["play"].text() != text:
            actions["play"].setText(text)
        for key, on in self._paths.states().items():
            actions[key].setChecked(on)
        actions[ACTION_OF[session.chart.kind]].setChecked(True)
        actions[f"theme_{session.settings.theme}"].setChecked(True)

    def refresh_recent(self) -> None:
        """List the recent files."""
        menu = self._actions.recent
        names = self._session.settings.recent_files
        menu.clear()
        menu.setEnabled(bool(names))
        for name in names:
            action = menu.addAction(name.replace("&", "&&"))
            action.triggered.connect(partial(self._session.open_path, Path(name)))

    # File

    def open_data(self) -> None:
        """Ask what to look at."""
        OpenDataDialog(self._session, self._window).open()

    def open_model(self) -> None:
        """Ask for a model file."""
        path = choose.existing_file(self._window, "Open model", choose.MODEL_FILES)
        if path is not None:
            self._session.open_model(path)

    def open_run(self) -> None:
        """Ask for a run folder."""
        path = choose.folder(self._window, "Open run")
        if path is not None:
            self._session.open_model(path)

    def resume_run(self) -> None:
        """Ask for a run folder to go on with."""
        path = choose.folder(self._window, "Go on with a run")
        if path is not None:
            self._session.resume_run(path)

    def move_run(self) -> None:
        """Ask for a folder in which the training is kept from now on."""
        if self._session.training.active:
            path = choose.folder(self._window, "Keep the training in")
            if path is None:
                return
        else:
            path = Path()  # the session says that it is over
        self._session.move_run(path)

    def save_model(self) -> None:
        """Ask where to save the model."""
        SaveModelDialog(self._session, self._window).open()

    def export_selection(self) -> None:
        """Ask where to write the selected rows."""
        path = choose.new_file(
            self._window, "Export selection", "selection.csv", choose.TABLE_FILES
        )
        if path is not None:
            self._session.export_selection(path)

    def preferences(self) -> None:
        """Show the preferences."""
        PreferencesDialog(self._session, self._window).open()

    # Model

    def train(self) -> None:
        """Show the train dialog; without data, ask for some first."""
        if self._session.dataset is None:
            self._window.notices.add(
                Notice(
                    "info", "Training needs data.", "Open some first.", "open_data", "Open data..."
                )
            )
            self.open_data()
            return
        TrainDialog(self._session, self._window).open()

    def pause(self) -> None:
        """Hold the training, or go on."""
        if self._session.training.status == "paused":
            self._session.resume_training()
        else:
            self._session.pause_training()

    def sample(self) -> None:
        """Draw a sheet from the prior."""
        self._session.sample()

    def reconstruct_view(self) -> None:
        """Some of the points that are in view."""
        codes, view = self._session.codes, self._session.view
        if codes is None:
            return
        shown = self._session.filter.sieve.mask().copy()
        if view is not None:
            x, y = codes.xy.T
            shown &= (x >= view[0]) & (x <= view[2]) & (y >= view[1]) & (y <= view[3])
        rows = np.flatnonzero(shown)
        if not len(rows):
            self._window.notices.add(
                Notice("info", "No point is in view.", "View > Fit shows all.", "fit", "Fit")
            )
            return
        self._reconstruct(rows)

    def reconstruct_any(self) -> None:
        """Some of all points."""
        if self._session.codes is not None:
            self._reconstruct(np.arange(len(self._session.codes.labels)))

    def _reconstruct(self, rows: np.ndarray) -> None:
        chosen = self._draws.choice(rows, min(SHEET_PAIRS, len(rows)), replace=False)
        self._session.reconstruct(int(row) for row in np.sort(chosen))

    def datum(self) -> None:
        """The nearest datum's original, reconstruction and samples."""
        row, _ = self._session.neighbours.first
        if row >= 0:
            self._session.show_datum(row)

    # Analyse

    def evaluate(self) -> None:
        """Ask what to measure; without data, ask for some first."""
        if self._session.dataset is None:
            self._window.notices.add(
                Notice(
                    "info", "Figures need data.", "Open some first.", "open_data", "Open data..."
                )
            )
            self.open_data()
            return
        EvaluateDialog(self._session, self._window).open()

    def recover_labels(self) -> None:
        """Ask how to recover labels; it stays open beside the map while it works."""
        RecoverDialog(self._session, self._window).show()

    # View

    def step_class(self, step: int) -> None:
        """Decode as the class after, or before, the one that is decoded now."""
        count, now = len(self._session.classes), self._session.class_decoded
        if count and now is not None:
            self._session.choose_class((now + step) % count)

    def _picked(self) -> None:
        """What is said of points to pick counts with them, and goes with the third."""
        if self._window.notices.withdraw("pick_cursor") and self._session.plane_points.missing:
            self._charts.three_points()

    def theme(self, name: str) -> None:
        """Choose the theme."""
        self._session.update_settings(theme=name)

    def scale_text(self, step: int) -> None:
        """Make text larger or smaller."""
        now = self._session.settings.text_scale
        nearest = min(range(len(TEXT_SCALES)), key=lambda i: abs(TEXT_SCALES[i] - now))
        wanted = min(max(nearest + step, 0), len(TEXT_SCALES) - 1)
        self._session.update_settings(text_scale=TEXT_SCALES[wanted])

    # Help

    def palette(self) -> None:
        """Show every action by name."""
        self._window.palette_dialog().ask()

    def shortcuts(self) -> None:
        """Show what keys and mouse do."""
        ShortcutsDialog(self._actions.all(), self._window).open()

    def about(self) -> None:
        """Show versions, devices and licence."""
        AboutDialog(self._session.engine, self._window).open()

    def act(self, notice: object) -> None:
        """Do what a notice offers: the session's own, or an action of the window by name."""
        if not isinstance(notice, Notice) or self._session.act(notice) or not notice.action:
            return
        if notice.action == "move_run":
            self.move_run()  # also when the training is over: then the session says so
            return
        if notice.action == "read_again":
            OpenDataDialog(self._session, self._window, self._session.not_opened).open()
            return
        for action in self._actions.all():
            if action.objectName() == notice.action:
                action.trigger()
                return
