"""What the session needs of an engine; tests hand it a recorder."""

from __future__ import annotations

from typing import Protocol

from latentlab.engine.messages import LiveRequest, WorkRequest


class EngineLike(Protocol):
    """The engine as the session sees it; every call returns at once but `close`."""

    def submit(self, request: WorkRequest) -> None:
        """Queue work, first in, first out."""

    def show(self, request: LiveRequest) -> None:
        """Ask for a picture; a newer request of the same kind replaces it."""

    def pause_training(self) -> None:
        """Hold the training between two steps."""

    def resume_training(self) -> None:
        """Go on with a paused training."""

    def stop_training(self) -> None:
        """End the training within one step; the model is kept."""

    def cancel(self, ticket: int) -> None:
        """Call off one request, waiting or running."""

    def close(self, timeout_s: float = 10.0) -> bool:
        """Cancel, write the last checkpoint, join the threads."""
