"""Drawing figures of the open model, in the work lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.engine.boards import board_of
from latentlab.engine.figures import DrawFigure, FigureDrawn, WriteFigure
from latentlab.engine.jobs import Job
from latentlab.engine.messages import Saved
from latentlab.export.board import Board

if TYPE_CHECKING:
    from latentlab.models.model import Model


def draw(job: Job, request: DrawFigure, model: Model) -> FigureDrawn:
    """Draw a page; a newer wish calls it off between two batches."""
    from latentlab.export.page import picture

    board = _board(job, request, model)
    return FigureDrawn(job.ticket, picture(board, request.look), board, request.look)


def write(job: Job, request: WriteFigure, model: Model) -> Saved:
    """Write a page."""
    from latentlab.export.figure import check_ending
    from latentlab.export.page import write_page

    check_ending(request.path)
    job.report(f"Writing {request.path.name}")
    write_page(request.path, _board(job, request, model), request.look)
    return Saved(job.ticket, request.path, "the figure")


def _board(job: Job, request: DrawFigure | WriteFigure, model: Model) -> Board:
    def go_on(_fraction: float) -> None:
        job.check()

    return board_of(model, request.wanted, request.scene, go_on)
