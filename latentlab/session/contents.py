"""What is open: data set, model, and its codes on a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import Dataset
from latentlab.engine.messages import (
    ChartSpec,
    Codes,
    DataOpened,
    Embed,
    Embedded,
    EpochEnded,
    ModelInfo,
    ModelOpened,
    Peek,
    Peeked,
    Picture,
    Rechart,
)
from latentlab.latent.charts import Chart
from latentlab.session.charting import (
    chart_of,
    fitting_chart,
    plane_without_codes,
    shown_chart,
)
from latentlab.session.natures import has_latents, is_quantised
from latentlab.session.ports import EngineLike
from latentlab.session.state import Notice, PictureState
from latentlab.specs import ModelSpec

MAX_PEEKED = 4096  # pictures kept of data that are not open


class Contents(QObject):
    """Data set, model, codes and chart, kept true to each other.

    Args:
        worker: The engine.
        tickets: The session's counter.
        parent: The session.
    """

    data_changed = Signal()
    model_changed = Signal()
    codes_changed = Signal()
    chart_changed = Signal()
    picture_ready = Signal(int)
    data_missed = Signal(object)  # ModelInfo: it came without its map, and its data are not open
    notice = Signal(object)

    def __init__(self, worker: EngineLike, tickets: Iterator[int], parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self.dataset: Dataset | None = None
        self.model: ModelInfo | None = None
        self.codes: Codes | None = None
        self.plane: Chart | None = None
        self.chart = ChartSpec()
        self._codes_floor = 0
        self._model_ticket = 0  # of the model file whose decoder is not ready yet
        self._charts_asked: dict[int, ChartSpec] = {}
        self._outdated: set[int] = set()  # charts asked of a model that is no more
        self._peeked: dict[int, Picture] = {}
        self._peeks_asked: set[int] = set()
        self._peeks_floor = 0  # answers to older tickets are of another model or other data
        self.data_ticket = 0  # of the open data
        self.embed_ticket = 0  # of the newest embedding that was asked for
        self.data_is_the_models = False  # the open data are the very data that the model knows

    # What fits what

    def _compare(self) -> bool:
        """Whether the open data are the very data that the open model knows."""
        if self.dataset is None or self.model is None:
            return False
        if self.model.spec.shape != self.dataset.shape:
            return False
        if self.model.checksums:
            return dict(self.dataset.checksums) == self.model.checksums
        return self.model.data == self.dataset.source

    @property
    def _fits(self) -> bool:
        data, model = self.dataset, self.model
        return data is not None and model is not None and data.shape == model.spec.shape

    @property
    def rows_are_data(self) -> bool:
        """Whether row i of the map is row i of the open data."""
        if self.codes is None or self.dataset is None:
            return False
        return self._embeds_open_data or (
            self.data_is_the_models and len(self.codes.z) == len(self.dataset)
        )

    @property
    def _embeds_open_data(self) -> bool:
        # The engine hands the data set's own label array through an embedding.
        return (
            self.codes is not None
            and self.dataset is not None
            and self.codes.labels is self.dataset.labels
        )

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes on the map."""
        if self.dataset is not None and (self.codes is None or self.rows_are_data):
            return self.dataset.label_names
        return self.model.label_names if self.model is not None else ()

    # Answers

    def take_data(self, event: DataOpened) -> None:
        """Another data set is open; the model stays."""
        self.dataset, self.data_ticket = event.dataset, event.ticket
        self.data_is_the_models = self._compare()
        self._forget_pictures()
        self.data_changed.emit()
        self._embed_or_offer()
        for note in event.dataset.notes:
            self.notice.emit(Notice("info", note))

    def relabel(self, dataset: Dataset) -> None:
        """The open data with other labels: a map of theirs stays theirs."""
        theirs = self.rows_are_data
        self.dataset = dataset
        self.data_is_the_models = self._compare()
        self.data_changed.emit()
        if theirs:
            self.embed()

    def take_model(self, event: ModelOpened) -> None:
        """Another model is open, with the map that came in its file."""
        self._replace_model(event.ticket, event.info)
        self._model_ticket = event.ticket
        if event.codes is not None:
            self.chart = chart_of(event.codes.plane)
        self._show_codes(event.codes)
        if event.codes is not None:
            return
        if self._fits:
            self.embed()
        else:
            self.data_missed.emit(event.info)

    def take_model_ready(self) -> None:
        """The open model's decoder is live: it will stay."""
        self._model_ticket = 0
        self._forget_pictures()  # a stored lattice drew them

    def begin_training(self, ticket: int, info: ModelInfo) -> None:
        """A training has begun: its model is the open one from its first step on."""
        self._model_ticket = 0
        self.chart = self.chart.while_learning()
        self._replace_model(ticket, info)
        self._show_codes(None)

    def replace_info(self, info: ModelInfo) -> None:
        """The same model with newer figures."""
        self.model = info
        self.model_changed.emit()

    def take_moved(self, run: Path) -> None:
        """The model under training is kept in another place."""
        if self.model is not None:
            self.replace_info(replace(self.model, run=run))

    def take_epoch(self, event: EpochEnded) -> None:
        """The model under training is an epoch older."""
        metrics = event.metrics
        if self.model is not None:
            held_out = metrics.held_out or self.model.held_out
            self.replace_info(replace(self.model, epochs=metrics.epoch, held_out=held_out))

    def take_embedded(self, event: Embedded) -> None:
        """New codes, or the same codes on another plane."""
        if event.ticket < self._codes_floor or event.ticket in self._outdated:
            self._outdated.discard(event.ticket)
            return
        asked = self._charts_asked.pop(event.ticket, None)
        chart = asked or shown_chart(self.chart, event.codes.plane)
        self._show_codes(event.codes)
        if asked is not None or chart != self.chart:
            self.chart = chart
            self.chart_changed.emit()

    def take_peeked(self, event: Peeked) -> None:
        """The decode of a datum whose own picture is not open."""
        if event.ticket < self._peeks_floor:
            return
        self._peeks_asked.discard(event.row)
        while len(self._peeked) >= MAX_PEEKED:
            self._peeked.pop(next(iter(self._peeked)))
        self._peeked[event.row] = event.image
        self.picture_ready.emit(event.row)

    def take_failure(self, ticket: int) -> None:
        """A request came to nothing: a chart that was asked for stays as it was.

        A model whose file turned out not to fit, after its map was shown, is taken away again.
        """
        if self._charts_asked.pop(ticket, None) is not None:
            self.chart_changed.emit()  # it is not the one that was asked for
        if ticket == self._model_ticket and self.model is not None:
            self._model_ticket = 0
            self.model = None
            self.data_is_the_models = False
            self.codes, self.plane = None, None
            self._forget_pictures()
            self.model_changed.emit()
            self.codes_changed.emit()

    def chart_for(self, spec: ModelSpec) -> ChartSpec:
        """The chart of another model: the one that is shown, where its latents are as many."""
        known, chart = self.model, self.chart
        other = known is None or known.spec.latent_dim != spec.latent_dim
        if known is not None and is_quantised(known.spec):
            chart, other = ChartSpec(), True  # grids are shown by no choice of the person
        return fitting_chart(chart, spec) if other or is_quantised(spec) else chart

    def _replace_model(self, ticket: int, info: ModelInfo) -> None:
        self.chart = self.chart_for(info.spec)
        self.model = info
        self.data_is_the_models = self._compare()
        self._codes_floor = ticket
        self._outdated.update(self._charts_asked)
        self._charts_asked.clear()
        self.plane = None
        self.codes = None
        self._forget_pictures()
        self.model_changed.emit()

    def _show_codes(self, codes: Codes | None) -> None:
        self.codes = codes
        if codes is not None:
            self.plane = codes.plane
        elif self.model is not None:
            self.plane = plane_without_codes(self.chart, self.model.spec)
        self.codes_changed.emit()

    def _embed_or_offer(self) -> None:
        if self.dataset is None or self.model is None:
            return
        if self._fits and not has_latents(self.model.spec):
            return  # there is nothing to map
        if self.data_is_the_models or (self.codes is None and self._fits):
            self.embed()
        elif self._fits:
            self.notice.emit(
                Notice(
                    "info",
                    f"The map still shows {self.model.data_name or 'the model’s own data'}.",
                    f"Train a model on {self.dataset.name}, or embed it with this one.",
                    "embed",
                    "Embed",
                )
            )
        else:
            self.notice.emit(
                Notice(
                    "info",
                    f"{self.dataset.name} is open; the map still shows the model’s own data.",
                    "Train a model on it.",
                    "train",
                    "Train...",
                )
            )

    @property
    def chart_on_its_way(self) -> bool:
        """Whether another chart was asked for, and is not there yet."""
        return bool(self._charts_asked)

    # Commands

    def embed(self) -> int | None:
        """Embed the open data with the open model."""
        if self.dataset is None or self.model is None or not has_latents(self.model.spec):
            return None
        if not self._fits:
            self.notice.emit(
                Notice(
                    "warn",
                    f"{self.dataset.name} does not fit the model's pictures.",
                    "Train a model on it.",
                    "train",
                    "Train...",
                )
            )
            return None
        ticket = self.embed_ticket = next(self._tickets)
        self._worker.submit(Embed(ticket, self.dataset, self.chart))
        return ticket

    def set_chart(self, chart: ChartSpec) -> None:
        """Show another chart; `chart_changed` follows when the codes are there."""
        if self.codes is not None:
            for former in self._charts_asked:
                self._worker.cancel(former)  # the newest is wanted
            ticket = next(self._tickets)
            self._charts_asked[ticket] = chart
            self._worker.submit(Rechart(ticket, self.codes, chart))
            return
        self.chart = chart
        if self.model is not None:
            self.plane = plane_without_codes(self.chart, self.model.spec)
            self.chart_changed.emit()

    def picture(self, row: int) -> PictureState:
        """A row's own picture, else its reconstruction, asked for where it is not there yet."""
        if self.codes is None or self.rows_are_data:
            if self.dataset is not None and 0 <= row < len(self.dataset):
                return PictureState(self.dataset.picture(row), is_reconstruction=False)
            return PictureState(None, is_reconstruction=False)
        known = self._peeked.get(row)
        if known is None and 0 <= row < len(self.codes.z) and row not in self._peeks_asked:
            self._peeks_asked.add(row)
            z = self.codes.z[row].astype(np.float64)  # (d,)
            label = int(self.codes.labels[row])
            self._worker.show(Peek(next(self._tickets), row, z, label if label >= 0 else None))
        return PictureState(known, is_reconstruction=True)

    def _forget_pictures(self) -> None:
        self._peeked.clear()
        self._peeks_asked.clear()
        self._peeks_floor = next(self._tickets)
