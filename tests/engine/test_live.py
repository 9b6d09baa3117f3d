"""The live lane: newest wins, a decode goes first, faults are answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from latentlab.engine.decoders import StoredLattice
from latentlab.engine.live import LiveLane
from latentlab.engine.messages import (
    Decode,
    Decoded,
    DecodeLattice,
    DecodeStrip,
    Failed,
    LatticeDecoded,
    Peek,
    Peeked,
    StripDecoded,
)
from latentlab.engine.nearest import Nearest
from latentlab.engine.values import Codes, Lattice
from latentlab.errors import LatentlabError
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex


class Gated:
    """A decoder that waits at a gate, and notes what it was asked."""

    source = "model"
    latent_dim = 2

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.batches: list[np.ndarray] = []
        self.error: Exception | None = None

    def decode(self, z: np.ndarray) -> np.ndarray:
        self.batches.append(z)
        self.entered.release()
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        return np.full((len(z), 4, 4), 7, np.uint8)


@pytest.fixture
def decoder() -> Gated:
    return Gated()


@pytest.fixture
def lane(events, decoder) -> Iterator[LiveLane]:
    lane = LiveLane(events)
    lane.use(decoder)
    lane.start()
    yield lane
    decoder.gate.set()
    lane.close()
    assert lane.join(10)


def decode(ticket: int, x: float = 0.0) -> Decode:
    return Decode(ticket, np.asarray([x, 0.0]), float(ticket))


def make_codes(z: np.ndarray, spread: float = 0.1) -> Codes:
    z = z.astype(np.float32)
    plane = axes_plane(z.shape[1])
    xy = plane.project(z).astype(np.float32)
    zeros = np.zeros(len(z))
    index = PointIndex(xy)
    return Codes(z, xy, zeros.astype(np.int64), zeros.astype(np.int8), plane, index, spread)


def test_an_answer_carries_its_requests_ticket_and_time(lane, events):
    lane.show(decode(3))
    answer = events.wait(Decoded)
    assert (answer.ticket, answer.asked_s, answer.source) == (3, 3.0, "model")
    assert answer.image.shape == (4, 4)
    assert answer.nearest_row == -1


def test_of_many_decodes_that_wait_the_newest_alone_is_answered(lane, events, decoder):
    decoder.gate.clear()
    lane.show(decode(1))
    assert decoder.entered.acquire(timeout=10)
    for ticket in range(2, 200):
        lane.show(decode(ticket))
        assert lane.depth <= 1
    decoder.gate.set()
    events.wait(Decoded, 199)
    assert [answer.ticket for answer in events.of(Decoded)] == [1, 199]


def test_one_decode_after_the_other_is_a_hand_that_moves(lane, events):
    lane.show(decode(1))
    events.wait(Decoded)
    assert not lane.hand_moves  # a click, or weights that are new
    moved = False
    for ticket in range(2, 200):  # somewhere in these two follow each other closely
        lane.show(decode(ticket))
        events.wait(Decoded, ticket)
        moved = moved or lane.hand_moves
    assert moved
    while lane.hand_moves:  # until it rests
        pass


def test_what_one_model_began_another_does_not_end(lane, events, decoder):
    decoder.gate.clear()
    lane.show(DecodeStrip(1, np.zeros((40, 2)), 0.0))
    assert decoder.entered.acquire(timeout=10)
    other = Gated()
    lane.use(other)
    decoder.gate.set()
    lane.show(decode(2))
    events.wait(Decoded, 2)
    lane.show(DecodeStrip(3, np.zeros((5, 2)), 0.0))
    events.wait(StripDecoded, 3)
    assert [answer.ticket for answer in events.of(StripDecoded)] == [3]
    assert sum(map(len, other.batches)) == 6


def test_a_decode_goes_between_the_batches_of_a_strip(lane, events, decoder):
    decoder.gate.clear()
    lane.show(DecodeStrip(1, np.zeros((40, 2)), 0.0))
    assert decoder.entered.acquire(timeout=10)
    lane.show(decode(2, 5.0))
    decoder.gate.set()
    events.wait(StripDecoded)
    assert [type(e) for e in events.events] == [Decoded, StripDecoded]
    assert decoder.batches[1][0, 0] == 5.0


def test_a_strip_comes_whole_and_in_order(lane, events):
    lane.show(DecodeStrip(1, np.zeros((37, 2)), 0.5))
    strip = events.wait(StripDecoded)
    assert strip.images.shape == (37, 4, 4)
    assert (strip.images == 7).all()
    assert strip.asked_s == 0.5


def test_a_lattice_ends_with_done_and_every_cell(lane, events):
    lane.show(DecodeLattice(1, (-1, -1, 1, 1), np.zeros((9, 11, 2))))
    events.wait_until(lambda seen: any(isinstance(e, LatticeDecoded) and e.done for e in seen))
    lattice = events.of(LatticeDecoded)[-1].lattice
    assert lattice.images.shape == (9, 11, 4, 4)
    assert (lattice.images == 7).all()


def test_a_fault_becomes_an_answer_and_the_lane_lives_on(lane, events, decoder):
    decoder.error = ValueError("boom")
    lane.show(decode(1))
    fault = events.wait(Failed, 1)
    assert "boom" in fault.what
    assert "ValueError" in fault.trace
    decoder.error = LatentlabError("No.", where="here", do="Stop.")
    lane.show(DecodeStrip(2, np.zeros((3, 2)), 0.0))
    fault = events.wait(Failed, 2)
    assert (fault.request, fault.what, fault.where, fault.do) == (
        "DecodeStrip",
        "No.",
        "here",
        "Stop.",
    )
    decoder.error = None
    lane.show(decode(3))
    assert events.wait(Decoded).ticket == 3


def test_requests_wait_where_there_is_no_decoder_yet(lane, events, decoder):
    lane.use(None)
    lane.show(decode(1))
    lane.show(decode(2))
    lane.use(decoder)
    assert events.wait(Decoded).ticket == 2
    assert len(events.of(Decoded)) == 1


def test_what_was_asked_of_a_model_of_another_dimension_is_dropped(lane, events):
    lane.show(Decode(1, np.zeros(5), 0.0))
    lane.show(DecodeStrip(2, np.zeros((3, 5)), 0.0))
    lane.show(decode(3))
    events.wait(Decoded, 3)
    lane.show(DecodeStrip(4, np.zeros((3, 2)), 0.0))
    events.wait(StripDecoded, 4)
    assert [e.ticket for e in events.events] == [3, 4]


def test_every_hovered_row_is_answered_once(lane, events, decoder):
    decoder.gate.clear()
    lane.show(decode(1))
    assert decoder.entered.acquire(timeout=10)
    for row in (4, 5, 4):
        lane.show(Peek(2, row, np.zeros(2)))
    decoder.gate.set()
    events.wait(Peeked, count=2)
    assert sorted(e.row for e in events.of(Peeked)) == [4, 5]


def test_nearest_is_found_in_all_dimensions_and_far_is_said(lane, events):
    z = np.random.default_rng(0).normal(size=(500, 6))
    nearest = Nearest(make_codes(z, spread=0.5))
    for row in (0, 17, 499):
        near = z[row] + 0.01
        assert nearest.find(near)[0] == row
        assert nearest.find(near)[1] == pytest.approx(0.01 * np.sqrt(6), abs=1e-5)
    assert nearest.find(z[3] + 0.01)[2] is False
    assert nearest.find(np.full(6, 100.0))[2] is True


def test_nearest_by_tree_agrees_with_brute_force(monkeypatch):
    source = np.random.default_rng(1)
    codes = make_codes(source.normal(size=(3000, 2)))
    brute = Nearest(codes)
    monkeypatch.setattr("latentlab.engine.nearest.BRUTE_FORCE", 10)
    tree = Nearest(codes)
    for point in source.normal(size=(50, 2)):
        assert tree.find(point) == brute.find(point)


def test_a_stored_lattice_gives_its_pictures_at_cell_centres():
    images = np.arange(3 * 5, dtype=np.uint8).reshape(3, 5, 1, 1) * 10
    plane = axes_plane(2)
    stored = StoredLattice(Lattice((-5.0, -3.0, 5.0, 3.0), images), plane)
    for row in range(3):
        for column in range(5):
            centre = np.asarray([[-4.0 + 2 * column, 2.0 - 2 * row]])  # row 0 on top
            assert stored.decode(centre)[0, 0, 0] == images[row, column, 0, 0]
    between = stored.decode(np.asarray([[-3.0, 2.0], [-99.0, 99.0]]))
    assert between[:, 0, 0].tolist() == [5, 0]
