"""Work that is too long for the window's thread: the newest of what is asked, in another one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

Say = Callable[[object], None]
GoOn = Callable[[], bool]
Work = Callable[[Say, GoOn], None]

log = logging.getLogger("latentlab")


class _Place:
    """The one place for what comes next; it outlives the `Latest` that it belongs to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.work: Work | None = None
        self.busy = False
        self.ended = False

    def end(self, *_: object) -> None:
        """Work no more."""
        self.ended = True

    def go_on(self) -> bool:
        """Whether the work that runs is still wanted."""
        return not self.ended


class Latest(QObject):
    """Does work in a thread that lives while there is some; newer work replaces what waits.

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
        return self._place.busy

    def ask(self, work: Work) -> None:
        """Do this next, in place of what waits."""
        with self._place.lock:
            self._place.work = work
            if self._place.busy:
                return
            self._place.busy = True
        threading.Thread(target=self._run, args=(self._place,), name="latentlab-map").start()

    def _run(self, place: _Place) -> None:
        while True:
            with place.lock:
                work, place.work = place.work, None
                if work is None or place.ended:
                    place.busy = False
                    break
            try:
                work(self._say, place.go_on)
            except Exception:
                log.exception("Work for the map failed")

    def _say(self, found: object) -> None:
        try:
            self._found.emit(found)
        except RuntimeError:  # the window is gone, and this object with it
            self._place.end()

    @Slot(object)
    def _tell(self, found: object) -> None:
        self.told.emit(found)
