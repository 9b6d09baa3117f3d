"""What an answer of the engine changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from latentlab.engine import messages as m
from latentlab.session.attributes import Attributes
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.hand import Hand, without_nearest
from latentlab.session.layers import Layers
from latentlab.session.learning import Learning
from latentlab.session.natures import prior_look
from latentlab.session.posteriors import Posteriors
from latentlab.session.prior import PriorShape
from latentlab.session.telling import Telling
from latentlab.session.thumbnails import Thumbnails
from latentlab.session.tiles import Tiles


class Answers:
    """Hands each event to the part of the state that it changes.

    Args:
        contents: Data, model, codes.
        hand: Cursor, path.
        learning: The training.
        desk: Busy, sheets, notices.
        telling: The class that z is decoded as.
        prior: Where the prior lies.
        layers: What layers of the map show.
        posteriors: q(z|x) and p(z|x) of single data.
        attributes: What is known of each datum.
        tiles: The decoded plane.
        thumbnails: Pictures of data.
    """

    def __init__(
        self,
        contents: Contents,
        hand: Hand,
        learning: Learning,
        desk: Desk,
        telling: Telling,
        prior: PriorShape,
        layers: Layers,
        posteriors: Posteriors,
        attributes: Attributes,
        tiles: Tiles,
        thumbnails: Thumbnails,
    ) -> None:
        self._contents = contents
        self._hand = hand
        self._learning = learning
        self._desk = desk
        self._telling = telling
        self._prior = prior
        self._layers, self._posteriors = layers, posteriors
        self._attributes = attributes
        self._lets_go: tuple[Callable[[int, str], object], ...] = ()
        self._tiles, self._thumbnails = tiles, thumbnails
        self._takers: dict[type, Callable[[Any], object]] = {
            m.EngineReady: desk.take_ready,
            m.Busy: desk.take_busy,
            m.DataOpened: contents.take_data,
            m.ModelOpened: self._model_opened,
            m.ModelReady: self._model_ready,
            m.Embedded: self._embedded,
            m.TrainingStarted: self._training_started,
            m.Progressed: learning.take_progress,
            m.EpochEnded: self._epoch_ended,
            m.Trained: self._trained,
            m.Warned: desk.take_warning,
            m.RunMoved: self._moved,
            m.Decoded: self._decoded,
            m.LatticeDecoded: tiles.take_lattice,
            m.TilesDecoded: tiles.take,
            m.RowsDecoded: thumbnails.take,
            m.Peeked: contents.take_peeked,
            m.Sampled: desk.take_sampled,
            m.Reconstructed: desk.take_reconstructed,
            m.Evaluated: desk.take_evaluated,
            m.LabelsRecovered: desk.take_recovered,
            m.ClassesDecoded: self._classes_decoded,
            m.PriorMapped: prior.take,
            m.FieldMapped: layers.take,
            m.HereRead: layers.take_here,
            m.PosteriorsMapped: posteriors.take,
            m.Measured: attributes.take,
            m.Saved: desk.take_saved,
            m.Cancelled: self._cancelled,
            m.Failed: self._failed,
        }

    def also(
        self, takers: dict[type, Callable[[Any], object]], *lets_go: Callable[[int, str], object]
    ) -> None:
        """Hand more kinds of events to their owners; `lets_go` hear what came to nothing, and why.

        The sentence is empty where the request was called off.
        """
        self._takers |= takers
        self._lets_go += lets_go

    def take(self, event: m.Event) -> None:
        """Apply one event."""
        self._takers[type(event)](event)
        if not isinstance(event, m.Busy | m.Progressed | m.EpochEnded | m.Warned | m.EngineReady):
            self._desk.done(event.ticket)

    def _model_opened(self, event: m.ModelOpened) -> None:
        self._desk.set_live(False)
        self._contents.take_model(event)
        self._hand.reset(self._contents.plane)
        self._tiles.reset()
        self._prior.clear()
        self._telling.open(event.info)
        self._tiles.take_stored(event.lattice)
        self._hand.settle(event.codes)
        self._hand.refresh()
        self._tiles.renew()

    def _model_ready(self, _event: m.ModelReady) -> None:
        self._contents.take_model_ready()
        self._thumbnails.decoder_changed()
        self._desk.set_live(True)
        self._hand.refresh()
        self._tiles.renew()
        self._look_at_prior()

    def _embedded(self, event: m.Embedded) -> None:
        self._hand.keep_nearest(len(event.codes.z))  # before anybody asks what row that is
        self._contents.take_embedded(event)
        if self._contents.codes is event.codes:
            self._hand.replane(event.codes.plane)
            self._hand.settle(event.codes)
            self._hand.refresh()
            self._tiles.renew()
            self._look_at_prior(gently=event.step is not None)

    def _decoded(self, event: m.Decoded) -> None:
        codes = self._contents.codes
        if codes is not None and event.nearest_row >= len(codes.z):
            event = without_nearest(event)  # it was looked for among codes that are on their way
        self._hand.take_decoded(event)
        if self._hand.decoded is event:
            self._telling.follow(event, self._contents.codes)

    def _classes_decoded(self, event: m.ClassesDecoded) -> None:
        if self._hand.wishes.wants("classes", event.ticket):
            self._telling.take(event)

    def _look_at_prior(self, *, gently: bool = False) -> None:
        model, plane = self._contents.model, self._contents.plane
        if model is not None and plane is not None and prior_look(model) == "contours":
            self._prior.look(plane, gently=gently)

    def _training_started(self, event: m.TrainingStarted) -> None:
        if self._learning.take_started(event):
            self._contents.begin_training(event.ticket, event.info)
            self._hand.reset(self._contents.plane)
            self._tiles.reset()
            self._prior.clear()
            self._telling.open(event.info)
            self._desk.set_live(True)

    def _epoch_ended(self, event: m.EpochEnded) -> None:
        self._learning.take_epoch(event)
        self._contents.take_epoch(event)

    def _trained(self, event: m.Trained) -> None:
        self._contents.replace_info(event.info)
        self._learning.take_trained(event)
        if self._contents.codes is None:
            self._contents.embed()
        self._hand.refresh()
        self._tiles.renew()

    def _moved(self, event: m.RunMoved) -> None:
        self._learning.take_moved(event.path)
        self._contents.take_moved(event.path)
        self._desk.take_moved(event)

    def _cancelled(self, event: m.Cancelled) -> None:
        self._learning.take_cancelled(event.ticket)
        self._contents.take_failure(event.ticket)
        self._prior.let_go(event.ticket)
        self._layers.let_go(event.ticket)
        self._posteriors.let_go(event.ticket)
        self._attributes.let_go(event.ticket)
        for let_go in self._lets_go:
            let_go(event.ticket, "")

    def _failed(self, event: m.Failed) -> None:
        offer = self._learning.take_failure(event)
        self._contents.take_failure(event.ticket)
        self._prior.let_go(event.ticket)
        self._layers.let_go(event.ticket, event.what)
        self._posteriors.let_go(event.ticket)
        sentence = f"{event.what} {event.do}".strip()
        self._attributes.let_go(event.ticket, sentence)
        for let_go in self._lets_go:
            let_go(event.ticket, sentence)
        if self._contents.model is None and self._hand.plane is not None:
            self._hand.reset(None)
            self._tiles.reset()
        self._desk.take_failure(event, offer)
