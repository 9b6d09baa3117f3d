"""A trained model to use: numpy in, numpy out, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Generator, Tensor

from latentlab.data.dataset import UNLABELLED
from latentlab.errors import RefusedError, UsageError
from latentlab.models import told
from latentlab.models.build import count_parameters, outline
from latentlab.models.coded import Coded, Tokens
from latentlab.models.density import Density, no_latents
from latentlab.models.devices import choose_device
from latentlab.models.dims import code_dim, decoded_classes
from latentlab.models.files import (
    ModelFile,
    ModelHeader,
    StoredLattice,
    StoredMap,
    read_model_file,
)
from latentlab.models.grids import Grids
from latentlab.models.heap import keep_freed
from latentlab.models.labels import Stacked as StackedModule
from latentlab.models.vae import VAE
from latentlab.specs import Device, ModelSpec

__all__ = ["Model", "count_parameters", "decoded_classes", "load_weights", "weights_of"]

Floats = NDArray[np.float32]

DRAWN_AT_ONCE = 256  # pictures whose pixels are drawn together
PIXELS_AT_ONCE = 2**20  # of one batch: a conv network holds some 100 values a pixel


class Model(Coded):
    """A VAE with what its file says of it.

    Args:
        vae: The networks; moved to `device`, not copied.
        header: Name, specs and provenance; None makes one from the VAE's spec.
        device: Where it computes; None leaves the VAE where it is.
    """

    def __init__(
        self,
        vae: VAE,
        header: ModelHeader | None = None,
        device: Device | torch.device | None = None,
    ) -> None:
        keep_freed()
        if isinstance(device, str):
            device = choose_device(device)
        self.vae = vae.to(device).eval() if device is not None else vae.eval()
        self.header = header if header is not None else ModelHeader(model=vae.spec)
        self.stored_map: StoredMap | None = None
        self.stored_lattice: StoredLattice | None = None

    @classmethod
    def from_file(cls, file: Path | str | ModelFile, device: Device = "cpu") -> Model:
        """Open a model file.

        Raises:
            RefusedError: The file is damaged, or its weights do not fit its configuration.
        """
        where = "the model" if isinstance(file, ModelFile) else str(file)
        content = file if isinstance(file, ModelFile) else read_model_file(Path(file))
        try:
            vae = outline(content.header.model)
        except UsageError as error:
            do = "The file was changed: save it again."
            raise RefusedError(error.what, where=where, do=do) from error
        load_weights(vae, content.weights, where=where)
        model = cls(vae, content.header, device)
        model.stored_map, model.stored_lattice = content.map, content.lattice
        if content.map is not None and content.map.tokens is not None:
            model.know(Grids(content.map.codes, content.map.tokens), where)
        return model

    def to_file(
        self,
        codes: StoredMap | None = None,
        lattice: StoredLattice | None = None,
        *,
        half: bool = False,
    ) -> ModelFile:
        """The model as a file's content, with the embedded data set if given.

        Args:
            codes: The map to keep.
            lattice: Decoded pictures to keep.
            half: Store weights as float16: half the size, about three digits.
        """
        weights = weights_of(self.vae)
        if half:
            weights = {name: array.astype(np.float16) for name, array in weights.items()}
        return ModelFile(self.header, weights, codes, lattice)

    @property
    def spec(self) -> ModelSpec:
        """The networks, posterior, prior and likelihood."""
        return self.vae.spec

    @property
    def code_dim(self) -> int:
        """Values of one code, as `encode` returns it; 0 for a model without latents."""
        return code_dim(self.spec)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.vae.parameters()).device

    @property
    def parameter_count(self) -> int:
        """Number of trained values."""
        return count_parameters(self.vae)

    def encode(
        self,
        x: NDArray[np.float32],
        *,
        labels: NDArray[np.int64] | None = None,
        report: Callable[[float], None] | None = None,
    ) -> Floats:
        """Posterior means of pictures: (N, C, H, W) in [0, 1] -> (N, d).

        Where a datum is a grid of codes it is the mean of their vectors.

        Args:
            x: The pictures.
            labels: (N,) classes for a model that is told of them, -1 where unknown; where M2 does
                not know one it takes what its classifier finds most probable.
            report: Called with the fraction done.

        Raises:
            RefusedError: The pictures have another shape than the model's.
            UsageError: The model has no latents.
        """
        x = self._checked(x)
        if self.quantised:
            return self.pooled(self.tokens(x, report=report))
        if labels is None or not self.vae.told:
            return self._map(lambda part: self.vae.q(part).mean, x, (self.vae.z_dim,), report)
        n = self._rows_at_once
        known = torch.from_numpy(np.where(labels < self.vae.told, labels, UNLABELLED))
        places = iter(torch.tensor_split(known.to(self.device), tuple(range(n, len(x), n))))
        return self._map(
            lambda part: self.vae.q(part, next(places)).mean, x, (self.vae.z_dim,), report
        )

    def tokens(
        self, x: NDArray[np.float32], *, report: Callable[[float], None] | None = None
    ) -> Tokens:
        """The grid of codes of each picture: (N, C, H, W) -> (N, T), the top level first.

        Raises:
            UsageError: The model has no codebook.
            RefusedError: The pictures have another shape than the model's.
        """
        vae = self._quantised()
        found = self._map(
            lambda part: vae.tokens(part).float(), self._checked(x), (sum(vae.counts),), report
        )
        return found.astype(np.int16)

    def reconstruct(
        self, x: NDArray[np.float32], *, labels: NDArray[np.int64] | None = None
    ) -> Floats:
        """E[x|z] at each picture's own code: (N, C, H, W) -> the same; `labels` as for `encode`."""
        if self.quantised:
            return self.decode_tokens(self.tokens(x))
        return told.reconstruct(self, x, labels) if self.vae.told else self.decode(self.encode(x))

    def classify(
        self, x: NDArray[np.float32], *, report: Callable[[float], None] | None = None
    ) -> Floats:
        """log q(y|x) of every class: (N, C, H, W) -> (N, Y).

        Raises:
            UsageError: The model has no classifier.
            RefusedError: The pictures have another shape than the model's.
        """
        labels = self.spec.labels
        return self._map(
            self.vae.classify, self._checked(x), (labels.classes if labels else 0,), report
        )

    def _checked(self, x: NDArray[np.float32]) -> Floats:
        x = np.asarray(x, dtype=np.float32, order="C")
        if x.ndim != 4 or x.shape[1:] != self.spec.shape:
            raise RefusedError(
                f"The model takes data of shape {self.spec.shape}, not {x.shape[1:]}.",
                do="Choose data of the model's size.",
            )
        return x

    def decode(self, z: ArrayLike, label: int | None = None) -> Floats:
        """E[x|z]: latents (N, d), or one (d,), -> pictures (N, C, H, W).

        Where a datum is a grid of codes, z is all of their vectors, or a point of the map, for
        which the nearest grid of the data is decoded.

        Args:
            z: Latents.
            label: For a model that knows classes, the one to decode z as. Without it a model that
                is told of classes gives the mean over all of them.

        Raises:
            UsageError: The latents have another length than the model's, or there is no such class.
        """
        if isinstance(self.vae, Density):
            no_latents()
        points = np.asarray(z, dtype=np.float32, order="C")
        points = points[None] if points.ndim == 1 else points
        if self.quantised and points.shape[-1] == self.code_dim != self.vae.z_dim:
            return self.decode_tokens(self.grids_at(points))
        if points.ndim != 2 or points.shape[1] != self.vae.z_dim:
            raise UsageError(
                f"The model has {self.code_dim} latents, {points.shape[-1]} were given.",
                do="Give as many numbers as the model has latents.",
            )
        if label is None:
            return self._map(self.vae.decode, points, self.spec.shape, None)
        self.check_class(label)

        def decode(part: Tensor) -> Tensor:
            y = torch.full((len(part),), label, dtype=torch.int64, device=part.device)
            return self.vae.decode(part, y)

        return self._map(decode, points, self.spec.shape, None)

    @property
    def decoded_classes(self) -> int:
        """Classes that `decode` can be asked for; 0 where z says it all."""
        return decoded_classes(self.spec)

    def check_class(self, label: int) -> None:
        """Refuse a class that the decoder can't be asked for.

        Raises:
            UsageError: It knows none, or not this one.
        """
        count = self.decoded_classes
        if not count:
            raise UsageError("This model's decoder knows no classes.", do="Leave out the label.")
        if not 0 <= label < count:
            raise UsageError(f"There is no class {label}.", do=f"Classes go from 0 to {count - 1}.")

    def sample_latents(self, count: int, seed: int = 0) -> Floats:
        """Draws from the prior: (count, d); the same seed draws the same."""
        if isinstance(self.vae, Density):
            no_latents()
        with torch.inference_mode():
            eps = _noise(self.vae.prior.eps_shape(count), seed).to(self.device)
            latents: Floats = self.vae.prior.sample(eps).cpu().numpy()
        return latents

    def sample(
        self,
        count: int,
        seed: int = 0,
        label: int | None = None,
        *,
        report: Callable[[float], None] | None = None,
    ) -> Floats:
        """Pictures from the prior, of one class if that is wanted: (count, C, H, W).

        Without one, a model that is told of classes draws one for each picture. `report` is called
        with the fraction done, where pixels are drawn one after the other.

        Raises:
            UsageError: There is no such class.
        """
        if label is not None:
            self.check_class(label)
        if isinstance(self.vae, Density):
            return self._drawn(self.vae, count, seed, report)
        inner = self.vae.knowing
        if label is None and self.vae.told:
            return told.of_any_class(self, self.sample_latents(count, seed), seed)
        if label is None or not isinstance(inner, StackedModule):
            return self.decode(self.sample_latents(count, seed), label)
        with torch.inference_mode():
            y = torch.full((count,), label, dtype=torch.int64, device=self.device)
            noise = _noise((count, inner.inner_dim + self.vae.z_dim), seed).to(self.device)
            v, eps = noise[:, : inner.inner_dim], noise[:, inner.inner_dim :]
            z, _ = inner.p(v, y).rsample(eps)
        return self.decode(z.cpu().numpy())

    def _drawn(
        self,
        density: Density,
        count: int,
        seed: int,
        report: Callable[[float], None] | None,
    ) -> Floats:
        uniform = torch.rand(density.noise_shape(count), generator=Generator().manual_seed(seed))
        begun = 0

        def say(fraction: float) -> None:
            if report is not None:
                report((begun + fraction * min(DRAWN_AT_ONCE, count - begun)) / count)

        parts = []
        with torch.inference_mode():
            for begun in range(0, count, DRAWN_AT_ONCE):
                part = uniform[begun : begun + DRAWN_AT_ONCE].to(self.device)
                parts.append(density.sample(part, say).cpu().numpy())
        pictures: Floats = np.concatenate(parts)
        return pictures

    def posterior_samples(self, x: NDArray[np.float32], samples: int, seed: int = 0) -> Floats:
        """Draws from q(z|x): (N, C, H, W) -> (N, S, d), for a few pictures at a time."""
        with torch.inference_mode():
            q = self.vae.q(torch.from_numpy(np.array(x, dtype=np.float32)).to(self.device))
            z, _ = q.rsample(_noise(q.eps_shape(samples), seed).to(self.device))
            latents: Floats = z.transpose(0, 1).cpu().numpy()  # (N, S, d)
        return latents

    @property
    def _rows_at_once(self) -> int:
        return max(1, min(4096, PIXELS_AT_ONCE // max(1, int(np.prod(self.spec.shape)))))

    def _map(
        self,
        function: Callable[[Tensor], Tensor],
        rows: Floats,
        shape: tuple[int, ...],
        report: Callable[[float], None] | None,
    ) -> Floats:
        batch = self._rows_at_once
        with torch.inference_mode():
            if len(rows) <= batch and rows.flags.writeable:
                result: Floats = function(torch.from_numpy(rows).to(self.device)).cpu().numpy()
                return result
            out = np.empty((len(rows), *shape), dtype=np.float32)
            for start in range(0, len(rows), batch):
                # A copy: torch warns of memory that can't be written, and data sets can't.
                part = torch.from_numpy(rows[start : start + batch].copy()).to(self.device)
                out[start : start + batch] = function(part).cpu().numpy()
                if report is not None:
                    report(min(1.0, (start + batch) / len(rows)))
        return out


def weights_of(vae: VAE) -> dict[str, NDArray[np.floating]]:
    """The weights by name, as float32 copies in the CPU's memory."""
    return {
        name: parameter.detach().to("cpu", torch.float32, copy=True).numpy()
        for name, parameter in vae.state_dict().items()
    }


def load_weights(vae: VAE, weights: dict[str, NDArray[np.floating]], *, where: str) -> None:
    """Put `weights` into `vae` (which may lie on the `meta` device), as float32 copies.

    Raises:
        RefusedError: A weight is missing, unknown, or has another shape; it names the first.
    """
    expected = vae.state_dict()
    for name in sorted(expected.keys() ^ weights.keys()):
        what = "is missing" if name in expected else "is unknown"
        _refuse(f"The weight “{name}” {what}.", where)
    for name, parameter in expected.items():
        if weights[name].shape != tuple(parameter.shape):
            shapes = f"{weights[name].shape}, not {tuple(parameter.shape)}"
            _refuse(f"The weight “{name}” has the shape {shapes}.", where)
    copies = {name: torch.from_numpy(a.astype(np.float32)) for name, a in weights.items()}
    vae.load_state_dict(copies, assign=True)
    vae.requires_grad_(True)


def _refuse(what: str, where: str) -> None:
    raise RefusedError(
        what, where=where, do="The file was changed or made by another version: save it again."
    )


def _noise(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=Generator().manual_seed(seed))
