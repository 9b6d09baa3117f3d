"""Which rows a training learns from, which it is judged by, and in what order they come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.data import binary
from latentlab.data.dataset import Dataset
from latentlab.errors import UsageError
from latentlab.specs import TrainSpec

VALIDATION_SHARE = 0.1
MAX_HELD_OUT = 10_000

HeldOutKind = Literal["test", "validation"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Row numbers, ascending: `train` is learned from, `held_out` is never.

    `train_labels` are those that the training may see, -1 where hidden.
    """

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    held_out_kind: HeldOutKind
    train_labels: NDArray[np.int64]


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
        held_out, learned = _bounded(learned[chosen], rng), learned[~chosen]
        return Rows(learned, held_out, "validation", _seen_labels(dataset, learned, train))
    return Rows(learned, _bounded(test, rng), "test", _seen_labels(dataset, learned, train))


def _seen_labels(dataset: Dataset, rows: NDArray[np.int64], train: TrainSpec) -> NDArray[np.int64]:
    labels = dataset.labels[rows]
    if train.labelled is None:
        return labels
    kept = balanced(labels, train.labelled, stream(train.seed, "labelled"))
    return np.where(kept, labels, -1)


def balanced(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.bool_]:
    """Choose `count` labelled rows, as many of each class as there are, by seed: (N,) bool.

    Example:
        >>> balanced(np.array([0, 0, 1, 1, -1]), 2, seed=0).sum()
        np.int64(2)
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[labels[order] >= 0]
    # The n-th row of its class, in that order: taking the smallest n first deals round the classes.
    turn = np.zeros(len(order), dtype=np.int64)
    for label in np.unique(labels[order]):
        of_class = labels[order] == label
        turn[of_class] = np.arange(of_class.sum())
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[order[np.argsort(turn, kind="stable")[:count]]] = True
    return chosen


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


def binary_seed(train: TrainSpec) -> int:
    """The seed of the one draw of binary pixels: static training rows, and all that judges."""
    return stream(train.seed, "binarize")


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

    Args:
        dataset: Whose rows.
        rows: Which.
        device: Where they are kept.
        labels: (R,) of the rows, -1 where hidden; None takes the data set's.
        seed: For what objectives make of their own.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: NDArray[np.int64],
        device: torch.device,
        *,
        labels: NDArray[np.int64] | None = None,
        seed: int = 0,
    ) -> None:
        self.shape = dataset.shape
        self._rows = rows
        self.seed = seed
        self.dynamic = False  # a fresh binarisation with each batch
        y = torch.from_numpy((dataset.labels[rows] if labels is None else labels).copy())
        self._y = y.to(device)
        self._labelled = torch.nonzero(self._y >= 0).squeeze(1)  # places of labelled rows
        self._low, high = dataset.value_range
        self._span = (high - self._low) or 1.0
        if dataset.x.dtype == np.uint8:
            chosen = dataset.x[rows]
        else:
            chosen = dataset.inputs(rows)
            self._low, self._span = 0.0, 1.0
            if not chosen.flags.writeable:
                chosen = chosen.copy()
        self._data = torch.from_numpy(chosen).to(device).flatten(1)  # (N, C * H * W)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def count(self) -> int:
        """Rows."""
        return len(self)

    @property
    def labelled_count(self) -> int:
        """Rows with a label that is not hidden."""
        return len(self._labelled)

    def take(self, rows: Tensor) -> Tensor:
        """Rows (B,) of int64 -> (B, C, H, W) float32 in [0, 1]."""
        return self._inputs(self._data.index_select(0, rows))

    def labels(self, rows: Tensor | slice) -> Tensor:
        """Rows (B,) -> labels (B,) int64."""
        return self._y[rows]

    def learn(self, rows: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """x and y of `rows` as a step sees them: binarised anew where that is asked for."""
        x = self.take(rows)
        if self.dynamic:
            drawn = torch.rand(x.shape, generator=generator, device=x.device)
            x = (drawn < x).float()
        return x, self._y[rows]

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random rows, each as likely, with replacement: x and y."""
        return self._draw(torch.arange(len(self), device=self._y.device), size, generator)

    def draw_labelled(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Random labelled rows, with replacement: x and y.

        Raises:
            UsageError: No row has a label.
        """
        if not len(self._labelled):
            raise UsageError(
                "None of the training rows has a label.",
                do="Choose data with labels, or give them.",
            )
        return self._draw(self._labelled, size, generator)

    def _draw(self, among: Tensor, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        places = torch.randint(len(among), (size,), generator=generator, device=among.device)
        return self.learn(among[places], generator)

    def span(self, start: int, stop: int) -> Tensor:
        """Rows start .. stop in their own order, as `take` gives them."""
        return self._inputs(self._data[start:stop])

    def binarize(self, seed: int, chunk: int = 4096) -> None:
        """Draw every pixel once from Bernoulli(x), for good (static binarisation)."""
        drawn = torch.empty(self._data.shape, dtype=torch.uint8)
        for start in range(0, len(self), chunk):
            x = self.span(start, start + chunk).flatten(1).cpu().numpy()
            rows = self._rows[start : start + chunk]
            drawn[start : start + chunk] = torch.from_numpy(binary.draw(x, rows, seed))
        self._data, self._low, self._span = drawn.to(self._data.device), 0.0, 1.0

    def _inputs(self, stored: Tensor) -> Tensor:
        x = stored.float()
        if self._low:
            x = x - self._low
        if self._span != 1.0:
            x = x / self._span
        return x.view(-1, *self.shape)  # (B, C, H, W)
