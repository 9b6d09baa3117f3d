"""Lengths of paths: in latent space, and in the pictures that the decoder makes of it (MATH 7)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from latentlab.latent.forward_mode import jvp

Floats = NDArray[np.float64]
Decoder = Callable[[Tensor], Tensor]

SUB_STEPS = 256
_BATCH = 64


def euclidean_length(path: ArrayLike) -> float:
    """The length of a path in latent units: sum_i |z_{i+1} - z_i|.

    Args:
        path: (F, d) latents.

    Example:
        >>> euclidean_length([[0.0, 0.0], [3.0, 4.0]])
        5.0
    """
    steps = np.diff(np.asarray(path, dtype=np.float64), axis=0)  # (F-1, d)
    return float(np.linalg.norm(steps, axis=1).sum())


def metric_length(decode: Decoder, path: ArrayLike, *, device: torch.device | str = "cpu") -> float:
    """The length of a path in the pull-back metric G = J^T J of the decoder's mean.

    It is the integral of sqrt(z'^T G z') dt = integral of |J z'| dt: how far the picture moves
    in the space of pixels. Each of at least 256 sub-steps is one Jacobian-vector product at its
    middle (Arvanitidis, Hansen and Hauberg, 2018).

    Args:
        decode: (B, d) latents -> (B, ...) mean pictures; rows must not depend on one another.
        path: (F, d) latents; between rows it is straight.
        device: Where `decode` computes.

    Returns:
        The length in pixel units (the Euclidean norm over all pixels in [0, 1]).

    Example:
        >>> scale = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
        >>> round(metric_length(lambda z: z @ scale, [[0.0, 0.0], [1.0, 0.0]]), 5)
        2.0
    """
    fine = refine(path, SUB_STEPS)
    # float64 differences, so that many short steps lose nothing, before the model's float32
    steps, middles = np.diff(fine, axis=0), (fine[1:] + fine[:-1]) / 2.0  # (S, d)
    total = 0.0
    for first in range(0, len(steps), _BATCH):
        at = torch.as_tensor(middles[first : first + _BATCH], dtype=torch.float32, device=device)
        along = torch.as_tensor(steps[first : first + _BATCH], dtype=torch.float32, device=device)
        total += float(_speeds(decode, at, along).sum())
    return total


def refine(path: ArrayLike, sub_steps: int) -> Floats:
    """Cut each straight piece of a path (F, d) evenly, into at least `sub_steps` in all."""
    coarse = np.asarray(path, dtype=np.float64)
    pieces = len(coarse) - 1
    each = -(-sub_steps // max(pieces, 1))
    if pieces < 1 or each <= 1:
        return coarse
    t = (np.arange(each) / each)[None, :, None]  # (1, each, 1)
    starts, ends = coarse[:-1, None], coarse[1:, None]  # (F-1, 1, d)
    inner = ((1.0 - t) * starts + t * ends).reshape(-1, coarse.shape[1])
    return np.concatenate([inner, coarse[-1:]])


def _speeds(decode: Decoder, at: Tensor, along: Tensor) -> Tensor:
    """|J(at) along| for each row, (B,) float64."""
    moved = jvp(decode, at, along)[1]
    flat = moved.detach().reshape(len(at), -1).double()  # (B, pixels)
    return flat.square().sum(dim=1).sqrt()
