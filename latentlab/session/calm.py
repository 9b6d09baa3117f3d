"""What is read, and not followed with the eye, is refreshed less often while the hand drags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, SignalInstance

from latentlab.session.slack import Slack
from latentlab.session.timers import single_shot

PAUSE_MS = 100  # between two refreshes during a drag: numbers change as fast as they are read


class Dragged(Protocol):
    """What knows whether the hand drags: the session, or its `Hand`."""

    @property
    def dragging(self) -> bool:
        """Whether it does."""
        ...

    @property
    def drag_ended(self) -> SignalInstance:
        """Emitted when it no longer does."""
        ...

    @property
    def slack(self) -> Slack:
        """When there is time during a drag."""
        ...


class Calm(QObject):
    """Does something at once; in a drag's slack at most every `PAUSE_MS`, and at its end.

    A drag asks for a picture 60 times a second. What costs as much as the picture, but is only
    read (numbers, the nearest datum, which actions are possible), takes time from it and from a
    training.

    Args:
        hand: Knows whether it drags.
        do: What to do.
        parent: Qt's owner.
    """

    def __init__(self, hand: Dragged, do: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._hand = hand
        self._do = do
        self._late = False
        self._timer = single_shot(self, self._catch_up, PAUSE_MS)
        hand.drag_ended.connect(self._end)

    def ask(self) -> None:
        """Do it now, or soon."""
        if self._timer.isActive():
            self._late = True
            return
        self._late = False
        if self._hand.dragging:
            self._timer.start()
        self._hand.slack.do(self._do)

    def _catch_up(self) -> None:
        if self._late:
            self.ask()

    def _end(self) -> None:
        self._timer.stop()
        self._catch_up()
