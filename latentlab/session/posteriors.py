"""q(z|x) and p(z|x) of single data on the map: the hovered, the selected, the one at the cursor."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import BoundGap, MapPosteriors, PosteriorShape, PosteriorsMapped
from latentlab.latent.charts import Plane
from latentlab.session.choice import Choice
from latentlab.session.contents import Contents
from latentlab.session.hand import Hand
from latentlab.session.layers import COST_TIMES, PAUSE_S, Layers
from latentlab.session.ports import EngineLike
from latentlab.session.timers import single_shot

MOST_SELECTED = 12  # selected data whose q is drawn
MOST_KEPT = 512
HOVER_MS = 40  # for which the pointer stays on a point before its q is asked for
REST_MS = 120  # for which the cursor rests before the true posterior beside it is


@dataclass(frozen=True, slots=True)
class _Key:
    """q(z|x) or p(z|x) of a datum, for one model and plane."""

    where: Hashable
    row: int
    true: bool


class Posteriors(QObject):
    """Asks for the shapes that are wanted and keeps what was found.

    Args:
        worker: The engine.
        tickets: The session's counter.
        layers: Says whether they are wanted, and on which plane.
        contents: The open data.
        hand: The cursor, beside which a datum is taken where none is selected.
        choice: The selected rows.
        parent: The session.
    """

    changed = Signal()

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        layers: Layers,
        contents: Contents,
        hand: Hand,
        choice: Choice,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._tickets = worker, tickets
        self._layers, self._contents, self._hand, self._choice = layers, contents, hand, choice
        self._hovered: int | None = None
        self._kept: OrderedDict[_Key, PosteriorShape] = OrderedDict()
        self._gaps: OrderedDict[tuple[int, int], BoundGap] = OrderedDict()  # by version and row
        self._latest: dict[tuple[int, bool], PosteriorShape] = {}
        self._latest_gap: BoundGap | None = None
        self._ticket = 0
        self._asked: tuple[tuple[_Key, ...], bool] = ((), False)
        self._place: Hashable = None
        self._asked_of = 0  # the version that was asked of
        self._next_s = 0.0
        self._hover_rest = single_shot(self, self.look, HOVER_MS)
        self._rest = single_shot(self, self.look, REST_MS)
        layers.switched.connect(self._switched)
        contents.codes_changed.connect(self._moved)
        contents.data_changed.connect(self._moved)
        choice.selection_changed.connect(self.look)
        hand.decoded_changed.connect(self._decoded)
        hand.drag_ended.connect(self._rest.start)

    def set_hovered(self, row: int | None) -> None:
        """The pointer is over another datum; None is over none."""
        if row != self._hovered:
            self._hovered = row
            if self._layers.on("posterior"):
                self._hover_rest.start()

    # What is shown

    @property
    def chosen(self) -> int | None:
        """The datum whose true posterior is shown: the first selected, else that at the cursor."""
        rows = self._choice.rows
        if len(rows):
            return int(rows[0])
        decoded = self._hand.decoded
        return decoded.nearest_row if decoded is not None and decoded.nearest_row >= 0 else None

    @property
    def hovered(self) -> int | None:
        """The datum under the pointer."""
        return self._hovered

    @property
    def shapes(self) -> tuple[PosteriorShape, ...]:
        """What is known of what is wanted."""
        known = (self._kept.get(key) or self._before(key) for key in self._wanted())
        return tuple(shape for shape in known if shape is not None)

    def _before(self, key: _Key) -> PosteriorShape | None:
        """The shape of a moment ago, while a model learns: better than none."""
        latest = self._latest.get((key.row, key.true))
        return latest if self._layers.beside_training else None

    @property
    def gap(self) -> BoundGap | None:
        """log p(x) - ELBO(x) of the chosen datum; None where it is not known yet."""
        row = self.chosen
        if row is None or not self._wants_true():
            return None
        found = self._gaps.get((self._version(), row))
        if found is None and self._layers.beside_training:
            found = self._latest_gap
        return found if found is not None and found.row == row else None

    @property
    def working(self) -> bool:
        """Whether something is being found."""
        return bool(self._ticket)

    def _wants_true(self) -> bool:
        return self._layers.on("true_posterior") and not self._layers.why_not("true_posterior")

    def _wants_q(self) -> bool:
        return self._layers.on("posterior") and not self._layers.why_not("posterior")

    def _version(self) -> int:
        return self._layers.version

    def _rows(self) -> list[int]:
        """Data whose q is wanted, the chosen one first."""
        chosen, rows = self.chosen, list[int | None]()
        if self._wants_true() or (self._wants_q() and self._hovered is None):
            rows.append(chosen)
        if self._wants_q():
            rows += [int(row) for row in self._choice.rows[:MOST_SELECTED]]
            rows.append(self._hovered)
        known = dict.fromkeys(row for row in rows if row is not None)
        return list(known)

    def _wanted(self) -> tuple[_Key, ...]:
        where = self._where()
        if where is None:
            return ()
        keys = [_Key(where, row, True) for row in (self.chosen,) if row is not None]
        if not self._wants_true():
            keys = []
        return (*(_Key(where, row, False) for row in self._rows()), *keys)

    def _where(self) -> Hashable:
        plane = self._layers.plane
        if not isinstance(plane, Plane):
            return None
        places = (plane.origin.round(9).tobytes(), plane.axes.round(9).tobytes())
        return self._version(), places

    # Asking

    def look(self) -> None:
        """Ask for what is missing of what is wanted, and show what is there."""
        self._rest.stop()
        missing = tuple(key for key in self._wanted() if key not in self._kept)
        row = self.chosen
        gap = self._wants_true() and row is not None and (self._version(), row) not in self._gaps
        self.changed.emit()
        if (missing, gap) in (((), False), self._asked) or self._waits() or self._hand.dragging:
            return
        dataset, plane = self._contents.dataset, self._layers.plane
        if dataset is None or plane is None:
            return
        if self._ticket:
            self._worker.cancel(self._ticket)
        self._ticket, self._asked, self._place = next(self._tickets), (missing, gap), self._where()
        self._asked_of = self._version()
        rows = tuple(row for row in self._rows() if row < len(dataset))
        true_row = row if gap or any(key.true for key in missing) else None
        self._worker.submit(MapPosteriors(self._ticket, plane, dataset, rows, true_row))

    def _waits(self) -> bool:
        """Whether a training is to be left alone for now."""
        return self._layers.beside_training and (
            bool(self._ticket) or time.monotonic() < self._next_s
        )

    def take(self, event: PosteriorsMapped) -> None:
        """Shapes, or more of them."""
        if event.ticket != self._ticket:
            return
        for shape in event.shapes:
            self._kept[_Key(self._place, shape.row, shape.true)] = shape
            self._latest[shape.row, shape.true] = shape
        if event.gap is not None:
            self._latest_gap = event.gap
            self._gaps[self._asked_of, event.gap.row] = event.gap
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        while len(self._gaps) > MOST_KEPT:
            self._gaps.popitem(last=False)
        if len(self._latest) > MOST_KEPT:
            self._latest.clear()
        if event.done:
            self._ticket, self._asked = 0, ((), False)
            if self._layers.beside_training:
                self._next_s = time.monotonic() + max(PAUSE_S, COST_TIMES * event.cost_s)
        self.changed.emit()

    def let_go(self, ticket: int) -> None:
        """A request came to nothing; the same is not asked again at once."""
        if ticket == self._ticket:
            self._ticket = 0
            self.changed.emit()

    # What moves under them

    def _switched(self) -> None:
        self.look()

    def _moved(self) -> None:
        self._asked = ((), False)
        if self._contents.codes is None:
            self._latest.clear()
            self._latest_gap = None
        self.look()

    def _decoded(self) -> None:
        if self._hand.dragging:
            if self._ticket:  # it waits for the hand, never the other way round
                self._worker.cancel(self._ticket)
                self._ticket, self._asked = 0, ((), False)
        elif self._wants_true() or self._wants_q():
            self._rest.start()
