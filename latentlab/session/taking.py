"""What a person takes away: figures and films, looked at before they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.figures import DrawFigure, FigureDrawn, Scene, WriteFigure
from latentlab.engine.films import Export, FrameShown, ShowFrame
from latentlab.engine.messages import Rect, StripDecoded
from latentlab.engine.values import PRIOR_RECT
from latentlab.export.smallmap import MapPoints
from latentlab.latent.charts import Plane
from latentlab.parts.figures import FigureLook, FigureSpec
from latentlab.parts.films import FilmLook
from latentlab.session.choice import Choice
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.hand import Hand
from latentlab.session.lines import Recipe
from latentlab.session.ports import EngineLike
from latentlab.session.telling import Telling
from latentlab.session.travel import Travel
from latentlab.session.writing import Writing

Colours = NDArray[np.uint8]  # (1 + K, 3): of what has no class, then of each class
DECODED = ("model", "nearest code grid", "code cross-fade")  # strips that the model itself drew


class Taking(QObject):
    """Asks for pages and frames; the newest wish calls off the one before it.

    Args:
        worker: The engine.
        contents: Model, data, codes and chart.
        hand: The cursor, and the map's plane.
        travel: The path and its strip.
        telling: The class that is decoded.
        choice: Which data are shown.
        desk: Where requests go.
        view: The part of the map in view, where it is known.
        parent: The session.

    Attributes:
        wanted: The figure that was asked for last.
        page: The newest page that was drawn.
        frame: The newest frame of a film.
        trouble: Why the newest wish came to nothing; empty where it did not.
        writing: The file that is written.
    """

    page_changed = Signal()
    frame_changed = Signal()

    def __init__(
        self,
        worker: EngineLike,
        contents: Contents,
        hand: Hand,
        travel: Travel,
        telling: Telling,
        choice: Choice,
        desk: Desk,
        view: Callable[[], Rect | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._contents = contents
        self._hand = hand
        self._travel = travel
        self._telling = telling
        self._choice = choice
        self._desk = desk
        self._view = view
        self._page_ticket = self._frame_ticket = 0
        self.wanted: FigureSpec | None = None
        self.page: FigureDrawn | None = None
        self.frame: FrameShown | None = None
        self.trouble = ""
        self.writing = Writing(worker, desk, self)

    # Figures

    def scene(self) -> Scene:
        """What a figure is drawn from, as it is now."""
        contents, hand = self._contents, self._hand
        codes = contents.codes
        return Scene(
            hand.plane,
            offset=hand.residual if isinstance(hand.plane, Plane) else None,
            rect=square_around(self._view() or PRIOR_RECT),
            codes=None if codes is None else codes.z,
            labels=None if codes is None else codes.labels,
            names=contents.label_names,
            dataset=contents.dataset if _fits(contents) else None,
            label=self._telling.label,
        )

    def draw(self, wanted: FigureSpec, look: FigureLook) -> None:
        """Draw a page; `page_changed` follows."""
        self._worker.cancel(self._page_ticket)
        self.wanted = wanted
        scene = self.scene()
        self._page_ticket = self._desk.ask(lambda t: DrawFigure(t, wanted, look, scene))

    def write_figure(self, path: Path, wanted: FigureSpec, look: FigureLook) -> None:
        """Write the same page; the session's `saved` follows."""
        scene = self.scene()
        self.writing.ask(path, lambda t: WriteFigure(t, path, wanted, look, scene))

    def take_page(self, event: FigureDrawn) -> None:
        """Show a page, unless a newer one was asked for."""
        if event.ticket == self._page_ticket:
            self.page, self.trouble = event, ""
            self.page_changed.emit()

    # Films

    def film(self, path: Path, look: FilmLook, colours: Colours | None = None) -> Export | None:
        """The wish for a film of the path as it is now; None without a path.

        Args:
            path: Where to.
            look: How it looks.
            colours: Of the data on the small map.
        """
        z, way = self._travel.frames_z(), self._travel.way
        if z is None or way is None:
            return None
        knots = way.knots if len(way.knots) > 2 else ()
        return Export(
            0,
            path,
            z,
            label=self._telling.label,
            look=look,
            frames=_shown(self._travel.strip, z),
            chart=self._hand.plane if look.map != "none" else None,
            points=self._points(colours) if look.map != "none" else None,
            knots=knots if len(set(knots)) == len(knots) else (),
        )

    def show_frame(self, look: FilmLook, share: float, colours: Colours | None = None) -> None:
        """Put one frame together; `frame_changed` follows."""
        film = self.film(Path("film.gif"), look, colours)
        if film is None:
            return
        self._worker.cancel(self._frame_ticket)
        self._frame_ticket = self._desk.ask(lambda t: ShowFrame(t, film, share))

    def export(self, path: Path, look: FilmLook, colours: Colours | None = None) -> bool:
        """Write a film; the session's `saved` follows. False where there is no path."""
        film = self.film(path, look, colours)
        if film is not None:
            self.writing.ask(path, lambda t: replace(film, ticket=t))
        return film is not None

    def recipe(self, look: FilmLook, out: str) -> Recipe | None:
        """What the film of the path is made of; None without a path."""
        path, z, model = self._travel.path, self._travel.frames_z(), self._contents.model
        if path is None or z is None or model is None:
            return None
        dataset = self._contents.dataset
        shown = look.map != "none" and dataset is not None and self._contents.rows_are_data
        return Recipe(
            model.run or model.path,
            path,
            z,
            look,
            out,
            self._telling.label,
            dataset.source.source if shown and dataset is not None else "",
        )

    def take_frame(self, event: FrameShown) -> None:
        """Show a frame, unless a newer one was asked for."""
        if event.ticket == self._frame_ticket:
            self.frame, self.trouble = event, ""
            self.frame_changed.emit()

    def let_go(self, ticket: int, sentence: str) -> None:
        """A wish came to nothing; the sentence is empty where it was called off."""
        self.writing.let_go(ticket, sentence)
        if not sentence:
            return
        if ticket == self._page_ticket:
            self.trouble = sentence
            self.page_changed.emit()
        elif ticket == self._frame_ticket:
            self.trouble = sentence
            self.frame_changed.emit()

    def _points(self, colours: Colours | None) -> MapPoints | None:
        codes = self._contents.codes
        if codes is None or colours is None:
            return None
        seen = self._choice.seen()
        place = np.clip(codes.labels[seen] + 1, 0, len(colours) - 1)
        return MapPoints(codes.xy[seen], place, colours)


def _shown(strip: StripDecoded | None, z: NDArray[np.float64]) -> NDArray[np.uint8] | None:
    """The pictures of the film strip, where it shows all frames of this path."""
    if strip is None or strip.source not in DECODED or strip.z.shape != z.shape:
        return None
    return strip.images if np.array_equal(strip.z, z) else None


def square_around(rect: Rect) -> Rect:
    """The smallest square that holds a part of the map: both axes have one scale.

    Example:
        >>> square_around((0.0, 0.0, 4.0, 2.0))
        (0.0, -1.0, 4.0, 3.0)
    """
    x0, y0, x1, y1 = rect
    half = max(x1 - x0, y1 - y0) / 2
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return x - half, y - half, x + half, y + half


def _fits(contents: Contents) -> bool:
    data, model = contents.dataset, contents.model
    return data is not None and model is not None and data.shape == model.spec.shape
