"""latentlab: a live explorer for the latent space of variational autoencoders.

Importing it loads neither torch nor Qt: each verb is looked up when it is first used.

Example:
    >>> import latentlab
    >>> data = latentlab.open_dataset("digits")
    >>> len(data), data.shape
    (1797, (1, 8, 8))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from latentlab.version import __version__ as __version__

if TYPE_CHECKING:
    from latentlab.api import (
        Dataset,
        Direction,
        Model,
        arithmetic,
        chart,
        decode,
        directions,
        duplicates,
        embed,
        evaluate,
        explore,
        field,
        figure,
        film,
        interpolate,
        jacobian_directions,
        load_model,
        make_direction,
        measure,
        open_dataset,
        outliers,
        posterior,
        posteriors,
        reconstruct,
        recover_labels,
        remove_direction,
        render,
        sample,
        save_model,
        train,
        traverse,
        walk_direction,
        where,
    )


__all__ = [
    "Dataset",
    "Direction",
    "Model",
    "arithmetic",
    "chart",
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
_MODULES = ("metric", "paths")


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("latentlab.api"), name)
    if name in _MODULES:
        return importlib.import_module(f"latentlab.{name}")
    raise AttributeError(f"module 'latentlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
