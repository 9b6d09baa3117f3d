"""The public verbs: what the command line and scripts call. numpy in, numpy out.

Wherever data are asked for, a `Dataset`, a catalogue name, a file or a folder will do; wherever a
model is asked for, a `Model`, a model file or a run folder will do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.data.dataset import Dataset
from latentlab.errors import LatentlabError
from latentlab.latent.directions import Direction
from latentlab.specs import Device
from latentlab.verbs.charting import Charted, chart
from latentlab.verbs.directions import (
    arithmetic,
    directions,
    jacobian_directions,
    make_direction,
    remove_direction,
    walk_direction,
)
from latentlab.verbs.filming import film
from latentlab.verbs.finding import Duplicates, Outliers, duplicates, outliers
from latentlab.verbs.judging import evaluate
from latentlab.verbs.labels import recover_labels
from latentlab.verbs.layers import field
from latentlab.verbs.learning import train
from latentlab.verbs.looking import code_of, decode, embed, reconstruct, sample
from latentlab.verbs.measuring import measure, where
from latentlab.verbs.opening import load_model, open_dataset, save_model
from latentlab.verbs.picturing import figure, render
from latentlab.verbs.posteriors import PosteriorOf, posterior, posteriors
from latentlab.verbs.travelling import Interpolation, interpolate
from latentlab.verbs.traversing import Traversed, traverse

if TYPE_CHECKING:
    from latentlab.app import Program
    from latentlab.models.model import Model
    from latentlab.verbs.opening import Data

__all__ = [
    "Charted",
    "Dataset",
    "Direction",
    "Duplicates",
    "Interpolation",
    "Model",
    "Outliers",
    "PosteriorOf",
    "Traversed",
    "arithmetic",
    "chart",
    "code_of",
    "decode",
    "directions",
    "duplicates",
    "embed",
    "evaluate",
    "explore",
    "field",
    "figure",
    "film",
    "interpolate",
    "jacobian_directions",
    "load_model",
    "make_direction",
    "measure",
    "open_dataset",
    "outliers",
    "posterior",
    "posteriors",
    "reconstruct",
    "recover_labels",
    "remove_direction",
    "render",
    "sample",
    "save_model",
    "train",
    "traverse",
    "walk_direction",
    "where",
]


def __getattr__(name: str) -> object:
    if name == "Model":  # it needs torch, which importing the verbs must not load
        from latentlab.models.model import Model

        return Model
    raise AttributeError(f"module 'latentlab.api' has no attribute {name!r}")


def explore(
    model: Path | str | Model | None = None,
    data: Data | None = None,
    *,
    device: Device = "auto",
) -> Program | None:
    """Open the window, on a model or data or both.

    In a script it returns None when the window is closed; where an event loop runs already
    (IPython with `%gui qt`) it returns the running program at once.

    Args:
        model: A model file, a run folder or a `Model`; None opens the sample.
        data: Data to look at with it.
        device: Where models compute.

    Raises:
        LatentlabError: There is no display.

    Example::

        latentlab.explore("runs/digits", "digits")
    """
    from latentlab import app

    if not app.display_works():
        raise LatentlabError(
            "No window can be shown here: there is no display.",
            do="Set DISPLAY, or use the other verbs.",
        )
    return app.explore(model, data, device=device)
