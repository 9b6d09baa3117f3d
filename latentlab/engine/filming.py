"""Making films with the open model, in the work lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import to_picture
from latentlab.engine.films import Export, FrameShown, ShowFrame
from latentlab.engine.jobs import Job
from latentlab.engine.messages import Saved
from latentlab.export.cinema import Cinema, eased, times
from latentlab.files import sweep

if TYPE_CHECKING:
    from latentlab.models.model import Model


def export(job: Job, request: Export, model: Model) -> Saved:
    """Write a film; called off between two frames, it leaves nothing."""
    from latentlab.export.film import check_ending, write_film

    check_ending(request.path)

    def report(fraction: float) -> None:
        job.check()
        job.report(f"Writing {request.path.name}", fraction)

    report(0.0)
    frames, z = film_of(model, request)
    write_film(
        request.path,
        frames,
        z=z,
        look=request.look,
        places=_places(request, z),
        points=request.points,
        report=report,
    )
    sweep(request.path.parent)
    return Saved(job.ticket, request.path, "the path")


def show(request: ShowFrame, model: Model) -> FrameShown:
    """One frame as it will be in the film."""
    film = request.film
    frames, z = film_of(model, film)
    places = _places(film, z)
    cinema = Cinema(frames, film.look, z=z, path=places, points=film.points)
    number = round(float(np.clip(request.share, 0.0, 1.0)) * (len(cinema) - 1))
    seconds = len(cinema) / film.look.frames_per_s
    return FrameShown(request.ticket, cinema.frame(number), len(cinema), seconds)


def film_of(model: Model, request: Export) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The pictures (F, H, W[, 3]) of a film and their latents (F, d).

    Without easing they are the frames of the path, and those that were decoded already as they are.
    """
    easing, z = request.look.easing, request.z
    if easing == "linear" and request.frames is not None:
        return request.frames, z
    if model.quantised:  # codes switch one after the other: between two frames there is none
        rows = np.rint(times(len(z), easing) * (len(z) - 1)).astype(np.int64)
        frames = request.frames
        if frames is None:
            grids = model.cross_fade(z.astype(np.float32), request.knots)
            frames = to_picture(model.decode_tokens(grids))
        return frames[rows], z[rows]
    z = eased(z, easing)
    return to_picture(model.decode(z, request.label)), z


def _places(request: Export, z: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if request.chart is None else request.chart.project(z)
