"""Work that is too long for the window's thread: the newest of what is asked, in another one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

Say = Callable[[object], None]
GoOn = Callable[[], bool]
Work = Callable[[Say, GoOn], None]

LINGER_S = 0.5  # that a thread waits for more: to start one is felt where many are asked for

log = logging.getLogger("latentlab")


class _Place:
    """The one place for what comes next; it outlives the `Latest` that it belongs to."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.work: Work | None = None
        self.busy = False
        self.alive = False  # whether there is a thread
        self.ended = False

    def put(self, work: Work) -> bool:
        """Take work, in place of what waits; whether a thread must be started for it."""
        with self.changed:
            self.work = work
            started, self.alive = self.alive, True
            self.changed.notify()
            return not started

    def next(self) -> Work | None:
        """What is to be done, waiting a little for it; None where the thread should end."""
        with self.changed:
            self.busy = False
            if self.work is None and not self.ended:
                self.changed.wait(LINGER_S)
            work, self.work = self.work, None
            self.busy = self.alive = work is not None and not self.ended
            return work if self.busy else None

    def end(self, *_: object) -> None:
        """Work no more."""
        with self.changed:
            self.ended = True
            self.changed.notify()

    def go_on(self) -> bool:
        """Whether the work that runs is still wanted."""
        return not self.ended


class Latest(QObject):
    """Does work in a thread that lives a little longer than it; newer work replaces what waits.

    Work that runs is done to its end: what it found is shown while the next is done. It is a
    function of `say`, which hands an object to `told` (heard in the thread of this object), and
    of `go_on`, to be asked often: it says no when the window is gone.

    Args:
        parent: Qt's owner.
    """

    told = Signal(object)
    _found = Signal(object)  # emitted in the other thread, received in this object's

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = _Place()
        self.destroyed.connect(self._place.end)
        self._found.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._place.busy or self._place.work is not None

    def waits(self) -> bool:
        """Whether newer work waits for the end of that which runs (asked in any thread)."""
        return self._place.work is not None

    def ask(self, work: Work) -> None:
        """Do this next, in place of what waits."""
        if self._place.put(work):
            threading.Thread(target=self._run, args=(self._place,), name="latentlab-map").start()

    def _run(self, place: _Place) -> None:
        while (work := place.next()) is not None:
            try:
                work(self._say, place.go_on)
            except Exception:
                log.exception("Work for the map failed")

    def _say(self, found: object) -> None:
        # The lock holds up whoever is taking this object down: no signal from what is half gone.
        with self._place.changed:
            if self._place.ended:
                return
            try:
                self._found.emit(found)
            except RuntimeError:  # the window is gone, and this object with it
                self._place.end()

    @Slot(object)
    def _tell(self, found: object) -> None:
        self.told.emit(found)
