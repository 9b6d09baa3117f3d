"""Forward-mode derivatives of decoders, safe in several threads."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

# torch counts its forward-mode levels for the whole process: of two threads within one, the second
# finds no level of its own, and fails. The path lane and the work lane both come here.
_ONE_AT_A_TIME = threading.RLock()


def jvp(decode: Callable[[Tensor], Tensor], at: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
    """The pictures at `at` (B, d), and how they move along `along` (B, d): J(at) along.

    Example:
        >>> pictures, moved = jvp(torch.square, torch.tensor([3.0]), torch.tensor([1.0]))
        >>> pictures.tolist(), moved.tolist()
        ([9.0], [6.0])
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings(), torch.no_grad():
        # torch's own forward mode calls torch.jit.script at its first use
        warnings.simplefilter("ignore", DeprecationWarning)
        found = torch.func.jvp(decode, (at,), (along,))
    return found[0], found[1]
