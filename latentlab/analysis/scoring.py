"""Bound and log p(x) of every datum, for each kind of model, as data come by in chunks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from latentlab.analysis import estimators, quadrature
from latentlab.analysis.abilities import abilities
from latentlab.analysis.estimators import Floats, Report, blocks, numbers, part_of, wide
from latentlab.analysis.told import Scored, Told, by_class
from latentlab.models.divergence import Kind
from latentlab.models.vae import VAE

Method = Literal["quadrature", "importance", "exact", "none"]
Inputs = NDArray[np.float32]

BOUND_SAMPLES = 8
EXACT_PIXELS = 2**19


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Figures of data.

    Args:
        each: Arrays (B, ...) by name: "log_likelihood", "reconstruction", "kl", "codes",
            "effective_samples", "moved"; those that do not apply are absent.
        means: (figures, their number of data) of what is a mean over data: "shares" (d,), "curve".
        kl_kind: How the KL was found.
        curve_k: Numbers of samples of the curve.
    """

    each: dict[str, NDArray[Any]]
    means: dict[str, Floats] = field(default_factory=dict)
    kl_kind: Kind | None = None
    curve_k: NDArray[np.int64] | None = None


def method_of(vae: VAE, *, wanted: bool = True) -> Method:
    """How log p(x) of the model is found."""
    if vae.z_dim == 0:
        return "exact"
    can = abilities(vae)
    if not wanted or not can.density or not can.drawn:
        return "none"
    return "quadrature" if can.smooth and vae.z_dim <= 2 else "importance"


class Scorer:
    """Scores chunks of data.

    Args:
        vae: The model, in eval mode.
        samples: K of importance sampling; also the draws for the bound, where quadrature finds
            log p(x) or they are fewer than 8.
        seed: Of the noise.
        likelihood: Whether log p(x) is wanted beside the bound.
    """

    def __init__(self, vae: VAE, samples: int, seed: int, *, likelihood: bool = True) -> None:
        self.method = method_of(vae, wanted=likelihood)
        self._vae = vae
        self._samples = samples
        self._generator = Generator().manual_seed(seed)

    def score(self, x: Inputs, labels: NDArray[np.int64], report: Report) -> Scores:
        """Figures of data (B, C, H, W) with labels (B,), -1 where unknown."""
        if self.method == "exact":
            return Scores({"log_likelihood": exact(self._vae, x, report)})
        if class_is_latent(self._vae):
            return self._over_classes(x, report)
        parts, done = [], 0
        for model, rows in by_class(self._vae, labels):
            tell = part_of(report, slice(done, done + len(rows)), len(x))
            parts.append((rows, self._score(model, x[rows], tell)))
            done += len(rows)
        return parts[0][1] if len(parts) == 1 else _together(parts, len(x))

    def _score(self, model: Scored, x: Inputs, report: Report) -> Scores:
        few = self.method != "quadrature"
        draws = min(self._samples, BOUND_SAMPLES) if few else self._samples
        bound = estimators.elbo(model, x, samples=draws, generator=self._generator)
        each: dict[str, NDArray[Any]] = {
            "reconstruction": bound.reconstruction,
            "kl": bound.kl,
            "codes": bound.means,
        }
        means = {} if bound.kl_per_dimension is None else {"shares": bound.kl_per_dimension}
        curve_k = None
        if self.method == "quadrature":
            grid = quadrature.log_likelihood(model, x, report=report)
            each |= {"log_likelihood": grid.log_likelihood, "moved": grid.moved}
        elif self.method == "importance":
            found = estimators.importance(
                model, x, samples=self._samples, generator=self._generator, report=report
            )
            each["log_likelihood"] = found.log_likelihood
            each["effective_samples"] = found.effective_samples
            means["curve"], curve_k = found.curve, found.curve_k
        report(1.0)
        return Scores(each, means, bound.kl_kind, curve_k)

    def _over_classes(self, x: Inputs, report: Report) -> Scores:
        """Where the class is a latent too (M2): log p(x) = log sum_y p(y) p(x|y), p(y) = 1/Y.

        The bound is sum_y q(y|x) bound(x|y) - KL(q(y|x) || p(y)) (Kingma et al., 2014, eq. 7).
        """
        count = self._vae.told
        every = [
            self._score(Told(self._vae, y), x, part_of(report, slice(y, y + 1), count)).each
            for y in range(count)
        ]
        log_q = classify(self._vae, x).T  # (Y, B)
        q = np.exp(log_q)
        to_prior = (q * (log_q + math.log(count))).sum(0)  # KL(q(y|x) || p(y))
        guess = log_q.argmax(0)
        stacked = {name: np.stack([one[name] for one in every]) for name in every[0]}  # (Y, B)
        each = {
            "reconstruction": (q * stacked["reconstruction"]).sum(0),
            "kl": (q * stacked["kl"]).sum(0) + to_prior,
            "codes": stacked["codes"][guess, np.arange(len(x))],
        }
        if "log_likelihood" in stacked:
            total = np.logaddexp.reduce(stacked["log_likelihood"], axis=0)
            each["log_likelihood"] = total - math.log(count)
        if "moved" in stacked:
            each["moved"] = stacked["moved"].max(0)
        return Scores(each, kl_kind="sampled")


def class_is_latent(vae: VAE) -> bool:
    """Whether the model is told classes and guesses those that are not known (M2)."""
    return bool(vae.told) and vae.knowing is not None


@torch.inference_mode()
def exact(vae: VAE, x: Inputs, report: Report) -> Floats:
    """log p(x) of a model without latents: (N, C, H, W) -> (N,) nats."""
    total = np.empty(len(x))
    for rows, part in blocks(vae, x, EXACT_PIXELS):
        total[rows] = numbers(wide(vae.log_prob(part)))  # type: ignore[operator]
        report(rows.stop / len(x))
    return total


@torch.inference_mode()
def classify(vae: VAE, x: Inputs) -> Floats:
    """log q(y|x): (N, C, H, W) -> (N, Y)."""
    return np.concatenate([numbers(wide(vae.classify(part))) for _, part in blocks(vae, x, 2**20)])


def _together(parts: list[tuple[NDArray[np.int64], Scores]], count: int) -> Scores:
    """The figures of all classes, each at its datum's place."""
    first = parts[0][1]
    each = {
        name: np.empty((count, *values.shape[1:]), values.dtype)
        for name, values in first.each.items()
    }
    for rows, scores in parts:
        for name, values in scores.each.items():
            each[name][rows] = values
    means = {
        name: sum((len(rows) * scores.means[name] for rows, scores in parts), np.zeros(1)) / count
        for name in first.means
    }
    return Scores(each, means, first.kl_kind, first.curve_k)
