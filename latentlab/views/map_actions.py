"""The actions that choose what the map shows: its layers, and its chart of latent space."""

from __future__ import annotations

from latentlab.views.action_spec import switches

LAYER_ACTIONS = switches(
    "View/Layers",
    "",
    "Alt+",
    (
        ("density", "Density of the &data", "1", "How many data there are for each area"),
        ("aggregate", "&Aggregate posterior", "2", "q(z), the mean of q(z|x) over the data"),
        ("posterior", "&q(z|x)", "3", "The encoder's, of hovered and selected data"),
        ("true_posterior", "&True posterior", "4", "p(z|x) beside q: the bound's gap"),
        ("decisions", "De&cision regions", "5", "p(y|z): which class, and how surely"),
        ("magnification", "&Magnification", "6", "sqrt(det G): how the decoder stretches"),
        ("entropy", "Decoder &entropy", "7", "How unsure p(x|z) is of its picture"),
        ("log_px", "&log p(x) of the decode", "8", "How probable what is decoded is"),
        ("far", "&Far from data", "9", "Where a decode is a guess"),
    ),
)
CHART_ACTIONS = switches(
    "View/Plane",
    "",
    "Ctrl+Alt+",
    (
        ("axes", "Two &latents", "A", ""),
        ("principal", "&Principal components", "P", ""),
        ("discriminant", "&Discriminants of the classes (LDA)", "C", ""),
        ("three_points", "Through &three points", "3", ""),
        ("tsne", "t-&SNE layout", "S", ""),
        ("umap", "&UMAP layout", "U", ""),
    ),
    "plane",
)
