"""The linear VAE beside PCA: the same plane, up to a rotation within it.

With a Gaussian likelihood of one learned scale, a linear VAE's bound has its maximum where the
decoder's columns span the first d principal axes, and there it equals the exact log-likelihood of
probabilistic PCA (Tipping and Bishop, 1999; Dai et al., 2018; Lucas et al., 2019). A diagonal q
also turns the columns onto the axes themselves; a full one leaves any rotation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.errors import UsageError
from latentlab.models.likelihoods import Gaussian
from latentlab.models.model import Model
from latentlab.models.networks import LinearDecoder

Floats = NDArray[np.float64]

MAX_VALUES = 4096  # of one datum: the covariance has as many rows
CHUNK_VALUES = 2**22


class LinearReport(msgspec.Struct, frozen=True, kw_only=True):
    """A linear VAE and PCA of the same number of dimensions, both learned from the train rows.

    Args:
        span_angles_deg: (d,) principal angles between the span of the decoder's columns and that
            of the first d axes, ascending; all 0 where they are one. A rotation changes nothing.
        axis_angles_deg: (d,) of each column, the angle to the axis that it is nearest to.
        nearest_axes: (d,) which one that is, 0 the first.
        reconstruction_mse: Mean squared error a value of E[x|z] at q's mean.
        span_mse: The same of the orthogonal projection onto the decoder's span.
        pca_mse: The same of PCA's projection: no linear map of d dimensions has less on the rows
            that it is fitted to.
        scale: sigma of the Gaussian; None with another likelihood.
        ppca_scale: sigma of probabilistic PCA.
        log_likelihood_nats: Exact log p(x) of the model, log N(x; b, W W^T + sigma^2 I); None with
            another likelihood.
        ppca_nats: log p(x) of probabilistic PCA: the most that a linear VAE's bound can reach on
            the rows that it is fitted to.
        latent_dim: d.
        count: Rows that the errors and nats are of.
        split: Which they are.
    """

    span_angles_deg: list[float]
    axis_angles_deg: list[float]
    nearest_axes: list[int]
    reconstruction_mse: float
    span_mse: float
    pca_mse: float
    scale: float | None
    ppca_scale: float
    log_likelihood_nats: float | None
    ppca_nats: float
    latent_dim: int
    count: int
    split: str


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Mean (D,) and mean outer product (D, D) of some rows."""

    mean: Floats
    product: Floats

    def about(self, centre: Floats) -> Floats:
        """The mean of (x - c)(x - c)^T: (D, D)."""
        crossed = np.outer(self.mean, centre)
        return self.product - crossed - crossed.T + np.outer(centre, centre)


@dataclass(frozen=True, slots=True, eq=False)
class _LowRank:
    """N(centre, U diag(variances) U^T + sigma^2 (I - U U^T)), U (D, d) orthonormal."""

    centre: Floats
    axes: Floats
    variances: Floats
    noise: float

    def nats(self, moments: _Moments) -> float:
        """Mean log density of rows with these moments."""
        second = moments.about(self.centre)
        inside = np.einsum("ij,ik,kj->j", self.axes, second, self.axes)  # (d,)
        rest = len(second) - len(inside)
        outside = np.trace(second) - inside.sum()
        log_det = np.log(self.variances).sum() + rest * math.log(self.noise)
        distance = (inside / self.variances).sum() + outside / self.noise
        return float(-0.5 * (len(second) * math.log(2 * math.pi) + log_det + distance))

    def error(self, moments: _Moments) -> float:
        """Mean squared error a value of the projection onto the axes."""
        second = moments.about(self.centre)
        left = np.trace(second) - np.einsum("ij,ik,kj->", self.axes, second, self.axes)
        return float(left / len(second))


def linear_report(
    model: Model, dataset: Dataset, *, split: Literal["train", "test", "all"] = "test"
) -> LinearReport:
    """Compare a model whose network is `linear` with PCA of the training rows.

    Args:
        model: The linear VAE.
        dataset: The data that it was trained on.
        split: Rows that errors and nats are of.

    Raises:
        UsageError: The model is not linear or has as many latents as the data have values, the
            data are too wide or of another shape, or there are too few rows.
    """
    weights, bias = _decoder(model, dataset)
    d = weights.shape[1]
    rows = dataset.rows(split)
    learned = dataset.rows("train")
    if len(learned) <= d or not len(rows):
        raise UsageError("There are too few rows for PCA.", where=dataset.name)
    train = _moments(dataset, learned)
    judged = train if split == "train" else _moments(dataset, rows)
    pca = _ppca(train, d)
    own = _own(weights, bias, model)
    angles, nearest = _to_axes(weights, pca.axes)
    gaussian = isinstance(model.vae.likelihood, Gaussian)
    return LinearReport(
        span_angles_deg=np.degrees(span_angles(weights, pca.axes)).tolist(),
        axis_angles_deg=np.degrees(angles).tolist(),
        nearest_axes=nearest.tolist(),
        reconstruction_mse=_reconstruction_error(model, dataset, rows),
        span_mse=replace(own, centre=train.mean).error(judged),
        pca_mse=pca.error(judged),
        scale=math.sqrt(own.noise) if gaussian else None,
        ppca_scale=math.sqrt(pca.noise),
        log_likelihood_nats=own.nats(judged) if gaussian else None,
        ppca_nats=pca.nats(judged),
        latent_dim=d,
        count=len(rows),
        split=split,
    )


def span_angles(first: Floats, second: Floats) -> Floats:
    """Principal angles between the spans of two sets of d columns, ascending: (d,) radians.

    Cosines tell large angles and sines small ones (Bjoerck and Golub, 1973).

    Example:
        >>> plane = np.eye(3)[:, :2]
        >>> bool(np.allclose(span_angles(plane, plane[:, ::-1]), 0))
        True
    """
    a, b = np.linalg.qr(first)[0], np.linalg.qr(second)[0]
    cosines = np.linalg.svd(a.T @ b, compute_uv=False)  # descending
    sines = np.linalg.svd(b - a @ (a.T @ b), compute_uv=False)[::-1]  # ascending
    angles: Floats = np.arctan2(sines.clip(0, 1), cosines.clip(0, 1))
    return angles


def _to_axes(weights: Floats, axes: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The angle of each column to the axis nearest to it, whatever their signs, and which."""
    lengths = np.linalg.norm(weights, axis=0).clip(1e-300)
    cosines = np.abs(axes.T @ (weights / lengths))  # (axes, columns)
    nearest = cosines.argmax(0)
    return np.arccos(cosines.max(0).clip(0, 1)), nearest


def _decoder(model: Model, dataset: Dataset) -> tuple[Floats, Floats]:
    """W (D, d) and b (D,) of the decoder's mean, b in the data's units."""
    decoder, likelihood = model.vae.decoder, model.vae.likelihood
    values = math.prod(dataset.shape)
    if not isinstance(decoder, LinearDecoder) or likelihood.channels_out != dataset.shape[0]:
        raise UsageError(
            "The model is not a linear VAE.",
            where=model.header.name,
            do="Train one with the network linear and the likelihood gaussian.",
        )
    if dataset.shape != model.spec.shape or values > MAX_VALUES:
        raise UsageError(
            f"PCA beside the model takes its own data, of at most {MAX_VALUES:,} values.",
            where=dataset.name,
            do="Choose the data that the model was trained on, or smaller pictures.",
        )
    weights = decoder.layer.weight.detach().cpu().double().numpy()  # (D, d)
    if weights.shape[1] >= values:
        raise UsageError(
            "The model has as many latents as the data have values.", where=dataset.name
        )
    return weights, decoder.layer.bias.detach().cpu().double().numpy()


def _own(weights: Floats, bias: Floats, model: Model) -> _LowRank:
    """The model's own p(x): N(b, W W^T + sigma^2 I)."""
    axes, sizes, _ = np.linalg.svd(weights, full_matrices=False)
    likelihood = model.vae.likelihood
    noise = _scale(likelihood) ** 2 if isinstance(likelihood, Gaussian) else 1.0
    return _LowRank(bias, axes, sizes**2 + noise, noise)


def _scale(likelihood: Gaussian) -> float:
    scale = likelihood.scale
    return scale if isinstance(scale, float) else scale.item()


def _ppca(train: _Moments, d: int) -> _LowRank:
    """The maximum of the likelihood: sigma^2 is the mean of the eigenvalues left out."""
    values, vectors = np.linalg.eigh(train.about(train.mean))  # ascending
    noise = max(float(values[:-d].mean()), 1e-12)
    return _LowRank(train.mean, vectors[:, ::-1][:, :d], values[::-1][:d].clip(noise), noise)


def _moments(dataset: Dataset, rows: NDArray[np.int64]) -> _Moments:
    width = math.prod(dataset.shape)
    total, product = np.zeros(width), np.zeros((width, width))
    for x in _pieces(dataset, rows):
        flat = x.reshape(len(x), -1).astype(np.float64)
        total += flat.sum(0)
        product += flat.T @ flat
    return _Moments(total / len(rows), product / len(rows))


def _reconstruction_error(model: Model, dataset: Dataset, rows: NDArray[np.int64]) -> float:
    total = 0.0
    for x in _pieces(dataset, rows):
        total += float(np.square(model.decode(model.encode(x)) - x, dtype=np.float64).sum())
    return total / (len(rows) * math.prod(dataset.shape))


def _pieces(dataset: Dataset, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    size = max(1, CHUNK_VALUES // math.prod(dataset.shape))
    for start in range(0, len(rows), size):
        yield dataset.inputs(rows[start : start + size])
