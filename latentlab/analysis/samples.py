"""Samples of a model against data: density and coverage, in pixels and in codes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.analysis.coverage import density_and_coverage
from latentlab.analysis.figures import Cover
from latentlab.analysis.kept import spaced
from latentlab.data.dataset import Dataset
from latentlab.models.model import Model
from latentlab.specs import Binarize

COUNT = 2000
DENSITY_COUNT = 500  # drawn pixel by pixel

Floats = NDArray[np.float32]


def covers(
    model: Model, dataset: Dataset, rows: NDArray[np.int64], binarize: Binarize, seed: int
) -> list[Cover]:
    """Density and coverage of samples against `rows`, and of training rows in their place.

    A decoder gives means, grey as the data; a model without latents draws pixels, which are held
    against data that are binarised as it learned them.
    """
    exact = model.vae.z_dim == 0
    rows = spaced(rows, DENSITY_COUNT if exact else COUNT)
    rng = np.random.default_rng(seed)

    def inputs(chosen: NDArray[np.int64]) -> Floats:
        x = dataset.inputs(chosen)
        drawn = exact and binarize != "none"
        return (rng.random(x.shape, np.float32) < x).astype(np.float32) if drawn else x

    data = inputs(rows)
    samples = draw(model, len(rows), dataset.labels[rows], seed)
    others = np.setdiff1d(dataset.rows("train"), rows)
    beside = inputs(spaced(others, len(rows))) if len(others) >= len(rows) else None
    found = [_cover("pixels", data, samples, beside)]
    if not exact:
        codes = [None if part is None else model.encode(part) for part in (data, samples, beside)]
        if codes[0] is not None and codes[1] is not None:
            found.append(_cover("codes", codes[0], codes[1], codes[2]))
    return found


def draw(model: Model, count: int, labels: NDArray[np.int64], seed: int) -> Floats:
    """E[x|z] of draws from the prior (count, C, H, W), of classes as often as in `labels`."""
    if model.vae.z_dim == 0:
        generator = torch.Generator().manual_seed(seed)
        shape = model.vae.noise_shape(count)  # type: ignore[operator]
        with torch.inference_mode():
            uniform = torch.rand(shape, generator=generator).to(model.device)
            drawn: Floats = model.vae.sample(uniform).cpu().numpy()  # type: ignore[operator]
        return drawn
    if not model.vae.told:
        return model.sample(count, seed)
    known = labels[(labels >= 0) & (labels < model.vae.told)]
    if not len(known):
        return model.sample(count, seed)
    share = np.bincount(known, minlength=model.vae.told) / len(known)
    each = np.random.default_rng(seed).multinomial(count, share)
    parts = [model.sample(int(n), seed + y, y) for y, n in enumerate(each) if n]
    return np.concatenate(parts)


def _cover(space: str, data: Floats, samples: Floats, beside: Floats | None) -> Cover:
    flat = [None if part is None else part.reshape(len(part), -1) for part in (data, beside)]
    real, other = flat
    if real is None:
        raise AssertionError("there are data")
    found = density_and_coverage(real, samples.reshape(len(samples), -1))
    ceiling = None if other is None else density_and_coverage(real, other)
    return Cover(
        space="pixels" if space == "pixels" else "codes",
        density=found.density,
        coverage=found.coverage,
        density_of_data=None if ceiling is None else ceiling.density,
        coverage_of_data=None if ceiling is None else ceiling.coverage,
        count=found.count,
    )
