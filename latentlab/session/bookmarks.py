"""Points and paths that are worth coming back to, each with a name and a small picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import Picture
from latentlab.session.bookmark import Bookmark
from latentlab.session.contents import Contents
from latentlab.session.hand import Hand
from latentlab.session.travel import Travel

MOST = 1000
SIDE_PX = 64  # of a small picture, at most
PATH_PICTURES = 4
NAME_LENGTH = 200


Bookmarked = tuple[Bookmark, ...]


class Bookmarks(QObject):
    """The list of bookmarks. Changes can be undone.

    Args:
        contents: The open model.
        hand: The cursor.
        travel: The path.
        mark: Called before a change that can be undone.
        parent: The session.
    """

    bookmarks_changed = Signal()

    def __init__(
        self,
        contents: Contents,
        hand: Hand,
        travel: Travel,
        mark: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._contents = contents
        self._hand = hand
        self._travel = travel
        self._mark = mark
        self.all: Bookmarked = ()

    def add_point(self, name: str = "") -> bool:
        """Keep the point under the cursor; False where there is none."""
        z, decoded = self._hand.z, self._hand.decoded
        if z is None or len(self.all) >= MOST:
            return False
        here = decoded is not None and np.array_equal(decoded.z, z)
        picture = small(decoded.image) if decoded is not None and here else None
        self._add(Bookmark(name or self._new_name("Point"), tuple(z.tolist()), None, picture))
        return True

    def add_path(self, name: str = "") -> bool:
        """Keep the path; False where there is none."""
        path, strip = self._travel.path, self._travel.strip
        if path is None or len(self.all) >= MOST:
            return False
        picture = None
        if strip is not None and len(strip.images):
            rows = np.linspace(0, len(strip.images) - 1, PATH_PICTURES).round().astype(int)
            picture = np.concatenate([small(strip.images[row], 32) for row in rows], axis=1)
        kept = path.at_rest
        self._add(Bookmark(name or self._new_name("Path"), kept.stops[0].z, kept, picture))
        return True

    def rename(self, index: int, name: str) -> None:
        """Call one something else."""
        name = " ".join(name.split())[:NAME_LENGTH]
        if name and 0 <= index < len(self.all) and name != self.all[index].name:
            self._change(index, replace(self.all[index], name=name))

    def remove(self, index: int) -> None:
        """Take one away."""
        if 0 <= index < len(self.all):
            self._change(index)

    def why_not(self, index: int) -> str:
        """Why one can't be gone to; nothing where it can."""
        model, plane = self._contents.model, self._hand.plane
        if model is None or plane is None:
            return "There is no model yet."
        if plane.latent_dim != self.all[index].latent_dim:
            return f"It has {self.all[index].latent_dim} latents, the model {plane.latent_dim}."
        return ""

    def go(self, index: int) -> None:
        """Put the cursor, or the path, where a bookmark is."""
        if not 0 <= index < len(self.all) or self.why_not(index):
            return
        chosen = self.all[index]
        self._mark()
        if chosen.path is None:
            self._hand.set_z(np.asarray(chosen.z))
            return
        stops = tuple(self._travel.stop_at(stop.z) for stop in chosen.path.stops)
        self._travel.put(replace(chosen.path, stops=stops))
        self._travel.go_to(1.0)

    def points(self) -> list[tuple[float, ...]]:
        """Latents of the points that fit the open model, in order."""
        plane = self._hand.plane
        fits = plane.latent_dim if plane is not None else -1
        return [b.z for b in self.all if b.path is None and b.latent_dim == fits]

    def restore(self, bookmarks: Bookmarked) -> None:
        """Bring back a list (undo, a project)."""
        if bookmarks is not self.all:
            self.all = bookmarks
            self.bookmarks_changed.emit()

    def _add(self, made: Bookmark) -> None:
        self._mark()
        self.restore((*self.all, made))

    def _change(self, index: int, *instead: Bookmark) -> None:
        self._mark()
        self.restore((*self.all[:index], *instead, *self.all[index + 1 :]))

    def _new_name(self, kind: str) -> str:
        taken = {bookmark.name for bookmark in self.all}
        number = 1
        while f"{kind} {number}" in taken:
            number += 1
        return f"{kind} {number}"


def small(picture: Picture, side_px: int = SIDE_PX) -> Picture:
    """A picture whose longer side has at most so many pixels, by leaving pixels out.

    Example:
        >>> small(np.zeros((256, 128), np.uint8)).shape
        (64, 32)
    """
    every = max(1, -(-max(picture.shape[:2]) // side_px))
    return np.ascontiguousarray(picture[::every, ::every])
