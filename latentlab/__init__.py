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
        Model,
        chart,
        decode,
        duplicates,
        embed,
        evaluate,
        explore,
        field,
        figure,
        film,
        interpolate,
        load_model,
        measure,
        open_dataset,
        outliers,
        posterior,
        reconstruct,
        recover_labels,
        render,
        sample,
        save_model,
        train,
        traverse,
        where,
    )


__all__ = [
    "Dataset",
    "Model",
    "chart",
    "decode",
    "duplicates",
    "embed",
    "evaluate",
    "explore",
    "field",
    "figure",
    "film",
    "interpolate",
    "load_model",
    "measure",
    "open_dataset",
    "outliers",
    "posterior",
    "reconstruct",
    "recover_labels",
    "render",
    "sample",
    "save_model",
    "train",
    "traverse",
    "where",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("latentlab.api"), name)
    raise AttributeError(f"module 'latentlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
