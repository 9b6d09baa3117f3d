"""Work on a selection of the map, in the work lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset, to_picture
from latentlab.data.duplicates import near_pairs
from latentlab.engine.jobs import Job
from latentlab.engine.messages import Saved
from latentlab.engine.selections import (
    DuplicatesFound,
    ExportPictures,
    ExportRows,
    FindDuplicates,
    Grow,
    Grown,
    Summarise,
    Summarised,
    WriteTable,
)
from latentlab.engine.values import Codes
from latentlab.errors import UsageError

if TYPE_CHECKING:
    from latentlab.analysis.nearest import NearestCodes
    from latentlab.engine.tasks import Tasks
    from latentlab.models.model import Model

VALUES_AT_ONCE = 2**22
GROW_MOST = 200_000  # rows whose neighbours are looked for between two words of progress

Go = Callable[[float], None]


class Selecting:
    """Keeps the look-up of neighbours for as long as the codes are the same.

    Args:
        tasks: Whose model decodes.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._look: NearestCodes | None = None
        self._z: NDArray[np.float32] | None = None

    def performers(self) -> dict[type, Callable[[Job, Any], None]]:
        """What it does for each kind of request."""
        return {
            ExportRows: self._export_rows,
            ExportPictures: self._export_pictures,
            Grow: self._grow,
            Summarise: self._summarise,
            FindDuplicates: self._find_duplicates,
            WriteTable: self._write_table,
        }

    def _export_rows(self, job: Job, request: ExportRows) -> None:
        from latentlab.export.tables import write_selection

        codes = request.codes
        write_selection(
            request.path,
            request.rows,
            z=codes.z,
            labels=codes.labels,
            split=codes.split,
            label_names=request.label_names,
        )
        job.post(Saved(job.ticket, request.path, f"{len(request.rows):,} selected rows"))

    def _write_table(self, job: Job, request: WriteTable) -> None:
        from latentlab.export.tables import write_columns

        write_columns(request.path, request.columns)
        job.post(Saved(job.ticket, request.path, request.what))

    def _export_pictures(self, job: Job, request: ExportPictures) -> None:
        from latentlab.export.selected import write_selected

        model = self._decoder_of(request.codes) if request.dataset is None else None
        parts = (
            (rows, to_picture(x))
            for rows, x in _values(request.dataset, model, request.codes, request.rows)
        )
        what = write_selected(
            request.path,
            parts,
            count=len(request.rows),
            labels=request.codes.labels,
            label_names=request.label_names,
            reconstructed=request.dataset is None,
            go_on=_teller(job, f"Writing {request.path.name}"),
        )
        job.post(Saved(job.ticket, request.path, what))

    def _grow(self, job: Job, request: Grow) -> None:
        from latentlab.analysis.nearest import grown

        look = self._neighbours(job, request.codes.z)
        rows = grown(look, request.rows, request.k, _teller(job, "Looking for neighbours"))
        job.post(Grown(job.ticket, request.codes, rows))

    def _neighbours(self, job: Job, z: NDArray[np.float32]) -> NearestCodes:
        from latentlab.analysis.nearest import NearestCodes

        if self._look is None or self._z is not z:
            job.report("Sorting the codes")
            self._look, self._z = NearestCodes(z), z
            job.check()
        return self._look

    def _summarise(self, job: Job, request: Summarise) -> None:
        from latentlab.engine.summing import summed, with_terms

        model = self._tasks.model
        fits = model is not None and model.code_dim == request.codes.z.shape[1]
        decoder = model if fits and request.dataset is None else None
        values = _values(request.dataset, decoder, request.codes, request.rows)
        parts = (x for _, x in values) if request.dataset is not None or decoder else None
        tell = _teller(job, "Measuring the selection")
        summary = summed(request, parts, tell)
        wanted = request.terms and request.dataset is not None and model is not None
        job.post(Summarised(job.ticket, request.rows, summary, not wanted))
        if wanted and model is not None:
            summary = with_terms(summary, request, model, tell)
            job.post(Summarised(job.ticket, request.rows, summary, done=True))

    def _find_duplicates(self, job: Job, request: FindDuplicates) -> None:
        tell = _teller(job, "Comparing pictures")
        found = near_pairs(request.dataset, request.limit, go_on=tell)
        job.post(
            DuplicatesFound(
                job.ticket,
                request.dataset,
                found.first,
                found.second,
                found.distance,
                found.limit,
            )
        )

    def _decoder_of(self, codes: Codes) -> Model:
        model = self._tasks.open_model()
        if model.code_dim != codes.z.shape[1]:
            raise UsageError("The codes are of another model.", do="Embed the data again.")
        return model


def _teller(job: Job, text: str) -> Go:
    def tell(fraction: float) -> None:
        job.check()
        job.report(text, fraction)

    return tell


def _values(
    dataset: Dataset | None, model: Model | None, codes: Codes, rows: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Rows and their values (n, C, H, W) in [0, 1], some at a time: the data's, else decodes."""
    shape = dataset.shape if dataset is not None else model.spec.shape if model else (1,)
    size = max(1, VALUES_AT_ONCE // int(np.prod(shape)))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        if dataset is not None:
            yield part, dataset.inputs(part.astype(np.int64))
        elif model is not None:
            yield part, _decoded(model, codes, part)


def _decoded(model: Model, codes: Codes, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """E[x|z] at the codes of rows; of its own class where the decoder knows classes."""
    z, labels = codes.z[rows], codes.labels[rows]
    if not model.decoded_classes:
        return model.decode(z)
    out = np.empty((len(rows), *model.spec.shape), np.float32)
    for label in np.unique(labels):
        of = labels == label
        known = 0 <= label < model.decoded_classes
        out[of] = model.decode(z[of], int(label) if known else None)
    return out
