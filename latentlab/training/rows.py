"""Which rows a training learns from, which it is judged by, and in what order they come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.data.dataset import Dataset
from latentlab.errors import UsageError
from latentlab.specs import TrainSpec

VALIDATION_SHARE = 0.1
MAX_HELD_OUT = 10_000

HeldOutKind = Literal["test", "validation"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Row numbers, ascending: `train` is learned from, `held_out` is never."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    held_out_kind: HeldOutKind


def choose_rows(dataset: Dataset, train: TrainSpec) -> Rows:
    """Select the rows of the chosen classes, and those that judge.

    With early stopping a tenth of the training rows becomes the validation rows, by seed, for
    test rows must not choose when to stop; otherwise the test rows judge (at most `MAX_HELD_OUT`).

    Raises:
        UsageError: No training row is left.
    """
    learned, test = dataset.rows("train"), dataset.rows("test")
    if train.classes is not None:
        wanted = np.asarray(train.classes, dtype=np.int64)
        learned = learned[np.isin(dataset.labels[learned], wanted)]
        test = test[np.isin(dataset.labels[test], wanted)]
    if len(learned) == 0:
        raise UsageError(
            "There is no row to train on.", where=dataset.name, do="Choose other classes or data."
        )
    rng = np.random.default_rng(stream(train.seed, "rows"))
    if train.early_stopping and len(learned) > 1:
        count = max(1, round(VALIDATION_SHARE * len(learned)))
        chosen = np.zeros(len(learned), dtype=bool)
        chosen[rng.permutation(len(learned))[:count]] = True
        return Rows(learned[~chosen], _bounded(learned[chosen], rng), "validation")
    return Rows(learned, _bounded(test, rng), "test")


def _bounded(rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    if len(rows) <= MAX_HELD_OUT:
        return rows
    return np.sort(rng.permutation(rows)[:MAX_HELD_OUT])


def stream(seed: int, *names: str | int) -> int:
    """Return the seed of one named stream of random numbers, in [0, 2^63).

    Example:
        >>> stream(0, "order", 1) == stream(0, "order", 1) != stream(0, "order", 2)
        True
    """
    text = "/".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


class Shuffle:
    """An endless order over `count` rows: each epoch a permutation of its own.

    Epoch e's order follows from (seed, e) alone, so a resume needs only how many rows were seen.

    Example:
        >>> order = Shuffle(5, seed=0, device=torch.device("cpu"))
        >>> sorted(order.rows(0, 5).tolist())
        [0, 1, 2, 3, 4]
    """

    def __init__(self, count: int, *, seed: int, device: torch.device) -> None:
        self._count = count
        self._seed = seed
        self._device = device
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def rows(self, start: int, length: int) -> Tensor:
        """Return places start .. start + length of the endless order: (length,) int64."""
        epoch, offset = divmod(start, self._count)
        found = self._permutation(epoch)[offset : offset + length]
        if len(found) == length:
            return found
        return torch.cat([found, self.rows((epoch + 1) * self._count, length - len(found))])

    def _permutation(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(stream(self._seed, "order", epoch))
            self._order = torch.randperm(self._count, generator=generator).to(self._device)
            self._epoch = epoch
        return self._order


class Batches:
    """Rows of a data set, prepared once and kept on the device.

    Bytes stay bytes there (a quarter of the memory, and a cheaper gather); a batch is float32 in
    [0, 1], the same values as `Dataset.inputs` gives.
    """

    def __init__(self, dataset: Dataset, rows: NDArray[np.int64], device: torch.device) -> None:
        self.shape = dataset.shape
        self._low, high = dataset.value_range
        self._span = (high - self._low) or 1.0
        if dataset.x.dtype == np.uint8:
            chosen = dataset.x[rows]
        else:
            chosen = dataset.inputs(rows)
            self._low, self._span = 0.0, 1.0
            if not chosen.flags.writeable:
                chosen = chosen.copy()
        self._data = torch.from_numpy(chosen).to(device).view(len(rows), -1)  # (N, C * H * W)

    def __len__(self) -> int:
        return len(self._data)

    def take(self, rows: Tensor) -> Tensor:
        """Rows (B,) of int64 -> (B, C, H, W) float32 in [0, 1]."""
        return self._inputs(self._data.index_select(0, rows))

    def span(self, start: int, stop: int) -> Tensor:
        """Rows start .. stop in their own order, as `take` gives them."""
        return self._inputs(self._data[start:stop])

    def binarize(self, seed: int, chunk: int = 4096) -> None:
        """Draw every pixel once from Bernoulli(x), for good (static binarisation)."""
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.empty(self._data.shape, dtype=torch.uint8)
        for start in range(0, len(self), chunk):
            x = self.span(start, start + chunk).flatten(1).cpu()
            drawn[start : start + chunk] = torch.rand(x.shape, generator=generator) < x
        self._data, self._low, self._span = drawn.to(self._data.device), 0.0, 1.0

    def _inputs(self, stored: Tensor) -> Tensor:
        x = stored.float()
        if self._low:
            x = x - self._low
        if self._span != 1.0:
            x = x / self._span
        return x.view(-1, *self.shape)  # (B, C, H, W)
