"""Answers that come when something else is open: of another model, other data, another project."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, Signal

from latentlab.engine import messages as m
from latentlab.engine.projects import OpenProject, ProjectOpened
from latentlab.export.project import KeptData, KeptModel, ProjectFile
from latentlab.session.slack import Slack
from latentlab.specs import DataSpec, ModelSpec, RunConfig, TrainSpec
from latentlab.training.runs import Run

PICTURE = np.zeros((4, 4), np.uint8)


def asked(engine, kind: type) -> list:
    return [one for one in (*engine.submitted, *engine.shown) if isinstance(one, kind)]


def another(info: m.ModelInfo, name: str = "other") -> m.ModelInfo:
    return replace(info, name=name)


def few(codes: m.Codes, count: int) -> m.Codes:
    """The codes of the first rows alone."""
    return replace(
        codes,
        z=codes.z[:count],
        xy=codes.xy[:count],
        labels=codes.labels[:count],
        split=codes.split[:count],
    )


def decoded(session, row: int) -> m.Decoded:
    ticket = asked(session._worker, m.Decode)[-1].ticket
    z = session.z
    return m.Decoded(ticket, z, PICTURE, row, 0.1, False, "model", 0.0, 1.0)


def test_a_picture_that_was_asked_of_another_model_is_not_shown(opened, engine, info, codes):
    assert opened.picture(2).image is None
    (early,) = asked(engine, m.Peek)
    opened.apply(m.ModelOpened(0, another(info), replace(codes, z=codes.z + 1.0), None))
    opened.apply(m.ModelReady(0, "cpu"))
    opened.apply(m.Peeked(early.ticket, 2, PICTURE))
    assert opened.picture(2).image is None
    late = asked(engine, m.Peek)[-1]
    assert late.ticket > early.ticket
    assert np.array_equal(late.z, codes.z[2] + 1.0)
    opened.apply(m.Peeked(late.ticket, 2, PICTURE))
    assert opened.picture(2).image is PICTURE


def test_the_nearest_datum_is_one_of_the_map(opened, codes):
    opened.apply(decoded(opened, 5))
    assert opened.decoded.nearest_row == 5
    seen = []
    opened.codes_changed.connect(lambda: seen.append(opened.decoded.nearest_row))
    opened.apply(m.Embedded(10**6, few(codes, 3)))
    assert seen
    assert set(seen) == {-1}
    opened.apply(decoded(opened, 5))  # found among the codes of a moment ago
    assert opened.decoded.nearest_row == -1
    opened.apply(decoded(opened, 2))
    assert opened.decoded.nearest_row == 2


def test_a_true_posterior_is_of_a_row_that_is_there(session, engine, info, codes, dataset):
    session.apply(m.DataOpened(0, dataset))
    session.apply(m.ModelOpened(0, info, replace(codes, labels=dataset.labels), None))
    session.apply(m.ModelReady(0, "cpu"))
    session.layers.set_view((-2.0, -2.0, 2.0, 2.0))
    session.apply(decoded(session, 5))
    session.layers.set_on("true_posterior", True)
    assert asked(engine, m.MapPosteriors)[-1].true_row == 5
    small = replace(dataset, x=dataset.x[:3], labels=dataset.labels[:3], split=dataset.split[:3])
    session.apply(m.DataOpened(0, small))
    session.apply(m.Embedded(10**6, replace(few(codes, 3), labels=small.labels)))
    session.posteriors.look()
    assert all(
        r.true_row is None or r.true_row < len(r.dataset) for r in asked(engine, m.MapPosteriors)
    )


# A run that waits for its data


@pytest.fixture
def run(tmp_path, dataset) -> Path:
    path = tmp_path / "run"
    config = RunConfig(
        model=ModelSpec(shape=dataset.shape),
        train=TrainSpec(steps=10),
        data=DataSpec(source="six"),
        checksums=dict(dataset.checksums),
    )
    Run.create(path, config).close()
    return path


def test_a_run_whose_data_did_not_open_does_not_begin_with_others(session, engine, run, dataset):
    session.resume_run(run)
    request = engine.last(m.OpenData)
    session.apply(m.Failed(request.ticket, "OpenData", "It is not there."))
    session.apply(m.DataOpened(request.ticket + 1, dataset))
    assert not asked(engine, m.Train)


def test_a_run_waits_for_its_own_data(session, engine, run, dataset):
    session.open_data(DataSpec(source="other"))
    early = engine.last(m.OpenData)
    session.resume_run(run)
    request = engine.last(m.OpenData)
    other = replace(dataset, checksums={"other": "2"})
    session.apply(m.DataOpened(early.ticket, other))
    assert not asked(engine, m.Train)
    session.apply(m.DataOpened(request.ticket, dataset))
    assert engine.last(m.Train).dataset is dataset
    assert engine.last(m.Train).run == run


def test_a_run_does_not_go_on_where_something_else_was_opened_since(session, engine, run, dataset):
    session.resume_run(run)
    request = engine.last(m.OpenData)
    session.open_data(DataSpec(source="other"))
    session.apply(m.DataOpened(request.ticket, dataset))
    assert not asked(engine, m.Train)


# A project on its way


@pytest.fixture
def coming(session, engine, dataset):
    """A project was read; its model is being opened."""
    came = []
    session.project.came_back.connect(came.append)
    session.open_project(Path("/a.latentlab"))
    kept = ProjectFile(
        model=KeptModel(name="vae", path="/model"),
        data=KeptData(spec=dataset.source, name="six", checksums={}),
    )
    ticket = engine.last(OpenProject).ticket
    session.apply(
        ProjectOpened(ticket, Path("/a.latentlab"), kept, Path("/model"), dataset.source, False)
    )
    QCoreApplication.processEvents()
    assert engine.last(m.OpenModel).path == Path("/model")
    return came


def open_model(session, engine, info, codes) -> None:
    session.apply(m.ModelOpened(engine.last(m.OpenModel).ticket, info, codes, None))
    session.apply(m.ModelReady(engine.last(m.OpenModel).ticket, "cpu"))
    QCoreApplication.processEvents()


def test_a_project_opens_its_model_then_its_data(session, engine, coming, info, codes, dataset):
    open_model(session, engine, info, codes)
    session.apply(m.DataOpened(engine.last(m.OpenData).ticket, dataset))
    session.apply(m.Cancelled(10**6))  # a layer's, say
    QCoreApplication.processEvents()
    assert not coming  # its map is not there yet
    session.apply(m.Embedded(engine.last(m.Embed).ticket, replace(codes, labels=dataset.labels)))
    QCoreApplication.processEvents()
    QCoreApplication.processEvents()
    assert len(coming) == 1


def test_a_project_gives_way_to_what_is_opened_after_it(session, engine, coming, info, codes):
    session.open_model(Path("/other"))
    open_model(session, engine, info, codes)
    assert not asked(engine, m.OpenData)
    session.set_chart(m.ChartSpec("principal"))
    session.apply(m.Embedded(engine.last(m.Rechart).ticket, codes))
    QCoreApplication.processEvents()
    assert not coming


def test_a_project_that_is_read_too_late_is_not_opened(session, engine):
    session.open_project(Path("/a.latentlab"))
    ticket = engine.last(OpenProject).ticket
    session.open_data(DataSpec(source="other"))
    kept = ProjectFile(model=KeptModel(name="vae", path="/model"))
    session.apply(ProjectOpened(ticket, Path("/a.latentlab"), kept, Path("/model"), None, False))
    QCoreApplication.processEvents()
    assert not asked(engine, m.OpenModel)
    assert session.project.path is None


# What is worked out of the map


def test_the_cursors_exact_values_are_those_of_where_it_is(opened, engine, qtbot):
    opened.layers.set_view((-2.0, -2.0, 2.0, 2.0))
    opened.layers.set_on("entropy", True)
    qtbot.waitUntil(lambda: bool(asked(engine, m.ReadHere)))
    request = engine.last(m.ReadHere)
    opened.move_cursor((0.4, 0.2))
    opened.apply(m.HereRead(request.ticket, {"entropy": (1.0, "exact")}))
    assert not opened.layers.here
    qtbot.waitUntil(lambda: engine.last(m.ReadHere) is not request)
    opened.apply(m.HereRead(engine.last(m.ReadHere).ticket, {"entropy": (2.0, "exact")}))
    assert opened.layers.here == {"entropy": (2.0, "exact")}


def test_a_direction_of_another_models_codes_is_not_kept(opened, info, codes, qtbot):
    opened.directing.make("gone", "a")
    while opened.directing._worker_thread.busy:  # its answer waits for the event loop
        time.sleep(0.001)
    opened.apply(m.ModelOpened(0, another(info), codes, None))
    opened.directing.make("here", "a")
    qtbot.waitUntil(lambda: len(opened.directing.directions) > 0)
    assert [one.name for one in opened.directing.directions] == ["here"]


def test_what_can_change_is_of_this_model(opened, engine, info, codes):
    opened.directing.look_here()
    request = engine.last(m.FindChanges)
    opened.apply(m.ModelOpened(0, another(info), codes, None))
    opened.apply(m.ChangesFound(request.ticket, request.z, np.ones(2), np.eye(2)))
    assert not opened.directing.here


# What waits for the hand


class Dragger(QObject):
    drag_ended = Signal()
    dragging = True


@pytest.fixture
def dragger(qapp):
    return Dragger()


def test_what_waits_for_the_hand_is_done_one_after_the_other(dragger):
    slack, done = Slack(dragger, dragger), []

    def opens_another_model():
        done.append("begun")
        dragger.dragging = False
        dragger.drag_ended.emit()
        slack.do(lambda: done.append("third"))
        done.append("ended")

    slack.do(opens_another_model)
    slack.do(lambda: done.append("second"))
    assert not done
    slack.catch_up()
    assert done == ["begun", "ended", "second", "third"]


def test_what_fails_keeps_nothing_else_from_being_done(dragger):
    slack, done = Slack(dragger, dragger), []
    slack.do(lambda: 1 // 0)
    slack.do(lambda: done.append("second"))
    with pytest.raises(ZeroDivisionError):
        slack.catch_up()
    slack.catch_up()
    assert done == ["second"]
