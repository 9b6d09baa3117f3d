"""What a model that is told of classes can do beside others: numpy in, numpy out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import UNLABELLED

if TYPE_CHECKING:
    from latentlab.models.model import Model

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def reconstruct(model: Model, x: Floats, labels: Labels | None = None) -> Floats:
    """E[x|z, y] at each picture's own code and class: (N, C, H, W) -> the same.

    Args:
        model: It is told of classes.
        x: The pictures.
        labels: (N,) their classes, -1 where unknown: there M2 takes what its classifier finds most
            probable, and a model without one gives the mean over all classes.
    """
    told = model.vae.told
    y = np.full(len(x), UNLABELLED) if labels is None else labels
    y = np.where(y < told, y, UNLABELLED)
    if model.vae.knowing is not None:
        y = np.where(y < 0, model.classify(x).argmax(1), y)
    return decode_each(model, model.encode(x, labels=y), y)


def of_any_class(model: Model, z: Floats, seed: int) -> Floats:
    """Draws z (N, d) from the prior as pictures, each of a class drawn for it: p(y) is uniform."""
    return decode_each(model, z, np.random.default_rng(seed).integers(model.vae.told, size=len(z)))


def decode_each(model: Model, z: Floats, labels: Labels) -> Floats:
    """E[x|z, y] of latents (N, d), each as its own class (N,); -1 is the mean over classes."""
    pictures = np.empty((len(z), *model.spec.shape), np.float32)
    for label in np.unique(labels):
        rows = labels == label
        pictures[rows] = model.decode(z[rows], None if label < 0 else int(label))
    return pictures
