"""Which chart a model begins with, and where its map lies before there are codes."""

from __future__ import annotations

import numpy as np

from latentlab.engine.messages import ChartSpec
from latentlab.errors import UsageError
from latentlab.latent.cells import grid_chart
from latentlab.latent.charts import Chart, axes_plane
from latentlab.models.dims import code_dim
from latentlab.session.natures import is_quantised
from latentlab.specs import Categorical, ModelSpec


def fitting_chart(chart: ChartSpec, spec: ModelSpec) -> ChartSpec:
    """The chart, where the model has such a plane; else the one that it begins with.

    The mean of a grid's vectors has no axes of its own: principal components show it.
    """
    if is_quantised(spec):
        return ChartSpec("principal") if spec.latent_dim > 1 else ChartSpec()
    return chart if max(chart.first, chart.second) < spec.latent_dim else ChartSpec()


def chart_of(plane: Chart) -> ChartSpec:
    """The chart that a plane of a model file came from, by the names of its axes."""
    numbers = [name[1:] for name in plane.names if name.startswith("z")]
    if len(numbers) == 2 and all(number.isdecimal() and number != "0" for number in numbers):
        first, second = (int(number) - 1 for number in numbers)
        return ChartSpec("axes", first, second)
    return ChartSpec("principal") if plane.names[0].startswith("PC") else ChartSpec()


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
