"""A network that tells two kinds of codes apart, trained beside a model."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.nn.functional import softplus

from latentlab.models.build import fresh
from latentlab.models.networks import full_precision
from latentlab.training.objectives import Group

SLOPE = 0.2  # of the leaky rectifiers (Kim and Mnih, 2018)


class Discriminator(nn.Module):
    """log D(z) - log(1 - D(z)): positive where codes z look like those of the first kind.

    Example:
        >>> import torch
        >>> Discriminator(2, (8,))(torch.zeros(5, 2)).shape
        torch.Size([5])
    """

    def __init__(self, latent_dim: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        widths = (latent_dim, *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, hidden, strict=False))
        self.last = nn.Linear(hidden[-1], 1)

    def forward(self, z: Tensor) -> Tensor:
        """(..., D) -> (...)."""
        for layer in self.layers:
            z = nn.functional.leaky_relu(full_precision(layer, z), SLOPE)  # type: ignore[arg-type]
        return full_precision(self.last, z).squeeze(-1)


def group_of(module: Discriminator, learning_rate: float) -> Group:
    """Its parameters, to be trained as Kim and Mnih (2018) train theirs."""
    return Group(dict(module.named_parameters()), learning_rate, betas=(0.5, 0.9))


def discriminator(latent_dim: int, hidden: tuple[int, ...], seed: int) -> Discriminator:
    """A discriminator with fresh weights; the same seed gives the same."""
    return fresh(partial(Discriminator, latent_dim, hidden), seed=seed)


def telling_apart(first: Tensor, second: Tensor) -> Tensor:
    """-1/2 (E log D(first) + E log(1 - D(second))) of logits: what a discriminator minimises.

    Example:
        >>> import torch
        >>> round(float(telling_apart(torch.zeros(3), torch.zeros(4))), 4)
        0.6931
    """
    return (softplus(-first).mean() + softplus(second).mean()) / 2
