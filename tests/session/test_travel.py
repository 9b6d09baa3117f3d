"""The path in the session: waypoints, kinds, spacing, play, undo, and answers of the path lane."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.latent.courses import course
from latentlab.session import wishes
from latentlab.session.path import PathState, Stop
from latentlab.session.player import played
from latentlab.session.session import Session

UP = np.array([0.0, 1.0])


@pytest.fixture
def drawn(opened):
    """A path from (0, 0) to (2, 1)."""
    opened.begin_drag((0.0, 0.0))
    opened.drag_to((2.0, 1.0))
    opened.end_drag()
    return opened


def places(session) -> list[tuple[float, float]]:
    return [stop.at for stop in session.path.stops]


def traced(session, engine, z=None, figures=None, settled=True) -> m.PathTraced:
    """An answer to the newest request: a bow above its waypoints."""
    asked = engine.last(m.TracePath)
    found = course("spline", np.insert(asked.stops, 1, asked.stops.mean(axis=0) + UP, axis=0))
    knots = np.array([0, len(found.points) - 1])
    frames = found.at(np.linspace(0, len(found.points) - 1, asked.frames)) if z is None else z
    return m.PathTraced(asked.ticket, found.points, knots, frames, figures, settled, 0.0)


def test_waypoints_are_added_split_taken_away_reversed_and_undone(drawn):
    ways = drawn.waypoints
    ways.add((3.0, 3.0))
    assert places(drawn) == [(0, 0), (2, 1), (3, 3)]
    assert ways.split(0, (1.0, 0.2)) == 1
    assert places(drawn) == [(0, 0), (1.0, 0.2), (2, 1), (3, 3)]
    ways.reverse()
    assert places(drawn)[0] == (3, 3)
    ways.take_away(3)
    assert places(drawn) == [(3, 3), (2, 1), (1.0, 0.2)]
    ways.set_closed(True)
    assert drawn.path.closed
    np.testing.assert_allclose(drawn.travel.way.z[0], drawn.travel.way.z[-1])
    for _ in range(5):
        drawn.undo()
    assert places(drawn) == [(0, 0), (2, 1)]
    assert not drawn.path.closed
    drawn.redo()
    assert len(drawn.path.stops) == 3


def test_the_last_waypoint_is_the_one_that_was_touched_whatever_came_between(drawn):
    ways = drawn.waypoints
    ways.split(0, (1.0, 0.2))
    assert ways.last == 1
    ways.add((3.0, 3.0))
    assert ways.last == 3
    ways.move(1, (1.0, 0.5))
    drawn.end_drag()
    ways.reverse()
    assert places(drawn)[ways.last] == (1.0, 0.5)
    ways.take_away(ways.last)
    assert places(drawn) == [(3, 3), (2, 1), (0, 0)]
    assert ways.last == 2  # the one that was touched is gone: the end


def test_after_an_undo_the_scrubber_stands_where_the_picture_is(drawn):
    ways = drawn.waypoints
    ways.move(0, (-1.0, 0.5))
    drawn.end_drag()
    ways.reverse()
    drawn.undo()
    assert drawn.travel.point == places(drawn)[0] == (-1.0, 0.5)
    np.testing.assert_allclose(drawn.z, drawn.path.z[0])


def test_of_two_waypoints_taking_one_away_takes_the_path(drawn):
    drawn.waypoints.take_away(0)
    assert drawn.path is None
    assert drawn.strip is None
    drawn.undo()
    assert len(drawn.path.stops) == 2


def test_a_waypoint_moves_with_the_hand_and_the_cursor_is_on_it(drawn, engine):
    drawn.waypoints.add((4.0, 0.0))
    drawn.waypoints.move(1, (2.0, -1.0))
    assert places(drawn)[1] == (2.0, -1.0)
    assert drawn.cursor == (2.0, -1.0)
    assert drawn.dragging
    assert engine.last(m.Decode).z.tolist() == [2.0, -1.0]
    drawn.end_drag()
    assert not drawn.dragging
    drawn.undo()
    assert places(drawn)[1] == (2.0, 1.0)


def test_the_strip_follows_a_drag_move_by_move(drawn, engine, monkeypatch):
    monkeypatch.setattr(wishes, "LIVE_STRIP_S", 0.0)  # as fast as this hand is
    before = len([r for r in engine.shown if isinstance(r, m.DecodeStrip)])
    for x in np.linspace(2.1, 3.0, 12):
        drawn.waypoints.move(1, (x, 1.0))
    asked = [r for r in engine.shown if isinstance(r, m.DecodeStrip)][before:]
    assert len(asked) == 12
    assert all(len(r.z) == 60 for r in asked)


def test_the_kind_is_changed_on_the_same_waypoints_and_undone(drawn, engine):
    drawn.waypoints.add((0.0, 3.0))
    stops = drawn.path.stops
    drawn.waypoints.set_kind("spline")
    assert drawn.path.stops == stops
    assert not np.allclose(np.diff(drawn.travel.way.z, n=2, axis=0), 0)
    drawn.waypoints.set_kind("geodesic", density=0.5)
    assert drawn.travel.way.guessed  # straight, until the lane has worked it out
    drawn.travel.trace()
    asked = engine.last(m.TracePath)
    assert (asked.kind, asked.density) == ("geodesic", 0.5)
    drawn.undo()
    assert drawn.path.kind == "spline"


def test_a_new_path_is_like_the_last_one_after_a_restart_too(qapp, engine, info, codes, tmp_path):
    place = tmp_path / "settings.json"
    for again in (False, True):
        session = Session(engine, place)
        session.apply(m.ModelOpened(0, info, codes, None))
        session.waypoints.typed("0 0\n1 1")
        if not again:
            session.waypoints.set_kind("geodesic", density=2.0)
            session.waypoints.set_spacing("metric")
            session.player.set_mode("there and back")
            session.player.set_speed(7.0)
            session.set_frames(33)
        path = session.path
        assert (path.kind, path.spacing, path.density) == ("geodesic", "metric", 2.0)
        assert (path.mode, path.frames_per_s, path.frames) == ("there and back", 7.0, 33)
        session.close()
        session.deleteLater()


def test_slerp_needs_more_than_two_latents_and_says_so(drawn, heard):
    drawn.waypoints.set_kind("slerp")
    assert drawn.path.kind == "straight"
    assert "two latents" in heard.notices[-1].text


def test_a_course_that_was_worked_out_is_shown_and_decoded(drawn, engine):
    drawn.waypoints.set_kind("geodesic")
    drawn.travel.trace()
    figures = m.PathFigures(3.0, 10.0, 12.0, "pull-back")
    drawn.apply(traced(drawn, engine, figures=figures))
    way = drawn.travel.way
    assert not way.guessed
    assert way.at[:, 1].max() > 1.3  # it bows
    assert engine.last(m.DecodeStrip).z is way.z
    assert drawn.travel.figures == figures


def test_while_a_handle_moves_the_course_bends_with_it(drawn, engine):
    drawn.waypoints.set_kind("geodesic")
    drawn.travel.trace()
    drawn.apply(traced(drawn, engine))
    bow = drawn.travel.way.at[:, 1].max()
    drawn.waypoints.move(1, (2.2, 1.0))
    way = drawn.travel.way
    np.testing.assert_allclose(way.z[-1], [2.2, 1.0])
    assert way.at[:, 1].max() == pytest.approx(bow, abs=0.1)
    assert way.guessed


def test_an_answer_of_a_former_path_is_bent_and_an_older_one_dropped(drawn, engine):
    drawn.waypoints.set_kind("geodesic")
    drawn.travel.trace()
    old = traced(drawn, engine, figures=m.PathFigures(1.0))
    drawn.waypoints.move(1, (3.0, 1.0))
    drawn.end_drag()
    new = traced(drawn, engine)
    drawn.apply(old)
    np.testing.assert_allclose(drawn.travel.way.z[-1], [3.0, 1.0])
    assert drawn.travel.figures is None or drawn.travel.figures.euclidean != 1.0
    drawn.apply(new)
    drawn.apply(old)
    assert not drawn.travel.way.guessed


def test_by_hand_a_waypoint_is_shown_when_the_person_says(drawn):
    drawn.waypoints.add((4.0, 1.0))
    drawn.waypoints.set_spacing("hand")
    drawn.waypoints.set_share(1, 0.25)
    drawn.waypoints.end_drag()
    at = round(0.25 * 59)
    assert np.abs(drawn.travel.way.z[: at + 2] - [2.0, 1.0]).max(axis=1).min() < 0.15
    drawn.waypoints.set_share(1, 5.0)
    assert drawn.path.shares == (0.0, 1.0, 1.0)
    drawn.waypoints.add((5.0, 5.0))  # other waypoints: spread anew
    assert drawn.path.shares == ()


def test_a_drawn_line_becomes_few_waypoints(opened):
    t = np.linspace(0, 3, 200)
    opened.waypoints.draw(np.stack([t, np.sin(t)], axis=1), 0.03)
    assert 3 <= len(opened.path.stops) <= 10
    assert opened.path.position == 0.0


def test_a_tour_goes_through_the_selected_data(opened):
    opened.select([0, 2, 4])
    opened.waypoints.tour_rows(opened.selected)
    codes = opened.codes
    found = {tuple(np.round(stop.z, 5)) for stop in opened.path.stops}
    assert found == {tuple(np.round(z.astype(float), 5)) for z in codes.z[[0, 2, 4]]}


def test_typed_points_become_the_path_or_a_sentence(opened):
    assert opened.waypoints.typed("0, 0\n1, 1\n2, 0") == ""
    assert places(opened) == [(0, 0), (1, 1), (2, 0)]
    assert 'Line 2: "x" is no number' in opened.waypoints.typed("0, 0\n1, x")
    assert "Line 2: A point has 2 numbers, this one 1." in opened.waypoints.typed("0, 0\n1")
    assert '"1e999" is no number' in opened.waypoints.typed("0, 0\n1, 1e999")
    assert len(opened.path.stops) == 3


def test_morph_goes_from_one_datum_to_the_next_that_is_clicked(opened):
    opened.waypoints.set_morph(1)
    opened.waypoints.morph_to(3)
    z = opened.codes.z
    np.testing.assert_allclose(opened.path.z, z[[1, 3]].astype(float))
    assert opened.waypoints.morph_from is None
    assert opened.path.position == 0.0


def test_the_scrubber_s_cursor_lies_on_the_course(drawn, engine):
    drawn.waypoints.add((2.0, 3.0))
    drawn.waypoints.set_kind("spline")
    drawn.set_position(0.3)
    np.testing.assert_allclose(drawn.z, drawn.travel.way.z_at(0.3), atol=1e-12)
    np.testing.assert_allclose(engine.last(m.Decode).z, drawn.z)
    drawn.waypoints.split_here()
    assert len(drawn.path.stops) == 4


@pytest.mark.parametrize(
    ("mode", "position", "backward", "step", "expected"),
    [
        ("loop", 0.9, False, 0.3, (0.2, False, False)),
        ("once", 0.9, False, 0.3, (1.0, False, True)),
        ("there and back", 0.9, False, 0.3, (0.8, True, False)),
        ("there and back", 0.2, True, 0.3, (0.1, False, False)),
        ("there and back", 0.5, True, 0.3, (0.2, True, False)),
    ],
)
def test_play_goes_round_ends_or_comes_back(mode, position, backward, step, expected):
    stops = (Stop((0, 0), (0, 0)), Stop((1, 1), (1, 1)))
    path = PathState(stops, position=position, mode=mode, backward=backward)
    at, back, ended = played(path, step)
    assert at == pytest.approx(expected[0])
    assert (back, ended) == expected[1:]


def test_directions_are_made_walked_held_and_forgotten_when_the_hand_moves(opened, qtbot):
    directing = opened.directing
    with qtbot.waitSignal(directing.directions_changed, timeout=5000):
        directing.make("x", "a", "b")
    assert directing.directions[0].with_count == 2
    before = opened.z.copy()
    directing.walk("x", 1.5)
    np.testing.assert_allclose(opened.z, before + 1.5 * directing.directions[0].vector)
    directing.walk("x", 0.0)
    np.testing.assert_allclose(opened.z, before)
    directing.walk("x", 1.0)
    opened.move_cursor((5.0, 5.0))
    assert directing.strength("x") == 0.0
    directing.walk("x", 1.0)  # it begins at the new place
    np.testing.assert_allclose(opened.z, directing.directions[0].vector + 5.0)


def test_expressions_move_the_cursor_or_say_why_not(opened, qtbot):
    opened.move_cursor((1.0, 1.0))
    with qtbot.waitSignal(opened.cursor_changed, timeout=5000):
        opened.directing.compute("2 * here + [1, 0]")
    assert opened.z.tolist() == [3.0, 2.0]
    with qtbot.waitSignal(opened.directing.said, timeout=5000) as said:
        opened.directing.compute("mean(nothing)")
    assert "no class" in said.args[0]


def test_directions_are_kept_beside_the_model(opened, info, tmp_path, qtbot):
    from dataclasses import replace

    path = tmp_path / "face.safetensors"
    opened.apply(m.ModelOpened(0, replace(info, path=path), opened.codes, None))
    with qtbot.waitSignal(opened.directing.directions_changed, timeout=5000):
        opened.directing.make("x", "a", "rest")
    assert (tmp_path / "face.directions.json").exists()
    opened.apply(m.ModelOpened(0, replace(info, path=tmp_path / "b.safetensors"), None, None))
    assert opened.directing.directions == ()
    opened.apply(m.ModelOpened(0, replace(info, path=path), opened.codes, None))
    assert opened.directing.directions[0].name == "x"
    opened.directing.remove("x")
    opened.directing.follow_model()
    assert opened.directing.directions == ()
