"""Analyse > Recover labels...: choices, progress, the table, and what is done with it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session.session import Session
from latentlab.specs import ModelSpec
from latentlab.views import choose
from latentlab.views.dialogs.recover import RecoverDialog


class FakeEngine:
    def __init__(self) -> None:
        self.submitted: list = []
        self.cancelled: list[int] = []

    def submit(self, request) -> None:
        self.submitted.append(request)

    def show(self, request) -> None:
        pass

    def cancel(self, ticket: int) -> None:
        self.cancelled.append(ticket)

    def close(self, timeout_s: float = 10.0) -> bool:
        return True

    def last(self, kind):
        return [request for request in self.submitted if isinstance(request, kind)][-1]


@pytest.fixture
def data():
    from latentlab.data.open import open_dataset
    from latentlab.specs import DataSpec

    return open_dataset(DataSpec(source="digits"))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def session(qapp, engine, data):
    session = Session(engine)
    session.apply(m.DataOpened(0, data))
    yield session
    session.close()
    session.deleteLater()
    qapp.sendPostedEvents(None, 0)


@pytest.fixture
def dialog(qtbot, session) -> RecoverDialog:
    dialog = RecoverDialog(session)
    dialog.show()
    return dialog


def _answer(ticket: int, count: int = 1797) -> m.LabelsRecovered:
    score = m.MethodScore(0.9312, 0.0041, 0.94, 0.002, 2.5)
    unscored = m.MethodScore(None, None, None, None, 0.4)
    return m.LabelsRecovered(
        ticket,
        {"clusters": unscored, "spreading": score},
        100,
        "spreading",
        np.arange(count, dtype=np.int64) % 10,
        np.full(count, 0.75, np.float32),
        np.arange(count) < 100,
    )


def test_it_asks_for_what_was_chosen(dialog, engine):
    dialog.boxes["clusters"].setChecked(False)
    dialog.boxes["m1m2"].setChecked(True)
    dialog.labelled.setText("5 %")
    dialog.draws.setText("3")
    dialog.begin()
    request = engine.last(m.RecoverLabels)
    assert request.methods == ("spreading", "m1", "m1m2")
    assert request.labelled == pytest.approx(0.05)
    assert request.draws == 3
    assert request.time_limit_s == 60.0
    assert not request.open_model
    assert len(request.dataset) == 1797


@pytest.mark.parametrize(
    ("labelled", "draws", "seconds"), [("some", "5", "60"), ("100", "0", "60"), ("100", "5", "-")]
)
def test_what_is_no_number_is_said_and_nothing_is_asked(dialog, engine, labelled, draws, seconds):
    dialog.labelled.setText(labelled)
    dialog.draws.setText(draws)
    dialog.seconds.setText(seconds)
    dialog.begin()
    assert not engine.submitted
    assert dialog.problem.isVisible()
    assert dialog.problem.text()


def test_progress_is_shown_and_stopping_calls_it_off(dialog, session, engine):
    dialog.begin()
    ticket = engine.last(m.RecoverLabels).ticket
    session.apply(m.Busy(ticket, "Learning M1", 0.4))
    assert dialog.bar.isVisible()
    assert dialog.bar.value() == 40
    assert dialog.doing.text() == "Learning M1"
    assert dialog.start.text() == "Stop"
    dialog.begin()
    assert engine.cancelled == [ticket]
    session.apply(m.Cancelled(ticket))
    assert dialog.start.text() == "Recover"
    assert not dialog.bar.isVisible()


def test_closing_it_calls_the_work_off(dialog, engine):
    dialog.begin()
    dialog.close()
    assert engine.cancelled == [engine.last(m.RecoverLabels).ticket]


def test_the_table_says_how_good_each_method_is(dialog, session, engine):
    dialog.begin()
    session.apply(_answer(engine.last(m.RecoverLabels).ticket))
    texts = [[dialog.table.item(row, column).text() for column in range(4)] for row in range(2)]
    assert texts[0] == ["Clusters", "not scored", "not scored", "0.4"]
    assert texts[1] == ["Label spreading  (used)", "93.12% ± 0.41%", "94.00% ± 0.20%", "2.5"]
    assert dialog.use.isEnabled()
    assert dialog.write.isEnabled()


def test_labels_are_used_as_those_of_the_data(dialog, session, engine, data):
    dialog.begin()
    answer = _answer(engine.last(m.RecoverLabels).ticket)
    session.apply(answer)
    dialog.use.click()
    assert (session.dataset.labels == answer.labels).all()
    assert (session.dataset.x == data.x).all()
    assert session.dataset.label_names == data.label_names


def test_labels_of_other_data_are_not_used(dialog, session, engine, data):
    heard = []
    session.notice.connect(heard.append)
    session.relabelling.use(_answer(1, count=7))
    assert "other data" in heard[-1].text
    assert (session.dataset.labels == data.labels).all()


def test_labels_are_exported_where_the_person_says(dialog, session, engine, tmp_path, monkeypatch):
    path = tmp_path / "labels.csv"
    monkeypatch.setattr(choose, "new_file", lambda *_: path)
    dialog.begin()
    answer = _answer(engine.last(m.RecoverLabels).ticket)
    session.apply(answer)
    dialog.write.click()
    request = engine.last(m.WriteLabels)
    assert request.path == path
    assert request.recovered is answer


def test_an_answer_to_an_older_question_is_passed_over(dialog, session, engine):
    dialog.begin()
    session.apply(_answer(engine.last(m.RecoverLabels).ticket + 99))
    assert dialog.table.rowCount() == 0


def test_undo_brings_the_own_labels_back_and_redo_those_found(dialog, session, engine, data):
    dialog.begin()
    answer = _answer(engine.last(m.RecoverLabels).ticket)
    session.apply(answer)
    dialog.use.click()
    session.undo()
    assert (session.dataset.labels == data.labels).all()
    assert "confidence" not in session.dataset.columns
    session.redo()
    assert (session.dataset.labels == answer.labels).all()


def test_undo_leaves_data_alone_that_were_opened_since(dialog, session, engine, data):
    dialog.begin()
    session.apply(_answer(engine.last(m.RecoverLabels).ticket))
    dialog.use.click()
    others = dataclasses.replace(data, x=data.x.copy(), labels=data.labels.copy())
    session.apply(m.DataOpened(90, others))
    session.undo()
    assert session.dataset is others


def test_how_sure_each_label_is_and_whence_it_came_can_be_coloured_and_filtered_by(
    dialog, session, engine
):
    dialog.begin()
    session.apply(_answer(engine.last(m.RecoverLabels).ticket))
    dialog.use.click()
    columns = session.dataset.columns
    assert (columns["confidence"] == np.float32(0.75)).all()
    assert columns["method"][0] == "given"
    assert columns["method"][1000] == "spreading"


def test_what_was_said_when_the_data_were_opened_is_not_said_again(dialog, session, engine, data):
    session.apply(m.DataOpened(91, dataclasses.replace(data, notes=("Brought to 64x64.",))))
    dialog.begin()
    session.apply(_answer(engine.last(m.RecoverLabels).ticket))
    heard = []
    session.notice.connect(heard.append)
    dialog.use.click()
    session.undo()
    assert [notice.text for notice in heard] == ["The labels are those found by spreading."]


def test_a_map_of_the_data_takes_the_new_labels(session, engine, data):
    info = m.ModelInfo("digits", ModelSpec(shape=data.shape), label_names=data.label_names)
    session.apply(m.ModelOpened(2, info, None, None))
    z = np.zeros((len(data), 2), np.float32)
    codes = m.Codes(z, z, data.labels, data.split, axes_plane(2), PointIndex(z), 0.1)
    session.apply(m.Embedded(engine.last(m.Embed).ticket, codes))
    answer = _answer(1)
    session.relabelling.use(answer)
    assert (engine.last(m.Embed).dataset.labels == answer.labels).all()


def test_nothing_is_relabelled_beside_a_training(session, engine):
    model, train = session.suggest()
    session.train(model, train)
    before = session.dataset
    session.relabelling.use(_answer(1))
    assert session.dataset is before
    assert session.relabelling.ask(methods=("clusters",)) is None


def test_nobody_draws_labels_where_none_are_hidden(dialog):
    assert dialog.draws.isEnabled()
    dialog.labelled.setText("")
    assert not dialog.draws.isEnabled()
    assert dialog.draws.toolTip()


def test_all_methods_are_in_sight_and_unscored_ones_say_what_they_found(dialog, session, engine):
    dialog.begin()
    scores = {
        name: m.MethodScore(None, None, None, None, 1.0, checked=20 + place, checked_of=25)
        for place, name in enumerate(dialog.boxes)
    }
    answer = _answer(engine.last(m.RecoverLabels).ticket)
    session.apply(dataclasses.replace(answer, scores=scores, chosen="m1"))
    table = dialog.table
    assert table.item(2, 1).text() == "22 of 25"
    assert table.isColumnHidden(2)
    assert "22 of 25 shown labels that were hidden" in dialog.believed.text()
    last = table.visualItemRect(table.item(table.rowCount() - 1, 0))
    assert table.viewport().rect().contains(last)
