"""Which chart the map shows: what a model begins with, and points picked for a plane."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import ChartSpec
from latentlab.engine.values import MOST_LAID_OUT
from latentlab.errors import UsageError
from latentlab.latent.cells import grid_chart
from latentlab.latent.charts import Chart, Plane, axes_plane, points_plane
from latentlab.latent.layouts import Layout
from latentlab.models.dims import code_dim
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.natures import is_quantised
from latentlab.session.state import Notice
from latentlab.specs import Categorical, ModelSpec

Floats = NDArray[np.float64]


def fitting_chart(chart: ChartSpec, spec: ModelSpec) -> ChartSpec:
    """The chart, where the model has such a plane; else the one that it begins with.

    Of more than two latents the first two may both be dead, so those begin with principal
    components; the mean of a grid's vectors has no axes of its own.
    """
    if is_quantised(spec):
        return ChartSpec("principal") if spec.latent_dim > 1 else ChartSpec()
    if spec.latent_dim > 2 and chart == ChartSpec() and not isinstance(spec.posterior, Categorical):
        return ChartSpec("principal")
    if spec.latent_dim == 2 and chart.kind == "principal":
        return ChartSpec()  # it is all of them
    if chart.kind == "points" and any(len(point) != spec.latent_dim for point in chart.points):
        return ChartSpec()
    if max(chart.first, chart.second) >= spec.latent_dim:
        return ChartSpec()
    return chart.while_learning() if chart.layout else chart


def chart_of(plane: Chart) -> ChartSpec:
    """The chart that a plane of a model file came from, by the names of its axes."""
    if isinstance(plane, Layout):
        some = plane.fitted < len(plane.z)
        return ChartSpec(plane.kind, most=plane.fitted if some else MOST_LAID_OUT)
    numbers = [name[1:] for name in plane.names if name.startswith("z")]
    if len(numbers) == 2 and all(number.isdecimal() and number != "0" for number in numbers):
        first, second = (int(number) - 1 for number in numbers)
        return ChartSpec("axes", first, second)
    if plane.names[0].startswith("LD"):
        return ChartSpec("discriminant")
    if plane.names[0].startswith("to point") and isinstance(plane, Plane):
        corners = plane.lift([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        return ChartSpec("points", points=tuple(tuple(corner) for corner in corners.tolist()))
    return ChartSpec("principal") if plane.names[0].startswith("PC") else ChartSpec()


def shown_chart(chart: ChartSpec, plane: Chart) -> ChartSpec:
    """What is shown where `chart` was wanted and codes came on `plane`.

    New codes have no layout yet, and classes can be too few for discriminants.
    """
    if plane.steps or plane.latent_dim < 2:
        return chart
    found = chart_of(plane)
    return chart if found.kind == chart.kind else found


def plane_without_codes(chart: ChartSpec, spec: ModelSpec) -> Chart | None:
    """The plane of a chart before there are codes; None where there are no latents."""
    latents = code_dim(spec)
    if isinstance(spec.posterior, Categorical) and latents:
        none = np.zeros((0, latents), np.float32)
        return grid_chart(none, spec.latent_dim, spec.posterior.categories)
    if not latents:
        return None
    if chart.kind == "axes":
        try:
            return axes_plane(latents, chart.first, chart.second)
        except UsageError:
            pass
    return axes_plane(latents)


class PlanePoints(QObject):
    """Latents picked one after the other: the plane through three of them becomes the chart.

    Args:
        z: The latents at the cursor.
        show: Shows a chart.
        parent: The session.
    """

    points_changed = Signal()
    notice = Signal(object)

    def __init__(
        self,
        z: Callable[[], Floats | None],
        show: Callable[[ChartSpec], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._z = z
        self._show = show
        self.points: tuple[tuple[float, ...], ...] = ()
        self._means = Latest(self)
        self._means.told.connect(self.pick)

    @property
    def missing(self) -> int:
        """How many are still to be picked."""
        return 3 - len(self.points)

    def pick_cursor(self) -> None:
        """Take the latents at the cursor."""
        z = self._z()
        if z is not None:
            self.pick(z)

    def pick_mean(self, z: NDArray[np.float32], rows: NDArray[np.integer]) -> None:
        """Take the mean of rows of codes (N, d), as soon as it is known."""
        if len(rows):
            self._means.ask(partial(_tell_mean, z, rows))

    def pick(self, z: object) -> None:
        """Take latents (d,); the third shows the plane, and one after it begins anew."""
        point = tuple(float(value) for value in np.asarray(z, dtype=np.float64))
        others = self.points if len(self.points) < 3 else ()
        if any(len(other) != len(point) for other in others):
            others = ()
        points = (*others, point)
        if len(points) == 3:
            try:
                points_plane(points)
            except UsageError as error:
                self.notice.emit(Notice("info", error.what, error.do))
                return
        self._set(points)
        if len(points) == 3:
            self._show(ChartSpec("points", points=points))

    def clear(self) -> None:
        """Pick anew."""
        self._set(())

    def follow(self, chart: ChartSpec) -> None:
        """The chart has changed: its points are those that are picked."""
        if chart.kind == "points":
            self._set(chart.points)
        elif len(self.points) == 3:
            self._set(())

    def fit(self, plane: Chart | None) -> None:
        """Another model is open: points of another latent space are points no more."""
        if self.points and (plane is None or plane.latent_dim != len(self.points[0])):
            self._set(())

    def _set(self, points: tuple[tuple[float, ...], ...]) -> None:
        if points != self.points:
            self.points = points
            self.points_changed.emit()


def _tell_mean(z: NDArray[np.float32], rows: NDArray[np.integer], say: Say, _go_on: GoOn) -> None:
    say(z[rows].mean(axis=0, dtype=np.float64))
