"""What is told of work under way, where there is more than one thing."""

from __future__ import annotations

from latentlab.engine import messages as m


def test_what_goes_on_beside_other_work_is_told_again_once_that_is_done(session, engine):
    told = []
    session.busy_changed.connect(lambda: told.append(session.busy and session.busy.text))
    session.apply(m.Busy(901, "Laying out", 0.1, None))
    session.apply(m.Busy(902, "Measuring", None, None))
    session.apply(m.Cancelled(902))
    session.cancel_busy()
    assert engine.orders[-1] == "cancel 901"
    session.apply(m.Busy(903, "Measuring", None, None))
    session.apply(m.Busy(901, "Laying out", 0.9, None))
    session.apply(m.Cancelled(903))
    session.apply(m.Cancelled(901))
    assert told == ["Laying out", "Measuring", "Laying out", "Measuring", "Laying out", None]
