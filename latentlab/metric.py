"""The metric that a decoder pulls back into latent space: lengths, geodesics, what can change.

Example:
    >>> import latentlab
    >>> from latentlab import metric
    >>> model = latentlab.train("digits", steps=2)
    >>> surface = metric.surface_of(model)
    >>> found = metric.geodesic(surface, [0.0, 0.0], [1.0, 0.5])
    >>> found.length <= found.straight
    True
"""

from latentlab.latent.closeness import DataDensity
from latentlab.latent.geodesic import Geodesic, geodesic, improving
from latentlab.latent.metric import euclidean_length, metric_length
from latentlab.latent.relief import Relief, relief_of
from latentlab.latent.surface import Surface, surface_of
from latentlab.latent.terrain import Graph, data_graph, grid_graph, landmark_graph

__all__ = [
    "DataDensity",
    "Geodesic",
    "Graph",
    "Relief",
    "Surface",
    "data_graph",
    "euclidean_length",
    "geodesic",
    "grid_graph",
    "improving",
    "landmark_graph",
    "metric_length",
    "relief_of",
    "surface_of",
]
