"""The one door from the engine's threads to the window's thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Bridge(QObject):
    """Carries events into the GUI thread: `Engine(post=bridge.post)`.

    The signal is emitted in a worker thread and received, queued, by one slot of the session.
    Nothing else may connect to it: a lambda or a plain method would run in the worker.
    """

    arrived = Signal(object)

    def post(self, event: object) -> None:
        """Hand over one event, from any thread."""
        self.arrived.emit(event)
