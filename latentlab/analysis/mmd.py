"""The maximum mean discrepancy of two samples: are they of one distribution?

MMD^2(p, q) = E k(x, x') - 2 E k(x, y) + E k(y, y') (Gretton et al., 2012), k a mean of Gaussian
kernels of several widths. The estimator is unbiased: for equal distributions it is zero in mean,
and so below zero half of the time. Permutations say how large it would be by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]
Floats = NDArray[np.float64]

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in median distances
PERMUTATIONS = 200


@dataclass(frozen=True, slots=True)
class Mmd:
    """MMD^2 of two samples, beside what chance makes.

    Args:
        squared: The unbiased estimate of MMD^2.
        null_std: Standard deviation under permutations, which are of one distribution.
        p_value: Share of permutations at least as large (and one for the sample itself).
        count: Points of each sample.
    """

    squared: float
    null_std: float
    p_value: float
    count: int


def mmd(x: Points, y: Points, *, seed: int = 0, permutations: int = PERMUTATIONS) -> Mmd:
    """MMD^2 between samples x and y (N, D) each, with its spread by permutation.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> found = mmd(rng.normal(size=(200, 2)), rng.normal(1, 1, (200, 2)))
        >>> found.squared > 5 * found.null_std
        True
    """
    n = min(len(x), len(y))
    points = np.concatenate([x[:n], y[:n]]).astype(np.float64)
    kernel = _kernel(points)
    rng = np.random.default_rng(seed)
    # sign_i is 1 for the first sample and -1 for the second: all permutations in one product
    signs = np.ones((2 * n, permutations + 1))
    signs[n:] = -1
    for column in range(1, permutations + 1):
        signs[:, column] = signs[rng.permutation(2 * n), 0]
    values = _unbiased(kernel, signs, n)
    null = values[1:]
    p_value = (1 + int((null >= values[0]).sum())) / (permutations + 1)
    return Mmd(float(values[0]), float(null.std()), p_value, n)


def _kernel(points: Floats) -> Floats:
    """(M, M) mean of Gaussian kernels, zero on the diagonal."""
    half = 0.5 * np.einsum("nd,nd->n", points, points)
    squares = 2 * np.maximum(half[:, None] + half - points @ points.T, 0)
    median = float(np.median(squares[np.triu_indices(len(points), 1)])) or 1.0
    kernel: Floats = np.zeros_like(squares)
    for width in WIDTHS:
        kernel += np.exp(squares * (-0.5 / (median * width**2))) / len(WIDTHS)
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _unbiased(kernel: Floats, signs: Floats, n: int) -> Floats:
    """MMD^2 of each column of signs (2 n, P): sums within over n (n - 1), between over n^2."""
    first = (signs > 0).astype(np.float64)
    into_first = kernel @ first  # (2 n, P)
    within_first = (first * into_first).sum(0)
    between = ((1 - first) * into_first).sum(0)
    within_second = kernel.sum() - within_first - 2 * between
    return np.asarray((within_first + within_second) / (n * (n - 1)) - 2 * between / n**2)
