"""The pictures of a figure, decoded: from what is wanted to a board."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import to_picture
from latentlab.engine.figures import Scene
from latentlab.errors import RefusedError, UsageError
from latentlab.export.board import Board, difference, in_colour
from latentlab.export.figure import grid_points
from latentlab.latent import paths
from latentlab.latent.cells import GridChart
from latentlab.latent.charts import Chart, Plane
from latentlab.models.units import in_units_of
from latentlab.parts.figures import (
    MOST_ROWS,
    ClassTable,
    Comparison,
    FigureSpec,
    Manifold,
    Palette,
    Reconstructions,
    Traversal,
)
from latentlab.specs import Categorical, StandardNormal

if TYPE_CHECKING:
    from latentlab.models.model import Model

Floats = NDArray[np.float64]
Report = Callable[[float], None]
DRAWS = 20_000  # of a prior whose quantiles have no closed form
AT_ONCE = 1024  # pictures between two looks at whether to go on


def board_of(
    model: Model, wanted: FigureSpec, scene: Scene, report: Report = lambda _: None
) -> Board:
    """Decode what a figure shows.

    Args:
        model: The decoder.
        wanted: Which figure.
        scene: The map, the data and the class.
        report: Called with the fraction done; what it raises ends the work.

    Raises:
        UsageError: The figure's numbers do not fit the model.
        RefusedError: What it is drawn from is missing: labels, data, a prior.
    """
    painter = _Painter(model, scene, report)
    if isinstance(wanted, Manifold):
        return painter.manifold(wanted)
    if isinstance(wanted, Palette):
        return painter.palette(wanted)
    if isinstance(wanted, ClassTable):
        return painter.classes(wanted)
    if isinstance(wanted, Traversal):
        return painter.traversal(wanted)
    if isinstance(wanted, Reconstructions):
        return painter.reconstructions(wanted)
    return painter.comparison(wanted)


class _Painter:
    def __init__(self, model: Model, scene: Scene, report: Report) -> None:
        self._model = model
        self._scene = scene
        self._report = report

    def decode(self, z: Floats, label: int | None = None) -> NDArray[np.uint8]:
        """(R, C, d) -> (R, C, H, W[, 3])."""
        flat = z.reshape(-1, z.shape[-1])
        label = self._scene.label if label is None else label
        parts = []
        for start in range(0, len(flat), AT_ONCE):
            self._report(start / len(flat))
            parts.append(to_picture(self._model.decode(flat[start : start + AT_ONCE], label)))
        images = np.concatenate(parts)
        return images.reshape(*z.shape[:-1], *images.shape[1:])

    # The manifold

    def manifold(self, wanted: Manifold) -> Board:
        chart = self._chart()
        if isinstance(chart, GridChart):
            return self._cells(chart, wanted)
        if wanted.spacing == "quantiles":
            x, y = self._quantiles(chart, wanted.grid)
            points = np.stack(np.meshgrid(x, y[::-1]), axis=-1)  # (R, C, 2), the largest y on top
        else:
            points = grid_points(wanted.rect or self._scene.rect, wanted.grid)
        x, y = points[0, :, 0], points[:, 0, 1]
        return Board(self.decode(self._lifted(chart, points)), x=x, y=y, axes=chart.names)

    def _cells(self, chart: GridChart, wanted: Manifold) -> Board:
        if wanted.spacing == "quantiles":
            raise UsageError(
                "Codes are cells: they have no quantiles.",
                where="spacing",
                do="Choose uniform spacing.",
            )
        images = self.decode(chart.lattice())
        rows, columns = images.shape[:2]
        present = np.arange(rows * columns).reshape(rows, columns) < len(chart.cells)
        return Board(images, axes=chart.names, present=present)

    def _quantiles(self, chart: Chart, count: int) -> tuple[Floats, Floats]:
        """Map coordinates at the middle of equal shares of the prior's mass, ascending."""
        shares = (np.arange(count) + 0.5) / count
        spec = self._model.spec
        if self._model.quantised or not isinstance(chart, Plane):
            raise RefusedError(
                "The prior has no quantiles on this map.",
                where="spacing",
                do="Choose uniform spacing, or a plane of two latents.",
            )
        if isinstance(spec.prior, StandardNormal):  # normal on any plane, of this mean and scale
            from scipy.special import ndtri

            normal = np.asarray(ndtri(shares), dtype=np.float64)
            middle, scale = chart.project(np.zeros(len(chart.origin))), _lengths(chart.axes)
            return middle[0] + scale[0] * normal, middle[1] + scale[1] * normal
        w = chart.project(self._model.sample_latents(DRAWS, 0))  # (S, 2)
        found = np.quantile(w, shares, axis=0)
        return found[:, 0], found[:, 1]

    def _chart(self) -> Chart:
        if self._scene.chart is None:
            from latentlab.models.density import no_latents

            no_latents()
        chart: Chart = self._scene.chart
        return chart

    def _lifted(self, chart: Chart, points: Floats) -> Floats:
        z = chart.lift(points)
        return z if self._scene.offset is None else z + self._scene.offset

    # Between latents

    def palette(self, wanted: Palette) -> Board:
        corners = self._corners(wanted)
        side, t = wanted.side, np.linspace(0.0, 1.0, wanted.side)
        if wanted.curve == "spherical":
            left = paths.slerp(corners[0], corners[2], side)
            right = paths.slerp(corners[1], corners[3], side)
            z = np.stack([paths.slerp(a, b, side) for a, b in zip(left, right, strict=True)])
        else:
            v, u = t[:, None, None], t[None, :, None]
            above = (1 - u) * corners[0] + u * corners[1]
            below = (1 - u) * corners[2] + u * corners[3]
            z = (1 - v) * above + v * below  # (R, C, d)
        return Board(self.decode(z))

    def _corners(self, wanted: Palette) -> Floats:
        if wanted.corners is not None:
            return np.stack([self._latents(corner) for corner in wanted.corners])
        chart = self._chart()
        x0, y0, x1, y1 = self._scene.rect
        return self._lifted(chart, np.array([(x0, y1), (x1, y1), (x0, y0), (x1, y0)]))

    def comparison(self, wanted: Comparison) -> Board:
        z = paths.straight(self._latents(wanted.a), self._latents(wanted.b), wanted.steps)
        images = self.decode(z[None])[0]  # (F, H, W[, 3])
        moved = difference(np.broadcast_to(images[:1], images.shape), images)
        shown = images if images.ndim == 4 else in_colour(images)
        ends = ("A", *[""] * (wanted.steps - 2), "B")
        return Board(
            np.stack([shown, moved]),
            rows=("decoded", "against A"),
            columns=ends,
            note="Orange is lighter than A, blue is darker.",
        )

    def _latents(self, values: tuple[float, ...]) -> Floats:
        if len(values) != self._model.code_dim:
            raise UsageError(
                f"The model has {self._model.code_dim} latents, {len(values)} were given.",
                do="Give as many numbers as the model has latents.",
            )
        return np.asarray(values, dtype=np.float64)

    # Classes

    def classes(self, wanted: ClassTable) -> Board:
        means, names = self._class_means()
        if not wanted.steps:
            share = wanted.share
            z = (1 - share) * means[:, None] + share * means[None]  # (K, K, d)
            return Board(
                self.decode(z),
                rows=names,
                columns=names,
                note=f"Row to column, {share:.0%} of the way between the classes' mean codes.",
            )
        pairs = list(combinations(range(len(names)), 2))
        t = np.linspace(0.0, 1.0, max(wanted.steps, 2))[:, None]
        z = np.stack([(1 - t) * means[a] + t * means[b] for a, b in pairs])  # (P, F, d)
        rows = tuple(f"{names[a]} to {names[b]}" for a, b in pairs)
        return Board(self.decode(z), rows=rows)

    def _class_means(self) -> tuple[Floats, tuple[str, ...]]:
        scene = self._scene
        if scene.codes is None or scene.labels is None or (scene.labels < 0).all():
            raise RefusedError(
                "There are no labelled data to take the classes' means from.",
                where="classes",
                do="Open data with labels, or a model file with its map.",
            )
        whole = np.isfinite(scene.codes).all(axis=1)
        found = np.unique(scene.labels[whole & (scene.labels >= 0)])
        if len(found) < 2:
            raise RefusedError("The data have one class alone.", do="Open data of two or more.")
        means = [
            scene.codes[whole & (scene.labels == k)].mean(axis=0, dtype=np.float64) for k in found
        ]
        known = scene.names
        return np.stack(means), tuple(
            known[k] if k < len(known) else f"Class {k}" for k in found.tolist()
        )

    # One latent at a time

    def traversal(self, wanted: Traversal) -> Board:
        model = self._model
        if model.quantised:
            raise RefusedError(
                "A datum of this model is a grid of codes: it has no latents to move alone.",
                do="Choose another figure.",
            )
        if not model.code_dim:
            from latentlab.models.density import no_latents

            no_latents()
        if isinstance(model.spec.posterior, Categorical):
            return self._categories(wanted, model.spec.posterior.categories)
        order, note = self._order(wanted)
        middle = np.zeros(model.code_dim) if wanted.at is None else self._latents(wanted.at)
        values = np.linspace(-wanted.reach, wanted.reach, wanted.steps)
        z = np.tile(middle, (len(order), wanted.steps, 1))  # (R, C, d)
        for r, latent in enumerate(order):
            z[r, :, latent] = values
        return Board(
            self.decode(z),
            rows=tuple(f"z{latent + 1}" for latent in order),
            columns=tuple(f"{value + 0.0:.3g}".replace("-", "−") for value in values),
            note=note,
        )

    def _order(self, wanted: Traversal) -> tuple[list[int], str]:
        """Which latents, and what is to be said of the choice."""
        count, codes = self._model.code_dim, self._scene.codes
        if wanted.latents is not None:
            for latent in wanted.latents:
                if latent >= count:
                    raise UsageError(
                        f"There is no latent {latent + 1}.",
                        where="latents",
                        do=f"The model has {count}.",
                    )
            return list(wanted.latents), ""
        order = list(range(count))
        by = "first"
        if codes is not None and len(codes) > 1:
            spread = np.nan_to_num(np.var(codes.astype(np.float64), axis=0))
            order = np.argsort(-spread, kind="stable").tolist()
            by = "most active"
        if count <= MOST_ROWS:
            return order, "Most active latents first." if by == "most active" else ""
        return order[:MOST_ROWS], f"The {MOST_ROWS} {by} of {count} latents."

    def _categories(self, wanted: Traversal, categories: int) -> Board:
        """A row for each categorical latent, a column for each of its categories."""
        latents = self._model.spec.latent_dim
        order = list(wanted.latents or range(min(latents, MOST_ROWS)))
        if max(order) >= latents:
            raise UsageError(
                f"There is no latent {max(order) + 1}.", where="latents", do=f"It has {latents}."
            )
        start = np.eye(categories)[np.zeros(latents, np.int64)].ravel()
        middle = start if wanted.at is None else self._latents(wanted.at)
        z = np.tile(middle, (len(order), categories, 1)).reshape(
            len(order), categories, latents, categories
        )
        for r, latent in enumerate(order):
            z[r, :, latent] = np.eye(categories)
        left = f"The first {len(order)} of {latents} latents." if len(order) < latents else ""
        return Board(
            self.decode(z.reshape(len(order), categories, -1)),
            rows=tuple(f"z{latent + 1}" for latent in order),
            columns=tuple(str(k + 1) for k in range(categories)),
            note="" if wanted.latents else left,
        )

    # Data

    def reconstructions(self, wanted: Reconstructions) -> Board:
        from latentlab.engine.embedding import labels_for

        dataset, model = self._scene.dataset, self._model
        if dataset is None:
            raise RefusedError(
                "Reconstructions need the data.", where="reconstructions", do="Open them."
            )
        if wanted.rows and max(wanted.rows) >= len(dataset):
            raise UsageError(
                f"There is no row {max(wanted.rows)}.", do=f"Rows go up to {len(dataset) - 1:,}."
            )
        rows = _spread(dataset.rows("test"), dataset.rows("all"), wanted.count)
        rows = np.asarray(wanted.rows) if wanted.rows else rows
        x = in_units_of(model.header, dataset).inputs(rows)
        known = labels_for(model, dataset)
        self._report(0.0)
        again = model.reconstruct(x, labels=None if known is None else known[rows])
        return _pairs(to_picture(x), to_picture(again), min(wanted.columns, len(rows)))


def _lengths(axes: Floats) -> Floats:
    return np.asarray(np.linalg.norm(axes, axis=0))


def _spread(test: NDArray[np.int64], every: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    rows = test if len(test) else every
    at = np.linspace(0, len(rows) - 1, min(count, len(rows)))
    return rows[np.rint(at).astype(np.int64)]


def _pairs(originals: NDArray[np.uint8], reconstructions: NDArray[np.uint8], columns: int) -> Board:
    """Rows of originals, each over the row of what became of them."""
    count = len(originals)
    lines = -(-count // columns)
    shape = (2 * lines, columns, *originals.shape[1:])
    images = np.zeros(shape, np.uint8)
    present = np.zeros((2 * lines, columns), np.bool_)
    for i in range(count):
        r, c = 2 * (i // columns), i % columns
        images[r, c], images[r + 1, c] = originals[i], reconstructions[i]
        present[r : r + 2, c] = True
    return Board(images, rows=("x", "x′") * lines, present=present)
