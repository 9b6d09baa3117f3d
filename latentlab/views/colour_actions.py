"""The actions that colour and filter the points."""

from __future__ import annotations

from latentlab.views.action_spec import ActionSpec, switches

BY = "View/Colour"
KEYS = "Alt+Shift+"
_BY = switches(
    BY,
    "colour_",
    KEYS,
    (
        ("class", "&Class", "C", "The labels of the data"),
        ("split", "&Train or test", "S", "What the model learned from"),
        ("cluster", "Clu&ster", "K", "k-means in z"),
        ("recon", "&Reconstruction error", "R", "-E[log p(x|z)] of each datum"),
        ("kl", "&KL", "L", "KL(q(z|x) || p(z)) of each datum"),
        ("bound", "&Bound", "B", "The ELBO of each datum"),
        ("logp", "&Log p(x)", "P", "By quadrature up to two latents, else by importance sampling"),
        ("distance", "&Distance to neighbours", "D", "In z: what lies apart"),
    ),
    "colour",
)
_SCALES = switches(
    BY,
    "scale_",
    KEYS,
    (
        ("linear", "L&inear scale", "I", "By value"),
        ("log", "L&ogarithmic scale", "O", "By the logarithm"),
        ("quantile", "&Quantile scale", "Q", "By rank: as many points in each colour"),
    ),
    "scale",
    rule=True,
)
FILTER_ACTIONS = (
    ActionSpec(
        "filter", "Edit", "&Filter...", "Ctrl+F", "search", "Such as: class is 3 or 5", rule=True
    ),
    ActionSpec("clear_filter", "Edit", "Clear the fil&ter", "Ctrl+Shift+F"),
    ActionSpec("show_all", "Edit", "Show what is &hidden", "Ctrl+H", tip="Every class and group"),
)
COLOUR_ACTIONS = (
    *_BY,
    ActionSpec(
        "colour_next",
        BY,
        "&Next column of the data",
        "Alt+Shift+N",
        tip="Those of the file beside the pictures",
        rule=True,
    ),
    *_SCALES,
    ActionSpec(
        "scale_reset", BY, "R&eset the scale", "Alt+Shift+E", tip="All but 1 % at either end"
    ),
)
