"""Long lists in the live lane: in order, in batches that a decode goes between, never stale."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from latentlab.engine.live import LiveLane
from latentlab.engine.messages import (
    Decode,
    Decoded,
    DecodeRows,
    DecodeTiles,
    RowsDecoded,
    TilesDecoded,
)
from latentlab.engine.pace import BATCH_S, SIZES
from latentlab.engine.tiling import TILE_PX
from latentlab.latent.charts import axes_plane
from latentlab.latent.tiles import middles, patch_of

PLANE = axes_plane(3, 0, 2)
RESIDUAL = np.array([0.0, 5.0, 0.0])
VERSION = (1, None)


class Drawer:
    """A picture of z: its three numbers as levels; slow where it is told to be."""

    source = "model"
    latent_dim = 3

    def __init__(self) -> None:
        self.batches: list[np.ndarray] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.picture_s = 0.0
        self.side = 4

    def decode(self, z: np.ndarray) -> np.ndarray:
        self.batches.append(z)
        self.entered.release()
        assert self.gate.wait(20)
        time.sleep(self.picture_s * len(z))
        out = np.zeros((len(z), self.side, self.side), np.uint8)
        out[:, 0, :3] = np.rint(100 + 10 * z)
        return out


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def lane(events, drawer) -> Iterator[LiveLane]:
    lane = LiveLane(events)
    lane.use(drawer)
    lane.start()
    yield lane
    drawer.gate.set()
    lane.close()
    assert lane.join(10)


def tiles(ticket: int, side: float = 2.0, level: int = 2) -> DecodeTiles:
    cells = patch_of((-side, -side, side, side), level).cells()
    return DecodeTiles(ticket, PLANE, RESIDUAL, VERSION, level, cells)


def all_there(events, ticket: int) -> list[TilesDecoded]:
    def ends(seen) -> bool:
        return any(isinstance(e, TilesDecoded) and e.ticket == ticket and not e.left for e in seen)

    events.wait_until(ends)
    return events.of(TilesDecoded, ticket)


def test_every_cell_comes_once_in_the_order_it_was_wanted_with_its_own_picture(lane, events):
    asked = tiles(1)
    lane.show(asked)
    answers = all_there(events, 1)
    cells = np.concatenate([answer.cells for answer in answers])
    images = np.concatenate([answer.images for answer in answers])
    assert (cells == asked.cells).all()
    x, y = middles(2, cells).T
    expected = np.rint(100 + 10 * np.stack([x, np.full(len(x), 5.0), y], axis=-1))
    assert (images[:, 0, :3] == expected).all()
    assert {(answer.version, answer.level) for answer in answers} == {(VERSION, 2)}


def test_a_decode_goes_between_the_batches(lane, events, drawer):
    drawer.gate.clear()
    lane.show(tiles(1))
    assert drawer.entered.acquire(timeout=10)
    lane.show(Decode(2, np.zeros(3), 0.0))
    drawer.gate.set()
    all_there(events, 1)
    assert len(drawer.batches[1]) == 1
    kinds = [type(event) for event in events.events]
    assert kinds.index(Decoded) < len(kinds) - 1


def test_while_the_hand_moves_a_batch_follows_each_decode_and_the_lane_is_free_again(
    lane, events, drawer, monkeypatch
):
    monkeypatch.setattr("latentlab.engine.live.HAND_S", 60.0)
    monkeypatch.setattr("latentlab.engine.live.TURN_S", 60.0)  # the next move alone ends it
    lane.show(Decode(1, np.zeros(3), 0.0))
    events.wait(Decoded, 1)
    lane.show(tiles(2, side=8.0))
    for ticket in range(3, 9):
        lane.show(Decode(ticket, np.zeros(3), 0.0))
        events.wait(Decoded, ticket)
    lane.show(Decode(9, np.zeros(3), 0.0))
    events.wait(Decoded, 9)
    lists = [len(batch) for batch in drawer.batches if len(batch) > 1]
    assert 1 <= len(lists) <= 8
    assert sum(lists) < 64 * 64
    monkeypatch.setattr("latentlab.engine.live.TURN_S", 0.0)
    monkeypatch.setattr("latentlab.engine.live.HAND_S", 0.0)
    lane.show(Decode(10, np.zeros(3), 0.0))
    all_there(events, 2)


def test_no_batch_is_much_longer_than_it_may_be(lane, events, drawer):
    drawer.picture_s = 5e-4
    lane.show(tiles(1, side=2.0, level=2))
    all_there(events, 1)
    most = BATCH_S / drawer.picture_s
    assert max(len(batch) for batch in drawer.batches) <= 2 * most
    assert sum(len(batch) for batch in drawer.batches) == 256


def test_all_that_is_in_view_is_told_at_once_and_batches_have_few_sizes(lane, events, drawer):
    drawer.picture_s = 1e-4
    asked = replace(tiles(1), in_view=101)
    lane.show(asked)
    answers = all_there(events, 1)
    ends = np.cumsum([len(answer.cells) for answer in answers])
    assert 101 in ends.tolist()
    assert ends[-1] == len(asked.cells) == 256
    assert {len(batch) for batch in drawer.batches} <= set(SIZES)


def test_a_newer_list_takes_the_place_of_what_is_left_and_what_is_done_is_not_lost(
    lane, events, drawer
):
    drawer.gate.clear()
    lane.show(tiles(1, side=8.0))
    assert drawer.entered.acquire(timeout=10)
    lane.show(tiles(2, side=1.0))
    drawer.gate.set()
    all_there(events, 2)
    done = sum(len(answer.cells) for answer in events.of(TilesDecoded, 1))
    assert 0 < done < 64 * 64
    assert done == sum(len(batch) for batch in drawer.batches) - 64
    lane.show(Decode(3, np.zeros(3), 0.0))
    events.wait(Decoded, 3)
    assert sum(len(answer.cells) for answer in events.of(TilesDecoded, 1)) == done


def test_tiles_of_another_models_plane_are_dropped(lane, events):
    cells = np.array([[0, 0]])
    lane.show(DecodeTiles(1, axes_plane(2), np.zeros(2), VERSION, 0, cells))
    lane.show(tiles(2))
    all_there(events, 2)
    assert not events.of(TilesDecoded, 1)


def test_large_pictures_of_tiles_are_sent_small(lane, events, drawer):
    drawer.side = 4 * TILE_PX
    lane.show(tiles(1, side=0.5))
    assert all_there(events, 1)[0].images.shape[1:] == (TILE_PX, TILE_PX)


def test_data_that_are_not_open_come_as_their_own_reconstructions(lane, events):
    rows = np.array([7, 3, 11])
    z = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    lane.show(DecodeRows(1, rows, z, np.array([-1, 2, 2])))
    events.wait_until(lambda seen: any(isinstance(e, RowsDecoded) and not e.left for e in seen))
    answers = events.of(RowsDecoded)
    assert np.concatenate([answer.rows for answer in answers]).tolist() == [7, 3, 11]
    images = np.concatenate([answer.images for answer in answers])
    assert (images[:, 0, :3] == 100 + 10 * z).all()


def test_tiles_come_before_pictures_of_data(lane, events, drawer):
    drawer.gate.clear()
    lane.show(Decode(1, np.zeros(3), 0.0))
    assert drawer.entered.acquire(timeout=10)
    lane.show(DecodeRows(2, np.arange(8), np.zeros((8, 3)), np.full(8, -1)))
    lane.show(tiles(3))
    drawer.gate.set()
    events.wait_until(lambda seen: any(isinstance(e, RowsDecoded) and not e.left for e in seen))
    assert [type(event) for event in events.events][-1] is RowsDecoded
    assert not events.of(TilesDecoded, 3)[-1].left
