"""In a drag the picture follows each move; what is only read follows less often, and exactly."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from latentlab.session import calm, slack
from latentlab.session.slack import Slack


class Dragged(QObject):
    """What `Calm` asks of a session."""

    drag_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.dragging = False
        self.slack = Slack(self, self)


def test_outside_a_drag_everything_is_done_at_once(qapp) -> None:
    done: list[int] = []
    session = Dragged()
    one = calm.Calm(session, lambda: done.append(1), session)
    for _ in range(3):
        one.ask()
    assert len(done) == 3


def test_during_a_drag_the_first_follows_the_picture_and_the_last_is_at_its_end(qapp) -> None:
    shown: list[int] = []
    session = Dragged()
    session.dragging, value = True, 0
    one = calm.Calm(session, lambda: shown.append(value), session)
    for value in range(5):  # noqa: B007 - it is what is shown
        one.ask()
    assert shown == []
    session.slack.painted()
    assert shown == []  # not within the painting
    qapp.processEvents()
    assert shown == [4]
    for value in range(5, 8):  # noqa: B007
        one.ask()
    session.dragging = False
    session.drag_ended.emit()
    assert shown == [4, 7]
    session.drag_ended.emit()
    assert shown == [4, 7]


def test_a_hand_that_rests_with_its_button_down_sees_the_newest(qapp, monkeypatch) -> None:
    monkeypatch.setattr(calm, "PAUSE_MS", 1)
    monkeypatch.setattr(slack, "LONGEST_MS", 1)
    shown: list[int] = []
    session = Dragged()
    session.dragging, value = True, 0
    one = calm.Calm(session, lambda: shown.append(value), session)
    for value in range(5):  # noqa: B007 - it is what is shown
        one.ask()
    while not shown or shown[-1] != 4:
        qapp.processEvents()


def test_what_waits_is_done_in_its_order_and_a_little_after_each_picture(qapp) -> None:
    done: list[str] = []
    session = Dragged()
    session.dragging = True

    def long(name: str) -> None:
        done.append(name)
        time.sleep(slack.ROOM_S)

    for name in "abc":
        session.slack.do(lambda name=name: long(name))
    session.slack.painted()
    qapp.processEvents()
    assert done == ["a"]
    session.slack.painted()
    qapp.processEvents()
    assert done == ["a", "b"]
    session.dragging = False
    session.slack.do(lambda: long("d"))
    assert done == ["a", "b", "c", "d"]


def test_what_has_waited_for_long_is_done_together(qapp, monkeypatch) -> None:
    monkeypatch.setattr(slack, "LONGEST_MS", 20)
    done: list[int] = []
    session = Dragged()
    session.dragging = True
    for number in range(50):  # each of them fills a picture's room
        session.slack.do(lambda n=number: (done.append(n), time.sleep(slack.ROOM_S)))
    time.sleep(0.03)
    session.slack.painted()
    qapp.processEvents()
    assert done == list(range(50))
