"""The words of figures and films: what each field is called, and what it does in a line."""

from __future__ import annotations

from latentlab.views.part_words import PartWords

FIGURES: dict[str, PartWords] = {
    "manifold": PartWords("Manifold", "What the decoder draws over the map."),
    "palette": PartWords("Palette", "Four latents in the corners, and what lies between them."),
    "classes": PartWords("Classes", "From the mean code of each class to that of each other."),
    "traversal": PartWords("Traversal", "A row for each latent: it alone moves."),
    "reconstructions": PartWords("Reconstructions", "Originals over what the model makes of them."),
    "comparison": PartWords(
        "Comparison", "The path's two ends, the way between, and what differs."
    ),
}

TAKING_FIELDS: dict[tuple[str, str], tuple[str, str]] = {
    ("Manifold", "grid"): ("Pictures a side", ""),
    ("Manifold", "spacing"): ("Spacing", "Even steps, or equal shares of the prior's mass."),
    ("Palette", "side"): ("Pictures a side", ""),
    ("Palette", "curve"): ("Between corners", "Straight mixes, or along great circles."),
    ("ClassTable", "share"): ("Share of the way", "0 is the row's class, 1 the column's."),
    ("ClassTable", "steps"): ("Steps for each pair", "0 makes one table of all classes."),
    ("Traversal", "steps"): ("Pictures a row", ""),
    ("Traversal", "reach"): ("From minus to plus", "How far each latent moves."),
    ("Reconstructions", "count"): ("Data", "Spread evenly over the test rows."),
    ("Reconstructions", "columns"): ("In a row", ""),
    ("Comparison", "steps"): ("Pictures of the way", ""),
    ("FigureLook", "title"): ("Title", ""),
    ("FigureLook", "width_in"): ("Width, inches", ""),
    ("FigureLook", "dpi"): ("Dots an inch", "300 for print."),
    ("FigureLook", "gap"): ("Gap", "Between pictures, as a share of one."),
    ("FigureLook", "colours"): ("Colour map", "Of grey pictures."),
    ("FigureLook", "ground"): ("Page", ""),
    ("FigureLook", "names"): ("Name rows, columns and axes", ""),
    ("FigureLook", "smooth"): ("Smooth pixels", ""),
    ("FilmLook", "frames_per_s"): ("Frames a second", ""),
    ("FilmLook", "side_px"): ("Size, pixels", "The longer side of a picture."),
    ("FilmLook", "smooth"): ("Smooth pixels", ""),
    ("FilmLook", "easing"): ("Pace", "Even, or slow at the ends."),
    ("FilmLook", "back"): ("There and back", ""),
    ("FilmLook", "caption"): ("Caption", "{frame}, {frames}, {t} and {z} are filled in."),
    ("FilmLook", "map"): ("Small map", "With the cursor that moves."),
}
TAKING_EMPTY = {"side_px": "about 224"}
TAKING_CHOICES: dict[object, str] = {
    "uniform": "Even",
    "quantiles": "Quantiles of the prior",
    "bilinear": "Bilinear",
    "spherical": "Spherical",
    "gray": "Grey",
    "inverted": "Grey, inverted",
    "viridis": "Viridis",
    "magma": "Magma",
    "cividis": "Cividis",
    "white": "White",
    "black": "Black",
}
