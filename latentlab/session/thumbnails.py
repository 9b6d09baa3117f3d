"""Small pictures of data, for where many are shown: read or decoded in the background, and kept.

Whoever shows some (the map, a gallery) says which rows it wants, the most wanted first, and takes
what is there. Data that are not open are shown by their reconstruction, and marked as such.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import Dataset, to_picture
from latentlab.data.resample import shrunk
from latentlab.engine.messages import DecodeRows, Picture, RowsDecoded
from latentlab.models.dims import code_dim, decoded_classes
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.contents import Contents
from latentlab.session.ports import EngineLike

STORE_BYTES = 64 << 20
MOST_WANTED = 4096  # of one viewer: more are not seen at once
READ_VALUES = 1 << 20  # of data that are read between two looks at whether they are still wanted

Rows = NDArray[np.int64]


class PictureStore:
    """Pictures by row, the newest used ones up to a number of bytes. Any thread may use it.

    Args:
        most_bytes: Of all pictures together.
    """

    def __init__(self, most_bytes: int = STORE_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._of = 0
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def of(self) -> int:
        """A number of what the pictures are of: another one after each `clear`."""
        return self._of

    def clear(self) -> None:
        """Forget everything: rows mean something else now."""
        with self._lock:
            self._kept.clear()
            self._of += 1
            self.size_bytes = 0

    def put(self, of: int, rows: Iterable[int], images: NDArray[np.uint8]) -> None:
        """Keep pictures (n, H, W[, 3]), unless they are of what is no more shown."""
        with self._lock:
            if of != self._of:
                return
            for row, image in zip(rows, images, strict=True):
                before = self._kept.pop(row, None)
                self.size_bytes += image.nbytes - (0 if before is None else before.nbytes)
                self._kept[row] = image.copy()  # a view would keep all its neighbours
            while self.size_bytes > self._most and len(self._kept) > 1:
                self.size_bytes -= self._kept.popitem(last=False)[1].nbytes

    def get(self, rows: Sequence[int]) -> dict[int, Picture]:
        """Those of the rows that are there."""
        found = {}
        with self._lock:
            for row in rows:
                picture = self._kept.get(row)
                if picture is not None:
                    self._kept.move_to_end(row)
                    found[row] = picture
        return found

    def look(self, rows: Sequence[int]) -> tuple[int, dict[int, Picture]]:
        """What the pictures are of, and those of the rows that are there: the two of one moment."""
        while True:
            of = self._of
            found = self.get(rows)
            if of == self._of:
                return of, found

    def missing(self, rows: Rows) -> Rows:
        """Those that are not there, in their order."""
        with self._lock:
            lacks = [row not in self._kept for row in rows.tolist()]
        return rows[np.asarray(lacks, np.bool_)]


class Thumbnails(QObject):
    """Owner of the store: knows what its pictures are of, and fetches what is wanted.

    Args:
        worker: The engine.
        tickets: The session's counter.
        contents: What is open.
        parent: The session.

    Signals:
        arrived: Some of the wanted pictures are there.
        forgotten: None is there any more, they were of other data; want again what is shown.
    """

    arrived = Signal()
    forgotten = Signal()

    def __init__(
        self, worker: EngineLike, tickets: Iterator[int], contents: Contents, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self._contents = contents
        self.store = PictureStore()
        self._wants: dict[str, Rows] = {}
        self._source: object = None
        self._floor = 0
        self._newest = [0]  # which list is read: an older one is given up
        self._reader = Latest(self)
        self._reader.told.connect(self._read_some)
        contents.codes_changed.connect(self._look)
        contents.data_changed.connect(self._look)
        contents.model_changed.connect(self._look)

    @property
    def are_reconstructions(self) -> bool:
        """Whether the data are not open, so that the model's own pictures stand for them."""
        return self._contents.codes is not None and not self._contents.rows_are_data

    def want(self, who: str, rows: NDArray[np.integer]) -> None:
        """Fetch these rows' pictures, the first ones first; `arrived` follows, more than once.

        Args:
            who: A name of the viewer's own; its newest list takes the place of the one before.
            rows: The rows that it shows.
        """
        wanted = np.asarray(rows, np.int64)[:MOST_WANTED]
        if len(wanted):
            self._wants[who] = wanted
        else:
            self._wants.pop(who, None)
        self._fetch()

    def pictures(self, rows: Sequence[int]) -> dict[int, Picture]:
        """Those of the rows whose pictures are there; callable from any thread."""
        return self.store.get(rows)

    def decoder_changed(self) -> None:
        """Another decoder answers from now on: what an earlier one drew is drawn anew."""
        if self.are_reconstructions:
            self._forget()

    def take(self, event: RowsDecoded) -> None:
        """Some reconstructions are there."""
        if event.ticket >= self._floor and self.are_reconstructions:
            self.store.put(self.store.of, event.rows.tolist(), event.images)
            self.arrived.emit()

    def _look(self) -> None:
        """Whatever was opened: are the rows of the map still the same data?"""
        contents = self._contents
        source = contents.dataset if contents.codes is None or contents.rows_are_data else None
        if source is None and contents.codes is not None:
            source = contents.codes.z  # type: ignore[assignment] # the same codes on another plane
        if source is not self._source:
            self._source = source
            self._forget()

    def _forget(self) -> None:
        self.store.clear()
        self._floor = next(self._tickets)
        self._wants.clear()
        self.forgotten.emit()

    def _fetch(self) -> None:
        if not self._wants:
            return
        wanted = np.concatenate(list(self._wants.values()))
        _, first = np.unique(wanted, return_index=True)
        rows = self.store.missing(wanted[np.sort(first)])
        if not len(rows):
            return
        contents = self._contents
        if self.are_reconstructions:
            self._decode(rows)
        elif contents.dataset is not None:
            rows = rows[rows < len(contents.dataset)]
            self._newest[0] += 1
            mine = self._newest[0]
            still = partial(_is_newest, self._newest, mine)
            work = partial(_read, contents.dataset, rows, self.store, self.store.of, still)
            self._reader.ask(work)

    def _read_some(self, of: object) -> None:
        if of == self.store.of:
            self.arrived.emit()

    def _decode(self, rows: Rows) -> None:
        codes, model = self._contents.codes, self._contents.model
        if codes is None or model is None or codes.z.shape[1] != code_dim(model.spec):
            return
        rows = rows[rows < len(codes.z)]
        known = codes.labels[rows] if decoded_classes(model.spec) else np.full(len(rows), -1)
        z = codes.z[rows].astype(np.float64)  # (n, d)
        self._worker.show(DecodeRows(next(self._tickets), rows, z, known.astype(np.int64)))


def _is_newest(newest: list[int], mine: int) -> bool:
    return newest[0] == mine


def _read(
    dataset: Dataset,
    rows: Rows,
    store: PictureStore,
    of: int,
    wanted: GoOn,
    say: Say,
    go_on: GoOn,
) -> None:
    """Put the pictures of open data into the store, in another thread than the window's."""
    values = int(np.prod(dataset.shape))
    at_once = max(1, READ_VALUES // max(values, 1))
    for start in range(0, len(rows), at_once):
        if not (go_on() and wanted()):
            return
        some = rows[start : start + at_once]
        store.put(of, some.tolist(), shrunk(to_picture(dataset.inputs(some))))
        say(of)
