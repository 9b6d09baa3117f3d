"""What a model knows of labels: classifiers, and the model of codes that M1+M2 stands on.

log p(y) is uniform throughout (Kingma et al., 2014). A new kind is one tagged spec, one module with
`classifier` and `reads`, and its line in `LABELS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, one_hot

from latentlab import specs
from latentlab.models.gaussian import LOG_SIGMA, DiagonalGaussian
from latentlab.models.networks import ENCODERS

Reads = Literal["x", "z"]


class Knowing(nn.Module):
    """A model's part that knows classes.

    Attributes:
        reads: What the classifier takes: pictures x (B, C, H, W), or codes z (B, D).
        classifier: From those to logits (B, Y).
    """

    reads: Reads
    classifier: nn.Module

    def log_probs(self, inputs: Tensor) -> Tensor:
        """log q(y|x) or log q(y|z), of every class: (B, Y)."""
        return log_softmax(self.classifier(inputs).float(), -1)


class LatentClassifier(Knowing):
    """q(y|z) on the codes (M1)."""

    reads: Reads = "z"

    def __init__(self, spec: specs.LatentClassifier, _model: specs.ModelSpec, z_dim: int) -> None:
        super().__init__()
        self.classifier = mlp((z_dim, *spec.hidden, spec.classes))


class SemiSupervised(Knowing):
    """q(y|x) by a network of its own (M2)."""

    reads: Reads = "x"

    def __init__(self, spec: specs.SemiSupervised, model: specs.ModelSpec, _z_dim: int) -> None:
        super().__init__()
        network: specs.NetworkSpec = specs.Mlp(hidden=spec.hidden)
        if isinstance(model.network, specs.Conv):
            network = specs.replace(model.network, hidden=spec.hidden[-1])
        encoder = ENCODERS[type(network)](network, model.shape)
        features = int(encoder.features)  # type: ignore[arg-type]
        self.classifier = nn.Sequential(encoder, nn.Linear(features, spec.classes))


class Stacked(Knowing):
    """An M2 whose data are the codes z of M1: q(y|z), q(v|z, y), p(z|y, v), v ~ N(0, I).

    Kingma et al. (2014) write z1 for z and z2 for v.

    Attributes:
        dropout: Share of the classifier's inputs that is left out while it learns.
    """

    reads: Reads = "z"

    def __init__(self, spec: specs.Stacked, _model: specs.ModelSpec, z_dim: int) -> None:
        super().__init__()
        self.classes, self.inner_dim, self.dropout = spec.classes, spec.inner_dim, spec.dropout
        self.classifier = mlp((z_dim, *spec.hidden, spec.classes))
        self.encoder = mlp((z_dim + spec.classes, *spec.hidden, 2 * spec.inner_dim))
        self.decoder = mlp((spec.inner_dim + spec.classes, *spec.hidden[::-1], 2 * z_dim))

    def q(self, z: Tensor, y: Tensor) -> DiagonalGaussian:
        """q(v|z, y) of codes (B, D) and classes (B,) or probabilities (B, Y)."""
        return _gaussian(self.encoder(torch.cat([z, self._told(y)], -1)))

    def p(self, v: Tensor, y: Tensor) -> DiagonalGaussian:
        """p(z|y, v) of inner latents (B, V)."""
        return _gaussian(self.decoder(torch.cat([v, self._told(y)], -1)))

    def as_class(self, z: Tensor, y: Tensor) -> Tensor:
        """What z would be in class y, with all else (v) as it is: (B, D), (B,) -> (B, D).

        v is q's mean under the class that the classifier finds most probable.
        """
        own = self.log_probs(z).argmax(-1)  # (B,)
        moved = self.p(self.q(z, own).mean, y.clamp_min(0)).mean
        return torch.where((y >= 0).unsqueeze(-1), moved, z)

    def _told(self, y: Tensor) -> Tensor:
        return y if y.is_floating_point() else one_hot(y, self.classes).float()


LABELS: dict[type[specs.LabelsSpec], Callable[..., Knowing]] = {
    specs.LatentClassifier: LatentClassifier,
    specs.SemiSupervised: SemiSupervised,
    specs.Stacked: Stacked,
}


def mlp(widths: Sequence[int]) -> nn.Sequential:
    """Fully connected layers with ReLU between them."""
    layers: list[nn.Module] = []
    for source, target in pairwise(widths):
        layers += [nn.Linear(source, target), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _gaussian(raw: Tensor) -> DiagonalGaussian:
    mean, log_sigma = raw.float().chunk(2, dim=-1)
    return DiagonalGaussian(mean, log_sigma.clamp(*LOG_SIGMA))
