"""The window comes and goes without a trace, and remembers how it was."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from latentlab.engine import messages as m
from latentlab.session.state import Notice
from latentlab.views.panels.status import LEARNED_HINT
from latentlab.views.window import MainWindow


def collect() -> None:
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        gc.collect()


def close(window: MainWindow) -> None:
    window.close()
    window.deleteLater()
    collect()


def alive(kind: type[Any]) -> int:
    return sum(
        isinstance(thing, kind) and shiboken6.isValid(thing)
        for thing in gc.get_objects()
        # isinstance would ask the class of torch's proxies too, which warn of what is deprecated
        if issubclass(type(thing), QObject)
    )


def live_through(world: Any, window: MainWindow) -> None:
    """Use every part of the window a little."""
    world.ready()
    world.open_data()
    world.open_model(latent_dim=3)
    world.session.move_cursor((0.0, 0.0))
    world.decode()
    world.draw_path()
    world.answer_strip()
    world.session.notice.emit(Notice("info", "A notice."))
    world.session.sample()
    ticket = world.start_training()
    world.progress(ticket, 10)
    world.epoch(ticket, 1)
    window.actions_table["preferences"].trigger()
    window.actions_table["palette"].trigger()
    window.grab()


def test_twenty_windows_leave_nothing_behind(
    new_world: Callable[..., Any], qapp: QApplication
) -> None:
    def once() -> None:
        world = new_world()
        window = MainWindow(world.session)
        window.show()
        QCoreApplication.processEvents()
        live_through(world, window)
        close(window)
        assert not shiboken6.isValid(window)
        world.session.deleteLater()
        collect()

    once()  # what is made once and kept
    before = {
        "widgets": len(QApplication.allWidgets()),
        "timers": alive(QTimer),
        "threads": threading.active_count(),
    }
    for _ in range(19):
        once()
    after = {
        "widgets": len(QApplication.allWidgets()),
        "timers": alive(QTimer),
        "threads": threading.active_count(),
    }
    assert after == before
    assert not [w for w in QApplication.allWidgets() if isinstance(w, MainWindow)]


def test_a_session_outlives_its_window(world: Any, qapp: QApplication) -> None:
    window = MainWindow(world.session)
    window.show()
    live_through(world, window)
    window._session = None  # type: ignore[assignment]
    window.deleteLater()
    collect()
    assert not shiboken6.isValid(window)
    world.session.toggle_class(1)
    world.session.update_settings(smooth=True)
    world.session.notice.emit(Notice("info", "Nobody listens."))


def test_closing_tells_the_session_and_then_the_program(world: Any, qtbot: Any) -> None:
    window = MainWindow(world.session)
    window.show()
    with qtbot.waitSignal(window.closed):
        window.close()
    assert world.session.settings.geometry
    assert not window.isVisible()
    close(window)


def test_the_window_remembers_its_size_panels_and_layers(
    new_world: Callable[..., Any], tmp_path: Path, qtbot: Any
) -> None:
    path = tmp_path / "settings.json"
    world = new_world(path)
    window = MainWindow(world.session)
    window.resize(900, 660)  # the offscreen screen is small
    window.show()
    qtbot.waitExposed(window)
    window.across.setSizes([190, 410, 300])
    window.actions_table["film"].trigger()
    window.actions_table["rings"].trigger()
    window.actions_table["theme_light"].trigger()
    sizes = window.across.sizes()
    close(window)
    again = MainWindow(new_world(path).session)
    again.show()
    qtbot.waitExposed(again)
    assert (again.width(), again.height()) == (900, 660)
    assert again.across.sizes() == sizes
    assert not again.film.isVisible()
    assert not again.actions_table["film"].isChecked()
    assert not again.map.layer_shown("rings")
    assert again.theme.name == "light"
    close(again)


def test_damaged_settings_open_a_window_all_the_same(
    new_world: Callable[..., Any], qapp: QApplication
) -> None:
    world = new_world()
    world.session.update_settings(geometry="!!!", window_state="AAAA.%%.film-left")
    window = MainWindow(world.session)
    window.show()
    assert window.isVisible()
    close(window)


def test_the_first_model_brings_a_hint_that_the_first_drag_takes_away(
    window: Any, world: Any
) -> None:
    assert window.map.hint == ""
    world.open_model()
    assert "Drag on the map" in window.map.hint
    world.open_data()
    world.open_model()
    assert window.windowTitle().startswith("Made-up")


def test_a_first_model_that_learns_is_no_reason_to_speak_of_training(
    window: Any, world: Any
) -> None:
    world.ready()
    world.open_data()
    assert "takes a model" in window.nearest._empty_words()
    ticket = world.start_training()
    assert "while it learns" in window.map.hint
    world.session.apply(m.Trained(ticket, world.info(), "finished", ""))
    assert window.map.hint == LEARNED_HINT


def test_the_map_has_the_keyboard_at_the_start(window: Any) -> None:
    window.activateWindow()
    focused: QWidget | None = window.focusWidget()
    assert focused is window.map.canvas


def test_full_screen_comes_and_goes(window: Any) -> None:
    window.actions_table["full_screen"].trigger()
    assert window.isFullScreen()
    window.actions_table["full_screen"].trigger()
    assert not window.isFullScreen()
