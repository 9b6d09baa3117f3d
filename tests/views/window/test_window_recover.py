"""Analyse > Recover labels...: choices, progress, the table, and what is done with it."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.session.session import Session
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
    session.use_labels(_answer(1, count=7))
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
