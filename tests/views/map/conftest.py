"""A real map on a real session; only the engine is a recorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage, QPixmap

from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session.session import Session
from latentlab.specs import ModelSpec
from latentlab.views.map.view import MapView

NAMES = ("nought", "one", "two", "three")


class Recorder:
    """An engine that only remembers what it was asked."""

    def __init__(self) -> None:
        self.work: list[Any] = []
        self.live: list[Any] = []

    def submit(self, request: Any) -> None:
        self.work.append(request)

    def show(self, request: Any) -> None:
        self.live.append(request)

    def pause_training(self) -> None: ...

    def resume_training(self) -> None: ...

    def stop_training(self) -> None: ...

    def cancel(self, ticket: int) -> None: ...

    def close(self, timeout_s: float = 10.0) -> bool:
        return True

    def live_of(self, kind: type) -> list[Any]:
        return [request for request in self.live if isinstance(request, kind)]


def codes_of(xy: Any, labels: Any = None) -> m.Codes:
    places = np.asarray(xy, dtype=np.float32).reshape(-1, 2)
    count = len(places)
    marks = np.zeros(count, np.int64) if labels is None else np.asarray(labels, np.int64)
    return m.Codes(
        places,
        places,
        marks,
        np.zeros(count, np.int8),
        axes_plane(2),
        PointIndex(places),
        0.05,
    )


@dataclass
class Stage:
    """A shown map with its session."""

    session: Session
    engine: Recorder
    view: MapView
    tickets: list[int] = field(default_factory=lambda: [1000])

    def open_model(self, codes: m.Codes | None, lattice: m.Lattice | None = None) -> None:
        self.tickets[0] += 1
        info = m.ModelInfo("model", ModelSpec(shape=(1, 8, 8)), label_names=NAMES)
        self.session.apply(m.ModelOpened(self.tickets[0], info, codes, lattice))

    def px(self, x: float, y: float) -> QPoint:
        """Map -> whole pixels of the viewport."""
        canvas = self.view.canvas
        return canvas.to_canvas(QPointF(*canvas.camera.to_px(x, y))).toPoint()

    def xy(self, px: QPoint) -> tuple[float, float]:
        """Pixels of the viewport -> map."""
        canvas = self.view.canvas
        return canvas.xy(canvas.to_plot(QPointF(px)))

    def pixels(self) -> np.ndarray:
        """(H, W, 3) of the plot alone, drawn to the end."""
        return self._plot_of(self.view.picture())

    def on_screen(self) -> np.ndarray:
        """(H, W, 3) of the plot as the screen has it: nothing is painted for this."""
        return self._plot_of(self.view.screen().grabWindow(self.view.winId()))

    def _plot_of(self, picture: QPixmap) -> np.ndarray:
        area = self.view.canvas.plot_area.toAlignedRect()
        image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
        stride = image.bytesPerLine()
        flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), stride)
        whole = flat[:, : image.width() * 3].reshape(image.height(), image.width(), 3)
        return whole[
            area.top() : area.top() + area.height(), area.left() : area.left() + area.width()
        ].astype(np.int16)

    def bare(self) -> None:
        """Points alone: nothing else that paints."""
        self.view.set_layer("rings", on=False)
        self.view.canvas.plot.setBorder(None)
        self.view.canvas.cursor_mark.setOpacity(0.0)


@pytest.fixture
def make_stage(qtbot):
    def make(xy: Any = None, labels: Any = None, *, size: tuple[int, int] = (520, 460)) -> Stage:
        engine = Recorder()
        session = Session(engine)
        view = MapView(session)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        qtbot.waitExposed(view)
        stage = Stage(session, engine, view)
        if xy is not None:
            stage.open_model(codes_of(xy, labels))
        return stage

    return make


@pytest.fixture
def make_codes():
    return codes_of
