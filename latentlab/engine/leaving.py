"""What leaves the program, and comes back, in the work lane: figures, films and projects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from latentlab.engine.figures import DrawFigure, WriteFigure
from latentlab.engine.films import Export, ShowFrame
from latentlab.engine.jobs import Job
from latentlab.engine.messages import Saved
from latentlab.engine.projects import OpenProject, SaveProject

if TYPE_CHECKING:
    from latentlab.engine.tasks import Tasks


class Leaving:
    """Draws and writes with the model that is open.

    Args:
        tasks: Whose model decodes.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def performers(self) -> dict[type, Callable[[Job, Any], None]]:
        """What it does for each kind of request."""
        return {
            DrawFigure: self._draw,
            WriteFigure: self._write_figure,
            Export: self._export,
            ShowFrame: self._show_frame,
            OpenProject: self._open_project,
            SaveProject: self._save_project,
        }

    def _draw(self, job: Job, request: DrawFigure) -> None:
        from latentlab.engine.drawing import draw

        job.post(draw(job, request, self._tasks.open_model()))

    def _write_figure(self, job: Job, request: WriteFigure) -> None:
        from latentlab.engine.drawing import write

        job.post(write(job, request, self._tasks.open_model()))

    def _export(self, job: Job, request: Export) -> None:
        from latentlab.engine.filming import export

        job.post(export(job, request, self._tasks.open_model()))

    def _show_frame(self, job: Job, request: ShowFrame) -> None:
        from latentlab.engine.filming import show

        job.check()
        job.post(show(request, self._tasks.open_model()))

    def _open_project(self, job: Job, request: OpenProject) -> None:
        from latentlab.engine.projecting import open_project

        job.post(open_project(request))

    def _save_project(self, job: Job, request: SaveProject) -> None:
        from latentlab.engine.projecting import save

        if request.copy and request.project.model is not None:
            self._tasks.load_torch()
        save(request, self._tasks.model, self._tasks.codes)
        job.post(Saved(job.ticket, request.path, "the project"))
