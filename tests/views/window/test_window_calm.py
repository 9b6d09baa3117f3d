"""In a drag the picture follows each move; what is only read follows less often, and exactly."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from latentlab.session import calm


class Dragged(QObject):
    """What `Calm` asks of a session."""

    drag_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.dragging = False


def test_outside_a_drag_everything_is_done_at_once(qapp) -> None:
    done: list[int] = []
    session = Dragged()
    one = calm.Calm(session, lambda: done.append(1), session)
    for _ in range(3):
        one.ask()
    assert len(done) == 3


def test_during_a_drag_the_first_is_done_at_once_and_the_last_at_its_end(qapp) -> None:
    shown: list[int] = []
    session = Dragged()
    session.dragging, value = True, 0
    one = calm.Calm(session, lambda: shown.append(value), session)
    for value in range(5):  # noqa: B007 - it is what is shown
        one.ask()
    assert shown == [0]
    session.dragging = False
    session.drag_ended.emit()
    assert shown == [0, 4]
    session.drag_ended.emit()
    assert shown == [0, 4]


def test_a_hand_that_rests_with_its_button_down_sees_the_newest(qapp, monkeypatch) -> None:
    monkeypatch.setattr(calm, "PAUSE_MS", 1)
    shown: list[int] = []
    session = Dragged()
    session.dragging, value = True, 0
    one = calm.Calm(session, lambda: shown.append(value), session)
    for value in range(5):  # noqa: B007 - it is what is shown
        one.ask()
    while shown[-1] != 4:
        qapp.processEvents()
    assert shown == [0, 4]
