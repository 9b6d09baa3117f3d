"""The project: saved and opened by a person, and kept by itself against a crash."""

from __future__ import annotations

import logging
import threading
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from latentlab.engine.messages import ChartSpec, OpenData, OpenModel
from latentlab.engine.projects import OpenProject, ProjectOpened, SaveProject
from latentlab.errors import LatentlabError
from latentlab.export.project import ENDING, KeptData, ProjectFile, write_project
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.desk import Desk
from latentlab.session.keeping import (
    LOOK,
    Parts,
    bookmarks_of,
    bring_back,
    chart_of,
    kept,
    says_little,
)
from latentlab.session.natures import has_latents
from latentlab.session.slots import Slot
from latentlab.session.state import Notice
from latentlab.session.timers import single_shot

KEEP_MS = 3000  # after a change, before the session is kept
Stage = Literal["model", "data", "embed", "chart", "done"]

log = logging.getLogger("latentlab")


class Project(QObject):
    """Writes the session as a project, and brings one back step by step.

    Args:
        parts: What a project is made of.
        desk: Where requests go.
        folder: Where the running session is kept; None keeps none.
        models: Where copies of projects' models are put.
        parent: The session.

    Attributes:
        path: The project's file; None where the session has none.

    Signals:
        changed: Another file, or none.
        came_back: (ProjectFile) everything that could be opened is open: the window looks like it.
    """

    changed = Signal()
    came_back = Signal(object)
    notice = Signal(object)

    def __init__(
        self, parts: Parts, desk: Desk, folder: Path | None, models: Path, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._parts = parts
        self._desk = desk
        self._models = models
        self._wanted: ProjectOpened | None = None
        self._stage: Stage = "done"
        self._next = False  # whether the step of this stage is still to be done
        self._ticket = 0
        self._saving: tuple[int, Path] | None = None
        self.path: Path | None = None
        self.slot = None if folder is None else Slot(folder)
        self._writer = Latest(self)
        self._door = _Door()
        self._timer = single_shot(self, self.keep, KEEP_MS)
        self._connect()

    def _connect(self) -> None:
        parts = self._parts
        contents = parts.contents
        contents.codes_changed.connect(self._codes_came)
        contents.chart_changed.connect(self._chart_came)
        contents.data_changed.connect(self._data_came)
        self._desk.engine_changed.connect(self._engine_changed)
        self._desk.saved.connect(self.take_saved)
        for signal in (
            contents.model_changed,
            contents.data_changed,
            contents.chart_changed,
            parts.hand.cursor_calm,
            parts.travel.path_calm,
            parts.bookmarks.bookmarks_changed,
            parts.choice.selection_changed,
            parts.filter.seen_changed,
            parts.colouring.changed,
            parts.directing.directions_changed,
            parts.preferences.settings_changed,
        ):
            signal.connect(self._soon)

    # Saving

    def save(self, path: Path, *, copy: bool = True) -> None:
        """Write the project; the session's `saved` follows.

        Args:
            path: Where to.
            copy: Whether the model is copied into the file, so that it opens anywhere.
        """
        if path.suffix.lower() != ENDING:
            path = path.with_name(path.name + ENDING)
        model = self._parts.contents.model
        if model is not None and model.path is None and model.run is None:
            copy = True  # it is in no file yet
        project = kept(self._parts)
        ticket = self._desk.ask(
            lambda t: SaveProject(t, path, project, copy), f"Saving {path.name}"
        )
        self._saving = (ticket, path)

    def take_saved(self, path: Path) -> None:
        """A file was written: the project, perhaps."""
        if self._saving is not None and path == self._saving[1]:
            self._saving = None
            self._set_path(path)

    def _set_path(self, path: Path | None) -> None:
        self.path = path
        if path is not None:
            self._parts.preferences.remember_file(str(path))
        self.changed.emit()

    # Kept by itself

    def start(self) -> None:
        """Offer what a crash left behind."""
        if self.slot is not None and self.slot.crashed:
            self.notice.emit(
                Notice(
                    "info",
                    "The last session ended without being closed.",
                    "It can be opened as it was.",
                    "open_project",
                    "Open it",
                    str(self.slot.interrupted),
                )
            )

    def _soon(self) -> None:
        if self.slot is not None and not self._timer.isActive():
            self._timer.start()

    def keep(self) -> None:
        """Keep the session now, in another thread."""
        path = self.slot.path if self.slot is not None else None
        project = self._to_keep()
        if path is not None and project is not None:
            self._writer.ask(partial(self._door.write, path, project))

    def _to_keep(self) -> ProjectFile | None:
        """The session as it is now; None where nobody would miss it."""
        if self.slot is None or self.slot.path is None or not self._worth_keeping:
            return None
        project = kept(self._parts)
        # What a crash or a window left before is worth more than a sample nobody has touched.
        return None if says_little(project) and not self.slot.path.exists() else project

    @property
    def _worth_keeping(self) -> bool:
        contents = self._parts.contents
        return self._stage == "done" and (
            contents.model is not None or contents.dataset is not None
        )

    @property
    def last(self) -> Path | None:
        """The session as the window was closed last, where there is one."""
        if self.slot is None or not self.slot.last.is_file():
            return None
        return self.slot.last

    def close(self) -> None:
        """The window is gone: keep the session as the last one."""
        self._timer.stop()
        self._door.close()
        if self.slot is None or self.slot.path is None:
            return
        project = self._to_keep()
        if project is not None:
            try:
                write_project(self.slot.path, project)
            except LatentlabError:
                log.exception("The session could not be kept")
        self.slot.close(keep=project is not None)

    # Opening

    def open(self, path: Path) -> None:
        """Open a project; `came_back` follows when everything is there that could be found."""
        self._ticket = self._desk.ask(
            lambda t: OpenProject(t, path, self._models), f"Opening {path.name}"
        )

    def take_opened(self, event: ProjectOpened) -> None:
        """A project was read: open its model, then its data, then look as it did."""
        if event.ticket != self._ticket:
            return  # something else was opened meanwhile
        self._wanted = event
        own = self.slot is not None and event.path.parent == self.slot.last.parent
        self._set_path(None if own else event.path)
        project = event.project
        look = {name: getattr(project.look, name) for name in LOOK}
        self._parts.preferences.update(look)
        self._parts.bookmarks.restore(bookmarks_of(self._parts, project))
        self._tell_missing(event)
        self._go("model")

    @property
    def lacks_model(self) -> bool:
        """Whether a project was opened whose model is not there."""
        wanted = self._wanted
        return wanted is not None and wanted.project.model is not None and wanted.model is None

    def find_model(self, path: Path) -> None:
        """The model of the project that was opened, where it was missing."""
        if self._wanted is not None:
            self._wanted = _with_model(self._wanted, path)
            self._go("model")

    def _tell_missing(self, event: ProjectOpened) -> None:
        project = event.project
        if project.model is not None and event.model is None:
            self.notice.emit(
                Notice(
                    "warn",
                    f"The project's model is not there: {project.model.path or 'no file'}.",
                    "Say where it is now; everything else is open.",
                    "find_project_model",
                    "Find it...",
                )
            )
        elif event.changed:
            self.notice.emit(
                Notice(
                    "warn",
                    "The project's model has changed since it was saved.",
                    "Its pictures are no longer the same.",
                )
            )
        if project.data is not None and event.data is None:
            self.notice.emit(
                Notice(
                    "warn",
                    f"The project's data are not there: {project.data.spec.source}.",
                    "Say where they are now; everything else is open.",
                    "open_data",
                    "Find them...",
                )
            )

    def _go(self, stage: Stage) -> None:
        """Begin a step when the event at hand is over, and all parts know of it."""
        self._stage, self._next = stage, True
        QTimer.singleShot(0, self, self._act)

    def _act(self) -> None:
        stage, wanted = self._stage, self._wanted
        if wanted is None or not self._next:
            return
        self._next = False
        model, data = wanted.model, wanted.data
        if stage == "model":
            if model is None:
                self._go("data")
                return
            self._ticket = self._desk.ask(lambda t: OpenModel(t, model), f"Opening {model.name}")
        elif stage == "data":
            if data is None:
                self._go("chart")
                return
            name = Path(data.source).name or data.source
            self._ticket = self._desk.ask(lambda t: OpenData(t, data), f"Opening {name}")
        elif stage == "chart":
            self._show_chart(wanted)
        elif stage == "done":
            self._finish(wanted)

    def _show_chart(self, wanted: ProjectOpened) -> None:
        contents, chart = self._parts.contents, chart_of(wanted.project)
        if chart is None or contents.codes is None or chart == contents.chart:
            self._go("done")
            return
        contents.set_chart(chart)

    def _finish(self, wanted: ProjectOpened) -> None:
        chart = chart_of(wanted.project)
        if isinstance(chart, ChartSpec) and self._parts.contents.codes is None:
            self._parts.contents.set_chart(chart)
        self.came_back.emit(wanted.project)  # the window first: the view depends on its size
        bring_back(self._parts, wanted.project)

    def _engine_changed(self) -> None:
        if self._stage == "model" and self._desk.engine.live:
            self._go("data")

    def _data_came(self) -> None:
        wanted, contents = self._wanted, self._parts.contents
        if self._stage != "data" or wanted is None or contents.data_ticket != self._ticket:
            return  # the model brought data of its own
        self._stage = "embed"  # new labels are heard of here once more
        if self._same_data(wanted.project.data) and wanted.project.labels is not None:
            self._parts.relabelling.bring_back(wanted.project.labels)
        data, model = contents.dataset, contents.model
        fits = data is not None and model is not None and data.shape == model.spec.shape
        mapped = fits and model is not None and has_latents(model.spec)
        # Where there is something to embed, the contents ask for it.
        if not mapped or not (contents.data_is_the_models or contents.codes is None):
            self._go("chart")

    def _same_data(self, kept: KeptData | None) -> bool:
        """Whether the open data are those that the project was saved with; says so if not."""
        dataset = self._parts.contents.dataset
        same = kept is None or (dataset is not None and dict(dataset.checksums) == kept.checksums)
        if not same and kept is not None and kept.checksums:
            self.notice.emit(
                Notice(
                    "warn",
                    "The project's data have changed since it was saved.",
                    "Its selection may be of other data; labels that were recovered are left out.",
                )
            )
        return same

    def _codes_came(self) -> None:
        if self._stage == "embed" and self._parts.contents.codes is not None:
            self._go("chart")

    def _chart_came(self) -> None:
        if self._stage == "chart":
            self._go("done")

    def give_up(self) -> None:
        """Something else is opened: what the project still waits for is not looked at."""
        self._stage, self._ticket, self._next = "done", 0, False

    def let_go(self, ticket: int, _sentence: str = "") -> None:
        """A request came to nothing: go on without it."""
        if self._saving is not None and ticket == self._saving[0]:
            self._saving = None
        # A chart that came to nothing is told by `chart_changed`.
        after: dict[Stage, Stage] = {"model": "data", "data": "chart", "embed": "chart"}
        waits_for = self._parts.contents.embed_ticket if self._stage == "embed" else self._ticket
        if self._stage in after and ticket == waits_for:
            self._go(after[self._stage])


def _with_model(event: ProjectOpened, path: Path) -> ProjectOpened:
    return ProjectOpened(event.ticket, event.path, event.project, path, event.data, changed=False)


class _Door:
    """Lets the other thread write until the window is closed, and no later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = True

    def write(self, path: Path, project: ProjectFile, _say: Say, _go_on: GoOn) -> None:
        """Write, in the other thread."""
        with self._lock:
            if self._open:
                write_project(path, project)

    def close(self) -> None:
        """Wait for what is being written; then nothing more is."""
        with self._lock:
            self._open = False
