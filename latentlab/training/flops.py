"""What one datum costs in networks that are a whole model. No torch here."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from latentlab.specs import Made, ModelSpec, PixelCnn, TwoLevel

FIRST = 28  # places that a PixelCNN's first convolution takes: 4 rows of 7


def family_flops(model: ModelSpec) -> float | None:
    """About how many operations one datum takes forward; None where `model` is a VAE of parts.

    Example:
        >>> family_flops(ModelSpec(shape=(1, 1, 4), network=Made(hidden=(3,))))
        80.0
    """
    network, pixels = model.network, prod(model.shape)
    if isinstance(network, Made):
        widths = (pixels, *network.hidden, pixels)
        return 2.0 * (sum(a * b for a, b in pairwise(widths)) + pixels**2)
    # A convolution reaches about a third of a matrix product's speed.
    if isinstance(network, PixelCnn):
        c, radius = network.channels, network.kernel // 2
        block = 2 * c * c * (radius + 1) * (2 * radius + 1) + c * c
        places = prod(model.shape[1:])
        return 3 * 2.0 * places * (FIRST * model.shape[0] * c + network.layers * block)
    if isinstance(network, TwoLevel):
        c = network.channels
        block = network.residual * 10 * c * c
        # Halvings: 16 places of the kernel to a quarter of the pixels, there and back.
        return 3 * 2.0 * pixels * (8 * c / 2 + 8 * c * c / 8 + 3 * block / 16)
    return None
