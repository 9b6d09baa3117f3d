"""From a spec to a model: fresh weights, an outline without memory, a copy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Generator, nn

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.made import Made
from latentlab.models.networks import NearZero
from latentlab.models.pixelcnn import PixelCnn
from latentlab.models.two_level import TwoLevel
from latentlab.models.vae import VAE
from latentlab.models.vq import VqVae
from latentlab.specs import ModelSpec, NetworkSpec

M = TypeVar("M", bound=nn.Module)

MAX_PARAMETERS = 500_000_000

# Networks that are a model of their own; all others are parts of a `VAE`.
FAMILIES: dict[type[NetworkSpec], type[VAE]] = {
    specs.Made: Made,
    specs.PixelCnn: PixelCnn,
    specs.TwoLevel: TwoLevel,
}


def build(spec: ModelSpec, *, seed: int = 0) -> VAE:
    """A model with fresh weights; the same seed gives the same weights.

    Draws from a generator of its own, never from torch's global one.

    Raises:
        UsageError: The parts do not fit the data, or the model is too large.
    """
    vae = outline(spec)
    vae.to_empty(device="cpu")
    initialise(vae, torch.Generator().manual_seed(seed))
    return vae


def fresh(make: Callable[[], M], *, seed: int) -> M:
    """A module of its own with fresh weights, drawn as those of a model.

    Args:
        make: Its constructor.
        seed: The same seed gives the same weights.

    Example:
        >>> from functools import partial
        >>> layer = fresh(partial(nn.Linear, 2, 3), seed=0)
        >>> torch.equal(layer.weight, fresh(partial(nn.Linear, 2, 3), seed=0).weight)
        True
    """
    with torch.device("meta"):
        module = make()
    module.to_empty(device="cpu")
    initialise(module, torch.Generator().manual_seed(seed))
    return module


def outline(spec: ModelSpec) -> VAE:
    """The model on torch's `meta` device: every name and shape, without memory.

    Parts keep no tensors but parameters and buffers, for those alone are filled later; what a
    buffer holds at first is set by its module's `reset_parameters`.

    Raises:
        UsageError: The parts do not fit the data, or the model is too large.
    """
    with torch.device("meta"):
        vae = _family(spec)(spec)
    count = count_parameters(vae)
    if count > MAX_PARAMETERS:
        raise UsageError(
            f"The model would have {count:,} parameters; at most {MAX_PARAMETERS:,} are allowed.",
            do="Choose narrower layers or fewer latents.",
        )
    return vae


def clone(vae: VAE, device: torch.device | None = None) -> VAE:
    """A copy with memory of its own, as a snapshot to decode from while `vae` trains on."""
    copy = outline(vae.spec)
    target = device if device is not None else next(vae.parameters()).device
    state = {k: v.detach().to(target, copy=True) for k, v in vae.state_dict().items()}
    copy.load_state_dict(state, assign=True)
    return copy.eval()


def _family(spec: ModelSpec) -> type[VAE]:
    parts = VqVae if isinstance(spec.posterior, specs.VectorQuantised) else VAE
    return FAMILIES.get(type(spec.network), parts)


def count_parameters(vae: nn.Module) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in vae.parameters())


def initialise(vae: nn.Module, generator: Generator) -> None:
    """Fill every parameter as torch's layers do, but from `generator`: U(-1, 1) / sqrt(fan in).

    Biases too: with zero biases every kink of a decoder's first layer would pass through z = 0.
    A module with `reset_parameters(generator)` of its own fills its own parameters and buffers.
    """
    for module in vae.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            bound = 1 / math.sqrt(module.weight[0].numel())
            bound *= module.share if isinstance(module, NearZero) else 1.0
            for parameter in module.parameters(recurse=False):
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
    for module in vae.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            continue
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        if own:
            module.reset_parameters(generator)  # type: ignore[operator]
