"""The settings while the program runs: changed at once, written a moment later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from latentlab.engine import messages as m
from latentlab.engine.values import ModelInfo
from latentlab.errors import LatentlabError
from latentlab.session.estimate import flops_per_s
from latentlab.session.settings import (
    Settings,
    merged,
    read_settings,
    with_recent,
    write_settings,
)
from latentlab.session.state import Notice, TrainingState
from latentlab.session.timers import single_shot

WRITE_AFTER_MS = 500


class Preferences(QObject):
    """Owner of the settings and of their file, in which another window's changes stay.

    Args:
        path: The JSON file; None keeps the settings in memory.
        parent: The session.
    """

    settings_changed = Signal()
    notice = Signal(object)

    def __init__(self, path: Path | None, parent: QObject) -> None:
        super().__init__(parent)
        self._path = path
        self.settings, self.trouble = read_settings(path)
        self._before = self.settings  # as they were last read or written here
        self.unlisted: Path | None = None  # a folder whose files are not among the recent ones
        self._timer = single_shot(self, self.write, WRITE_AFTER_MS)

    def update(self, changes: dict[str, Any]) -> None:
        """Change settings by name."""
        changed = msgspec.structs.replace(self.settings, **changes)
        if changed != self.settings:
            self.settings = changed
            self.settings_changed.emit()
            self._timer.start()

    def flush(self) -> None:
        """Write now what is waiting to be written."""
        if self._timer.isActive():
            self.write()

    def write(self) -> None:
        """Write the file; a failure is told, and nothing else happens."""
        self._timer.stop()
        if self._path is None:
            return
        try:
            write_settings(self._path, self._with_others(self._path))
            self._before = self.settings
        except LatentlabError as error:
            self.notice.emit(Notice("warn", f"The settings can't be kept: {error.what}", error.do))

    def _with_others(self, path: Path) -> Settings:
        """These settings and what another program has changed in the file meanwhile."""
        if not path.exists():
            return self.settings
        theirs, trouble = read_settings(path)
        return self.settings if trouble else merged(self.settings, self._before, theirs)

    def remember_source(self, event: m.Event) -> None:
        """Put what was opened first among the recent files."""
        if isinstance(event, m.DataOpened):
            name = event.dataset.source.source
        elif isinstance(event, m.ModelOpened) and event.info.path is not None:
            name = str(event.info.run or event.info.path)
            if event.info.path.parent == self.unlisted:
                return
        else:
            return
        self.remember_file(name)

    def remember_file(self, name: str) -> None:
        """Put a file first among the recent ones."""
        self.update({"recent_files": with_recent(self.settings, name).recent_files})

    def remember_speed(self, training: TrainingState, model: ModelInfo | None) -> None:
        """Keep how fast this machine trained, for the next estimate."""
        if training.status != "finished" or training.progress is None or model is None:
            return
        if model.train is not None:
            rate, batch = training.progress.images_per_s, model.train.batch_size
            speed = flops_per_s(model.spec, rate, batch)
            if speed is not None:
                self.update({"flops_per_s": speed})

    def remember_run(self, training: TrainingState) -> None:
        """Note the run that is being written, so that the next start can offer it."""
        if training.status == "starting":
            return
        # A training that failed half-way can go on too.
        left = training.active or (training.status == "failed" and training.progress is not None)
        name = str(training.run) if left and training.run is not None else ""
        if name != self.settings.unfinished_run:
            self.update({"unfinished_run": name})
            self.write()  # at once: it is there for the case of a crash
