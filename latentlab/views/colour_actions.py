"""The actions that colour and filter the points."""

from __future__ import annotations

from latentlab.views.action_spec import ActionSpec

BY = "View/Colour"


def _by(name: str, text: str, key: str, tip: str) -> ActionSpec:
    return ActionSpec(
        f"colour_{name}", BY, text, f"Alt+Shift+{key}", tip=tip, checkable=True, group="colour"
    )


def _scale(kind: str, text: str, key: str, tip: str, *, rule: bool = False) -> ActionSpec:
    keys = f"Alt+Shift+{key}"
    return ActionSpec(
        f"scale_{kind}", BY, text, keys, tip=tip, checkable=True, group="scale", rule=rule
    )


FILTER_ACTIONS = (
    ActionSpec(
        "filter", "Edit", "&Filter...", "Ctrl+F", "search", "Such as: class is 3 or 5", rule=True
    ),
    ActionSpec("clear_filter", "Edit", "Clear the fil&ter", "Ctrl+Shift+F"),
    ActionSpec("show_all", "Edit", "Show what is &hidden", "Ctrl+H", tip="Every class and group"),
)
COLOUR_ACTIONS = (
    _by("class", "&Class", "C", "The labels of the data"),
    _by("split", "&Train or test", "S", "What the model learned from"),
    _by("cluster", "Clu&ster", "K", "k-means in z"),
    _by("recon", "&Reconstruction error", "R", "-E[log p(x|z)] of each datum"),
    _by("kl", "&KL", "L", "KL(q(z|x) || p(z)) of each datum"),
    _by("bound", "&Bound", "B", "The ELBO of each datum"),
    _by("logp", "&Log p(x)", "P", "By quadrature up to two latents, else by importance sampling"),
    _by("distance", "&Distance to neighbours", "D", "In z: what lies apart"),
    ActionSpec(
        "colour_next",
        BY,
        "&Next column of the data",
        "Alt+Shift+N",
        tip="Those of the file beside the pictures",
        rule=True,
    ),
    _scale("linear", "L&inear scale", "I", "By value", rule=True),
    _scale("log", "L&ogarithmic scale", "O", "By the logarithm"),
    _scale("quantile", "&Quantile scale", "Q", "By rank: as many points in each colour"),
    ActionSpec(
        "scale_reset", BY, "R&eset the scale", "Alt+Shift+E", tip="All but 1 % at either end"
    ),
)
