"""How fast a training is said to be: its steps over its seconds, the map's refreshes left out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from latentlab.cli.latency import Pace
from latentlab.errors import LatentlabError


class Trained(QObject):
    """What `Pace` asks of a session."""

    training_changed = Signal()
    codes_changed = Signal()

    def report(self, step: int, elapsed_s: float) -> None:
        self.training = SimpleNamespace(
            progress=SimpleNamespace(step=step, elapsed_s=elapsed_s),
        )
        self.training_changed.emit()


def test_only_what_lies_between_begin_and_end_counts():
    session = Trained()
    pace = Pace(session)
    session.report(0, 0.0)
    session.report(1000, 1.0)
    pace.begin()
    session.report(1010, 3.0)  # from here on
    session.report(1030, 4.0)
    pace.end()
    session.report(9000, 5.0)
    pace.begin()
    session.report(9100, 6.0)
    session.report(9110, 8.0)
    pace.end()
    assert pace.steps_per_s == pytest.approx((20 + 10) / (1.0 + 2.0))


def test_a_refresh_of_the_map_counts_for_neither_side():
    session = Trained()
    pace = Pace(session)
    pace.begin()
    session.report(0, 0.0)
    session.report(10, 1.0)
    session.codes_changed.emit()
    session.report(11, 9.0)
    session.report(21, 10.0)
    assert pace.steps_per_s == pytest.approx(20 / 2.0)


def test_too_short_to_say():
    with pytest.raises(LatentlabError, match="too slow"):
        _ = Pace(Trained()).steps_per_s


def test_a_clock_that_took_a_wait_back_counts_for_neither_side():
    session = Trained()
    pace = Pace(session)
    pace.begin()
    session.report(0, 0.0)
    session.report(10, 6.0)  # while a caller had the word for long
    session.report(20, 2.0)  # and now that wait was no training
    session.report(30, 3.0)
    assert pace.steps_per_s == pytest.approx((10 + 10) / (6.0 + 1.0))
