"""The session's tiles: what is asked, of which version, and what is forgotten when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.engine.values import ChartSpec, Codes, ModelInfo
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.latent.tiles import Cell
from latentlab.specs import ModelSpec

VIEW = (-1.0, -1.0, 1.0, 1.0)


@pytest.fixture
def tiled(opened):
    opened.show_lattice(True)
    opened.tiles.look(VIEW, 1)
    return opened


def asked(engine) -> list[m.DecodeTiles]:
    return [request for request in engine.shown if isinstance(request, m.DecodeTiles)]


def answer(request: m.DecodeTiles, count: int | None = None, level: int = 9) -> m.TilesDecoded:
    cells = request.cells[:count]
    images = np.full((len(cells), 4, 4), level, np.uint8)
    left = len(request.cells) - len(cells)
    return m.TilesDecoded(request.ticket, request.version, request.level, cells, images, left)


def in_view(cells: np.ndarray) -> np.ndarray:
    return (np.abs(cells + 0.5) < 2).all(axis=1)  # of level 1


def test_nothing_is_asked_while_the_layer_is_off(opened, engine):
    opened.tiles.look(VIEW, 1)
    assert not asked(engine)
    opened.show_lattice(True)
    assert len(asked(engine)) == 1


def test_what_is_in_view_is_asked_before_what_is_around(tiled, engine):
    (request,) = asked(engine)
    seen = in_view(request.cells)
    assert seen.sum() == 16
    assert seen[:16].all()
    assert request.in_view == 16
    assert len(request.cells) > 16
    assert len(np.unique(request.cells, axis=0)) == len(request.cells)
    assert request.plane is tiled.plane


def test_what_is_there_is_not_asked_again(tiled, engine):
    request = asked(engine)[-1]
    tiled.apply(answer(request, 10))
    assert not tiled.tiles.settled
    tiled.tiles.look(VIEW, 1)
    again = asked(engine)[-1]
    assert len(again.cells) == len(request.cells) - 10
    assert not {tuple(c) for c in again.cells.tolist()} & {
        tuple(c) for c in request.cells[:10].tolist()
    }
    tiled.apply(answer(again))
    assert tiled.tiles.settled
    count = len(asked(engine))
    tiled.tiles.look(VIEW, 1)
    assert len(asked(engine)) == count


def test_new_weights_ask_anew_and_old_pictures_stand_in(tiled, engine):
    first = asked(engine)[-1]
    tiled.apply(answer(first, level=1))
    tiled.apply(m.Embedded(10**6, tiled.codes, step=3))
    second = asked(engine)[-1]
    assert len(second.cells) == len(first.cells)
    assert second.version != first.version
    assert not tiled.tiles.settled
    patch = tiled.tiles._view.patch
    assert tiled.tiles.store.mosaic(tiled.tiles.version, patch).pictures.max() == 1
    tiled.apply(answer(second, level=2))
    assert tiled.tiles.store.mosaic(tiled.tiles.version, patch).pictures.min() == 2


def test_another_model_forgets_everything_and_takes_no_late_answer(tiled, engine, info, codes):
    request = asked(engine)[-1]
    tiled.apply(answer(request))
    tiled.apply(m.ModelOpened(10**6, info, replace(codes, labels=codes.labels.copy()), None))
    assert len(tiled.tiles.store) == 0
    tiled.apply(answer(request))
    assert len(tiled.tiles.store) == 0
    assert not tiled.tiles.are_of_this(request.version)
    assert tiled.tiles.are_of_this(tiled.tiles.version)


def deep(session, names: tuple[int, int] = (0, 1)) -> None:
    info = ModelInfo("3d", ModelSpec(shape=(1, 4, 4), latent_dim=3))
    session.apply(m.ModelOpened(0, info, deep_codes(names), None))
    session.apply(m.ModelReady(0, "cpu"))


def deep_codes(names: tuple[int, int]) -> Codes:
    z = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    plane = axes_plane(3, *names)
    xy = plane.project(z).astype(np.float32)
    zero = np.zeros(6, np.int64)
    return Codes(z, xy, zero, zero.astype(np.int8), plane, PointIndex(xy), 0.1)


def test_another_chart_forgets_everything(session, engine):
    deep(session)
    session.show_lattice(True)
    session.tiles.look(VIEW, 1)
    session.apply(answer(asked(engine)[-1]))
    assert len(session.tiles.store)
    session.set_chart(ChartSpec("axes", 2, 1))
    ticket = engine.last(m.Rechart).ticket
    session.apply(m.Embedded(ticket, deep_codes((2, 1))))
    assert len(session.tiles.store) == 0
    assert asked(engine)[-1].plane.names == ("z3", "z2")


def test_a_latent_off_the_plane_that_is_slid_takes_the_tiles_along(session, engine, qtbot):
    deep(session)
    session.show_lattice(True)
    session.tiles.look(VIEW, 1)
    first = asked(engine)[-1]
    session.apply(answer(first))
    session.move_cursor((0.3, 0.4))  # in the plane: nothing moves
    session.set_z([0.1, 0.2, 0.7])
    session.set_z([0.1, 0.2, 0.8])
    qtbot.waitUntil(lambda: len(asked(engine)) > 1)
    assert len(asked(engine)) == 2
    assert asked(engine)[-1].residual[2] == pytest.approx(0.8, abs=1e-6)
    assert len(session.tiles.store) == len(first.cells)  # they stand in


def test_a_class_that_was_seen_before_is_there_at_once(tiled, engine):
    request = asked(engine)[-1]
    tiled.apply(answer(request))
    wishes = tiled._hand.wishes
    wishes.label = 3
    tiled.tiles.follow_class()
    assert asked(engine)[-1].label == 3
    tiled.apply(answer(asked(engine)[-1]))
    count = len(asked(engine))
    wishes.label = None
    tiled.tiles.follow_class()
    assert tiled.tiles.settled
    assert len(asked(engine)) == count


def test_tiles_keep_their_class_while_the_hand_moves(tiled, engine):
    tiled.apply(answer(asked(engine)[-1]))
    tiled.begin_drag((0.0, 0.0))
    tiled._hand.wishes.label = 2
    tiled.tiles.follow_class()
    assert asked(engine)[-1].label is None
    tiled.end_drag()
    assert asked(engine)[-1].label == 2


def test_an_answer_of_an_older_list_is_still_a_picture(tiled, engine):
    first = asked(engine)[-1]
    tiled.tiles.look((3.0, 3.0, 5.0, 5.0), 1)
    tiled.apply(answer(first, 3))
    column, row = first.cells[0].tolist()
    assert tiled.tiles.store.has(first.version, Cell(1, column, row))
