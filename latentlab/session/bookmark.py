"""One bookmark: a point or a path of the latent space, with a name and a small picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.engine.messages import Picture
from latentlab.session.path import PathState


@dataclass(frozen=True, slots=True, eq=False)
class Bookmark:
    """A point or a path that is worth coming back to.

    Args:
        name: What a person calls it.
        z: (d,) of a point; of a path its first waypoint.
        path: The path, where it is one.
        picture: What is decoded there: (H, W) or (H, W, 3); of a path some frames side by side.
    """

    name: str
    z: tuple[float, ...]
    path: PathState | None
    picture: Picture | None

    @property
    def kind(self) -> Literal["point", "path"]:
        """What it is."""
        return "point" if self.path is None else "path"

    @property
    def latent_dim(self) -> int:
        """d."""
        return len(self.z)
