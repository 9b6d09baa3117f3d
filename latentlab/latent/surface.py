"""The surface that a decoder draws in the space of pictures, and the metric it pulls back.

    G(z) = J(z)^T J(z) + weight^2 s^2 E(z) I

J is the Jacobian of the decoder's mean. The second term is optional: E grows with the distance from
data, s is the typical pull of the metric among them, so that paths keep to data (Arvanitidis,
Hansen and Hauberg, 2018, add the decoder's uncertainty for the same reason). A length is always
measured in the metric whose name is told with it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from latentlab.errors import UsageError
from latentlab.latent.closeness import DataDensity
from latentlab.latent.effort import multiplications
from latentlab.latent.forward_mode import jvp
from latentlab.latent.metric import refine
from latentlab.models.model import Model

Floats = NDArray[np.float64]
Decoder = Callable[[Tensor], Tensor]

BATCH = 128
TYPICAL = 32  # data at which the metric's typical pull is looked at


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The surface at some latents.

    Args:
        pictures: (B, D) the means, float64.
        jacobian: (B, D, d) their derivatives by z.
    """

    pictures: Tensor
    jacobian: Tensor


class Surface:
    """A decoder with its pull-back metric.

    Args:
        decode: (B, d) latents -> (B, ...) mean pictures; rows must not depend on one another.
        device: Where `decode` computes.
        near: The data to keep to; None leaves the second term out.
        weight: Of the second term: 1 makes a unit of E as costly as the picture's own change.
        work: Multiplications for a picture, if known: what is not worth its price is left out.

    Example:
        >>> scale = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
        >>> surface = Surface(lambda z: z @ scale)
        >>> round(float(surface.along([[0.0, 0.0], [1.0, 0.0]])[-1]), 5)
        2.0
    """

    cheap = False  # a Jacobian costs as much as pictures for each latent and one more

    def __init__(
        self,
        decode: Decoder,
        *,
        device: torch.device | str = "cpu",
        near: DataDensity | None = None,
        weight: float = 0.0,
        work: int = 0,
    ) -> None:
        self._decode = decode
        self.work = work
        self._device = device
        self._near = near if weight > 0.0 else None
        self.weight = weight if near is not None else 0.0
        self._pull = 0.0
        if self._near is not None:
            rows = np.linspace(0, len(self._near.landmarks) - 1, TYPICAL).astype(np.int64)
            jacobian = self.look(self._near.landmarks[rows]).jacobian
            speed = jacobian.square().sum(dim=(1, 2)) / jacobian.shape[2]
            self._pull = weight * float(speed.median().sqrt())

    @property
    def name(self) -> str:
        """What the metric is called wherever a length in it stands."""
        term = f" + {self.weight:g} x distance from data" if self.weight else ""
        return f"pull-back metric of the decoder's mean{term}"

    def pictures(self, z: Floats) -> Tensor:
        """Latents (B, d) -> pictures (B, D), float64."""
        parts = []
        with torch.no_grad():
            for first in range(0, len(z), 2 * BATCH):
                picture = self._decode(self._tensor(z[first : first + 2 * BATCH]))
                parts.append(picture.reshape(len(picture), -1).double())
        return torch.cat(parts)

    def look(self, z: Floats) -> Look:
        """Pictures and Jacobian at latents (B, d), by forward mode: a JVP for each axis."""
        at = self._tensor(z)
        axes = torch.eye(z.shape[1], dtype=at.dtype, device=at.device)
        tangents = axes[:, None].expand(-1, *at.shape)  # (d, B, d)

        def one(tangent: Tensor) -> tuple[Tensor, Tensor]:
            return jvp(self._decode, at, tangent)

        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore", DeprecationWarning)
            picture, columns = torch.func.vmap(one, out_dims=(None, 0))(tangents)  # type: ignore[arg-type] # None: not mapped
        shown = picture.reshape(len(at), -1).double()
        jacobian = columns.reshape(z.shape[1], len(at), -1).permute(1, 2, 0)  # (B, D, d)
        return Look(shown, jacobian.double())

    def gradient(self, z: Floats, toward: Callable[[Tensor], Tensor]) -> tuple[float, Floats]:
        """A number of the pictures (B, D), and its slope by z (B, d), by reverse mode: one VJP."""
        at = self._tensor(z).requires_grad_(True)
        with torch.enable_grad():
            picture = self._decode(at)
            value = toward(picture.reshape(len(at), -1).double())
            (slope,) = torch.autograd.grad(value, at)
        return float(value.detach()), slope.double().cpu().numpy()

    def tensor_at(self, z: ArrayLike) -> Floats:
        """G (d, d) at one latent (d,), both terms."""
        at = np.asarray(z, dtype=np.float64)[None]
        jacobian = self.look(at).jacobian[0]
        metric = (jacobian.T @ jacobian).cpu().numpy()
        return np.asarray(metric + self.pull(at)[0][0] ** 2 * np.eye(at.shape[1]))

    def pull(self, z: Floats) -> tuple[Floats, Floats]:
        """The second term's speed (B,) for a unit step in z, and its slope (B, d)."""
        if self._near is None:
            return np.zeros(len(z)), np.zeros_like(z)
        energy, slope = self._near.look(z)
        root = np.sqrt(energy + 1e-4)  # a slope of its own at E = 0
        return self._pull * root, self._pull * slope / (2.0 * root)[:, None]

    def along(self, path: ArrayLike, sub_steps: int = 256) -> Floats:
        """The length from the beginning of a path to each of its rows, in the metric.

        The integral of sqrt(z'^T G z') dt, by a Jacobian-vector product at the middle of each of at
        least `sub_steps` sub-steps.

        Args:
            path: (M, d) latents; between rows it is straight.
            sub_steps: Sub-steps in all, at least.

        Returns:
            (M,) float64, the last of which is the length.
        """
        coarse = np.asarray(path, dtype=np.float64)
        fine = refine(coarse, sub_steps)
        steps, middles = np.diff(fine, axis=0), (fine[1:] + fine[:-1]) / 2.0
        speeds = self.speeds(middles, steps)
        each = len(steps) // max(len(coarse) - 1, 1)
        sums = speeds.reshape(-1, each).sum(axis=1) if each else speeds
        return np.concatenate([[0.0], np.cumsum(sums)])

    def chords(self, path: ArrayLike, sub_steps: int = 256) -> float:
        """A path's length from below, at a third of the price: its sub-steps' own, cut straight."""
        fine = refine(path, sub_steps)
        steps = np.diff(fine, axis=0)
        shown = self.pictures(fine)
        sizes = (shown[1:] - shown[:-1]).square().sum(dim=1).sqrt().cpu().numpy()
        second = self.pull((fine[1:] + fine[:-1]) / 2.0)[0] * np.linalg.norm(steps, axis=1)
        return float(np.hypot(sizes, second).sum())

    def speeds(self, at: Floats, along: Floats) -> Floats:
        """sqrt(v^T G v) for each row of `at` (B, d) and v = `along` (B, d)."""
        found = np.empty(len(at))
        for first in range(0, len(at), BATCH):
            part = slice(first, first + BATCH)
            _, moved = jvp(self._decode, self._tensor(at[part]), self._tensor(along[part]))
            flat = moved.reshape(len(moved), -1).double()
            found[part] = flat.square().sum(dim=1).sqrt().cpu().numpy()
        if self._near is None:
            return found
        second = self.pull(at)[0] * np.linalg.norm(along, axis=1)
        return np.asarray(np.hypot(found, second))

    def jumps(self, frames: ArrayLike) -> Floats:
        """How far the picture moves from each frame (F, d) to the next, in pixels: (F - 1,)."""
        pictures = self.pictures(np.asarray(frames, dtype=np.float64))
        return (pictures[1:] - pictures[:-1]).square().sum(dim=1).sqrt().cpu().numpy()

    def changes(self, z: ArrayLike) -> tuple[Floats, Floats]:
        """What can change at one latent (d,): the principal directions of the Jacobian.

        Returns:
            How far the picture moves for a unit step (d,), the largest first, and the directions as
            rows (d, d): singular values and right singular vectors of J.

        Example:
            >>> surface = Surface(lambda z: z @ torch.tensor([[1.0, 0.0], [0.0, 3.0]]))
            >>> amounts, ways = surface.changes([0.0, 0.0])
            >>> amounts.tolist(), np.abs(ways[0]).tolist()
            ([3.0, 1.0], [0.0, 1.0])
        """
        at = np.asarray(z, dtype=np.float64)[None]
        jacobian = self.look(at).jacobian[0]  # (D, d)
        values, vectors = torch.linalg.eigh(jacobian.T @ jacobian)
        amounts = values.clamp_min(0.0).sqrt().flip(0).cpu().numpy()
        ways = vectors.T.flip(0).cpu().numpy()  # rows
        # A singular vector's sign is arbitrary: the largest entry is positive.
        largest = np.abs(ways).argmax(axis=1)
        signs = np.sign(ways[np.arange(len(ways)), largest])
        return amounts, np.asarray(ways * np.where(signs == 0, 1.0, signs)[:, None])

    def _tensor(self, z: Floats) -> Tensor:
        return torch.as_tensor(np.asarray(z), dtype=torch.float32, device=self._device)


def surface_of(
    model: Model,
    label: int | None = None,
    *,
    near: DataDensity | None = None,
    weight: float = 0.0,
) -> Surface:
    """The surface of a model's decoder, as one class where it knows them.

    Args:
        model: The decoder.
        label: The class to decode as; None where z says it all.
        near: The data to keep to.
        weight: Of the term that does so.

    Raises:
        UsageError: The model has no latents, or grids of codes, between which there is no metric.
    """
    if model.quantised or not model.code_dim:
        raise UsageError(
            "This model's codes have no metric.", do="Take a model with latents of real numbers."
        )
    decode: Decoder = model.vae.decode
    if label is not None:
        model.check_class(label)

        def decode(z: Tensor) -> Tensor:
            y = torch.full((len(z),), label, dtype=torch.int64, device=z.device)
            return model.vae.decode(z, y)

    work = multiplications(model.vae, decode, torch.zeros(1, model.code_dim, device=model.device))
    return Surface(decode, device=model.device, near=near, weight=weight, work=work)
