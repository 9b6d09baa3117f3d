"""About how many operations a datum costs. No torch here."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from latentlab.specs import (
    M1M2,
    M2,
    Categorical,
    Conv,
    Diagonal,
    FactorVae,
    Flow,
    FullCovariance,
    Linear,
    Logistic,
    Made,
    Mlp,
    ModelSpec,
    ObjectiveSpec,
    PixelCnn,
    TwoLevel,
    Vamp,
    VectorQuantised,
)

USUAL_BATCH = 128
FIRST = 28  # places that a PixelCNN's first convolution takes: 4 rows of 7


def forward_flops(model: ModelSpec) -> float:
    """Encoding one datum and decoding one latent, or one pass of a network that is a whole model.

    Example:
        >>> forward_flops(ModelSpec(shape=(1, 1, 4), latent_dim=1, network=Linear()))
        24.0
    """
    family = family_flops(model)
    return encoder_flops(model) + decoder_flops(model) if family is None else family


def step_flops(model: ModelSpec, objective: ObjectiveSpec) -> float:
    """What a datum costs in one step forward: latents are drawn, and decoded, as often as asked."""
    family = family_flops(model)
    if family is not None:
        return family
    encodes = 2.0 if isinstance(objective, FactorVae) else 1.0  # codes of a second batch
    decodes = float(getattr(objective, "samples", 1))
    if isinstance(objective, M2 | M1M2) and model.labels is not None:
        decodes *= model.labels.classes  # an unknown class is summed out
    flops = encodes * encoder_flops(model) + decodes * decoder_flops(model)
    return flops + vamp_flops(model)


def vamp_flops(model: ModelSpec) -> float:
    """Scoring one z under the posteriors of a VampPrior's pseudo-inputs; 0 with other priors.

    They are encoded once for a batch; a flow that draws in one pass scores in one for each value.
    """
    prior, posterior, d = model.prior, model.posterior, model.latent_dim
    if not isinstance(prior, Vamp):
        return 0.0
    encoded = prior.components / USUAL_BATCH * encoder_flops(model)
    if not isinstance(posterior, Flow):
        return encoded
    passes = 1 if posterior.transform == "maf" else d + 1
    one = posterior.layers * 2.0 * posterior.hidden * (posterior.hidden + 3 * d)
    return encoded + prior.components * passes * one


def encoder_flops(model: ModelSpec) -> float:
    """From a datum to the posterior's parameters, with a flow's layers where it has them."""
    d, posterior, flow = model.latent_dim, model.posterior, 0.0
    head = _z_dim(model)
    if isinstance(posterior, Diagonal | FullCovariance | Flow):
        head = 2 * d + (d * (d - 1) // 2 if isinstance(posterior, FullCovariance) else 0)
    if isinstance(posterior, Flow) and posterior.transform != "planar":
        flow = posterior.layers * 2.0 * posterior.hidden * (posterior.hidden + 3 * d)
    return _network(model, model.shape[0], head) + flow


def decoder_flops(model: ModelSpec) -> float:
    """From one latent to the likelihood's parameters."""
    channels, likelihood = model.shape[0], model.likelihood
    if isinstance(likelihood, Logistic):
        channels *= 2 if likelihood.components == 1 else 3 * likelihood.components
    return _network(model, channels, _z_dim(model), up=True)


def _z_dim(model: ModelSpec) -> int:
    """Values of one z as the decoder takes it."""
    posterior = model.posterior
    if isinstance(posterior, Categorical):
        return model.latent_dim * posterior.categories
    if isinstance(posterior, VectorQuantised):
        return model.latent_dim * posterior.tokens
    return model.latent_dim


def _network(model: ModelSpec, channels: int, latents: int, *, up: bool = False) -> float:
    """One network between a picture of `channels` and `latents` values."""
    network, (height, width) = model.network, model.shape[1:]
    pixels = channels * height * width
    if isinstance(network, Linear):
        return 2.0 * pixels * latents
    if isinstance(network, Mlp):
        return 2.0 * sum(a * b for a, b in pairwise((pixels, *network.hidden, latents)))
    if not isinstance(network, Conv):
        raise TypeError(f"{type(network).__name__} is a model of its own")
    total, stage = 0.0, 0
    while max(height, width) > 2 and (stage < len(network.channels) or height * width > 64):
        target = network.channels[min(stage, len(network.channels) - 1)]
        height, width = (height + 1) // 2, (width + 1) // 2
        # 3x3 on the way down; on the way up 4x4, of which a quarter meets each of four pixels.
        total += 2.0 * (16 if up else 9) * channels * target * height * width
        channels, stage = target, stage + 1
    # A convolution reaches about a third of a matrix product's speed.
    return 3 * total + 2.0 * network.hidden * (channels * height * width + latents)


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
        block = network.residual * 5 * c * c
        # Halvings: 16 places of the kernel to a quarter of the pixels, there and back.
        return 3 * 2.0 * pixels * (8 * c / 2 + 8 * c * c / 8 + 3 * block / 16)
    return None
