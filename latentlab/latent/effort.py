"""What a decoder costs: multiplications for one picture, the same on every machine."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def multiplications(network: nn.Module, decode: Callable[[Tensor], Tensor], z: Tensor) -> int:
    """How often weights of a network are multiplied while `decode` makes pictures of z (B, d).

    Layers are counted that are called as modules; what else happens is little beside them.

    Example:
        >>> layers = nn.Sequential(nn.Linear(2, 30), nn.ReLU(), nn.Linear(30, 64))
        >>> multiplications(layers, layers, torch.zeros(1, 2))
        1980
    """
    counts: list[int] = []

    def count(layer: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        weight = getattr(layer, "weight", None)
        if not isinstance(weight, Tensor):
            return
        at = given[0] if isinstance(layer, TRANSPOSED) else made  # that each kernel is laid on
        channels = at.shape[1] if at.dim() > 2 else at.shape[-1]
        counts.append(weight.numel() * at.numel() // max(channels, 1))

    hooks = [layer.register_forward_hook(count) for layer in network.modules()]
    try:
        with torch.no_grad():
            decode(z)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counts)
