"""Opened, closed and forgotten, as windows are."""

import gc
import weakref

from PySide6.QtCore import QCoreApplication, QEvent, QObject

from latentlab.views.map.view import MapView


def test_a_closed_map_is_forgotten(make_stage, qtbot):
    stage = make_stage([[0.0, 0.0], [1.0, 1.0]])
    forgotten = []
    for _ in range(10):
        view = MapView(stage.session)
        view.resize(300, 260)
        view.show()
        view.picture()
        stage.session.begin_drag((0.0, 0.0))
        stage.session.drag_to((1.0, 1.0))
        forgotten.append(weakref.ref(view))
        view.close()
        view.deleteLater()
        del view
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.wait(20)
    gc.collect()
    assert [reference() for reference in forgotten] == [None] * 10
    stage.session.end_drag()  # the others still listen, the deleted ones do not


def test_a_map_that_is_deleted_while_points_are_drawn_breaks_nothing(make_stage, make_codes, qtbot):
    stage = make_stage()
    view = MapView(stage.session)
    view.resize(400, 300)
    view.show()
    stage.open_model(make_codes([[0.001 * k, 0.0] for k in range(60_000)]))
    view.canvas.points._advance(1e-9)
    assert not view.canvas.points.settled
    view.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.wait(50)


def test_the_map_listens_to_its_session_alone_and_owns_what_it_makes(make_stage):
    stage = make_stage([[0.0, 0.0]])
    for child in (stage.view.canvas, stage.view._hovering, stage.view._interaction):
        owner = child
        while isinstance(owner, QObject) and owner is not stage.view:
            owner = owner.parent()
        assert owner is stage.view
