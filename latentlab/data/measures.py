"""What can be measured of each datum with a model: names in tables and expressions, and titles."""

from __future__ import annotations

OF_CODES = ("cluster", "distance")  # of z alone
OF_DATA = ("recon", "kl", "bound", "logp")  # these need the data themselves
MEASURED = ("cluster", *OF_DATA, "distance")
TITLES = {
    "cluster": "Cluster",
    "recon": "Reconstruction error",
    "kl": "KL",
    "bound": "Bound",
    "logp": "log p(x)",
    "distance": "Distance to neighbours",
}
NATS = "nats"
CLUSTERS, NEIGHBOURS = 10, 10  # unless another number is asked for
