"""An exception in a lane becomes an answer; the lane lives on."""

from __future__ import annotations

import traceback

from latentlab.engine.messages import Failed, Request
from latentlab.errors import LatentlabError


def failed(request: Request, error: BaseException) -> Failed:
    """What a person is told of `error`, and the traceback for the log."""
    trace = "".join(traceback.format_exception(error))
    name = type(request).__name__
    if isinstance(error, LatentlabError):
        return Failed(request.ticket, name, error.what, error.where, error.do, trace)
    if isinstance(error, MemoryError):
        return Failed(
            request.ticket, name, "There is not enough memory.", do="Close something.", trace=trace
        )
    what = f"Something went wrong inside ({type(error).__name__}: {_first_line(error)})."
    return Failed(request.ticket, name, what, do="Try again; the log has the details.", trace=trace)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no message"
