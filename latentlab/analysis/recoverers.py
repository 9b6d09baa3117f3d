"""The methods of label recovery, one function each: labels of a few rows in, of all rows out.

A method takes what all share (`Ground`: the data, M1 and its codes) and the labels that are shown,
and gives q(y|x) of every row.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn.functional import nll_loss

from latentlab import specs
from latentlab.analysis.spreading import (
    Neighbours,
    Probabilities,
    clusters,
    nearest,
    spread,
    tuned,
    weigh,
)
from latentlab.data.dataset import Dataset
from latentlab.models.build import initialise
from latentlab.models.labels import Knowing, LatentClassifier, Stacked
from latentlab.models.model import Model
from latentlab.specs import ModelSpec, TrainSpec
from latentlab.training import schedules
from latentlab.training.objectives import Batch
from latentlab.training.rows import stream
from latentlab.training.sums import over_few_inner_classes
from latentlab.training.trainer import Trainer

Labels = NDArray[np.int64]
GoOn = Callable[[str, float], None]  # raises CancelledError where it was called off

LEARNING_RATE = 1e-3
INNER_RATE = 3e-3  # of the small networks on codes
SURE = 0.5  # share of the rows, those that spreading is surest of, that M2 takes as labelled
BATCH = 200
ALPHA = 0.1  # of the number of rows, as in the paper
CLASSIFIER_STEPS = 1500


@dataclass(frozen=True, slots=True)
class Effort:
    """How long the learning methods learn.

    Args:
        epochs: Passes of M1 over the training rows.
        m2_epochs: Passes of M2, which is told all classes of each picture.
        inner_epochs: Passes of the M2 of M1+M2 over the codes.
        limit_s: The most that one of these three takes; None is as long as it needs.
    """

    epochs: int = 20
    m2_epochs: int = 5
    inner_epochs: int = 20
    limit_s: float | None = None


@dataclass(eq=False)
class Ground:
    """What all methods and draws share: it saw no label.

    Args:
        dataset: All rows.
        model: M1, or another model whose codes are wanted.
        mean: (N, d) of q(z|x), on the device.
        log_sigma: (N, d); None for a posterior that is no Gaussian: its codes stay at the mean.
        effort: How long to learn.
        go_on: Told what is done and how much of it; it raises to end.
    """

    dataset: Dataset
    model: Model
    mean: Tensor
    log_sigma: Tensor | None
    effort: Effort
    go_on: GoOn
    _neighbours: Neighbours | None = field(default=None, init=False)

    @property
    def classes(self) -> int:
        """Y."""
        return self.dataset.class_count

    @property
    def z(self) -> NDArray[np.float32]:
        """The codes (N, d)."""
        codes: NDArray[np.float32] = self.mean.cpu().numpy()
        return codes

    def neighbours(self) -> Neighbours:
        """Nearest neighbours of the codes, found once."""
        if self._neighbours is None:
            self.go_on("Finding nearest neighbours", 0.0)
            self._neighbours = nearest(self.z)
        return self._neighbours

    def draw(self, rows: Tensor, generator: Generator) -> Tensor:
        """z from q(z|x) of rows (B,): (B, d)."""
        mean = self.mean[rows]
        if self.log_sigma is None:
            return mean
        eps = torch.randn(mean.shape, generator=generator, device=mean.device)
        return mean + self.log_sigma[rows].exp() * eps

    def learned(self) -> Tensor:
        """Rows that may be learned from: those of the training split."""
        return torch.from_numpy(self.dataset.rows("train")).to(self.mean.device)


def by_clusters(ground: Ground, shown: Labels, _seed: int) -> Probabilities:
    """k-means of the codes, from the labelled ones."""
    ground.go_on("Clustering codes", 0.0)
    return clusters(ground.z, shown, ground.classes)


def by_spreading(ground: Ground, shown: Labels, _seed: int) -> Probabilities:
    """Label spreading on the nearest neighbours of the codes, tuned on the shown labels alone."""

    def go_on(done: float) -> bool:
        ground.go_on("Spreading labels", done)
        return True

    found = ground.neighbours()
    sharpness, reach = tuned(found, shown, ground.classes, go_on=go_on)
    return spread(weigh(found, sharpness), shown, ground.classes, reach=reach, go_on=go_on)


def by_m1(ground: Ground, shown: Labels, seed: int) -> Probabilities:
    """A classifier q(y|z) at draws of the labelled rows' codes."""
    spec = specs.LatentClassifier(classes=ground.classes)
    module = LatentClassifier(spec, ground.model.spec, ground.mean.shape[1])
    labelled = torch.from_numpy(np.flatnonzero(shown >= 0)).to(ground.mean.device)
    y = torch.tensor(shown).to(ground.mean.device)

    def loss(_done: float, generator: Generator) -> Tensor:
        rows = _pick(labelled, BATCH, generator)
        return nll_loss(module.log_probs(ground.draw(rows, generator)), y[rows])

    _learn(ground, module, loss, CLASSIFIER_STEPS, stream(seed, "m1"), "Learning M1's classifier")
    return _probabilities(module, ground.mean)


def by_m1m2(ground: Ground, shown: Labels, seed: int) -> Probabilities:
    """M2 on the codes of M1, which are drawn anew for each batch."""
    dim = ground.mean.shape[1]
    spec = specs.Stacked(classes=ground.classes, inner_dim=min(50, dim))
    module = Stacked(spec, ground.model.spec, dim)
    device = ground.mean.device
    labelled = torch.from_numpy(np.flatnonzero(shown >= 0)).to(device)
    y, learned = torch.tensor(shown).to(device), ground.learned()

    def loss(done: float, generator: Generator) -> Tensor:
        rows = _pick(learned, BATCH, generator)
        z = ground.draw(rows, generator)
        batch = Batch(z, y[rows], done, 1.0, generator)
        bound = over_few_inner_classes(module, batch, z, module.log_probs(z), y[rows])
        known = _pick(labelled, BATCH // 2, generator)
        classifier = nll_loss(module.log_probs(ground.draw(known, generator)), y[known])
        return (bound.kl - bound.reconstruction).mean() + ALPHA * classifier

    steps = ground.effort.inner_epochs * max(1, len(learned) // BATCH)
    _learn(ground, module, loss, steps, stream(seed, "m1m2"), "Learning M2 on the codes")
    return _probabilities(module, ground.mean)


def by_m2(ground: Ground, shown: Labels, seed: int) -> Probabilities:
    """M2 on the pictures."""
    return _m2(ground, shown, seed, "Learning M2")


def by_spreading_then_m2(ground: Ground, shown: Labels, seed: int) -> Probabilities:
    """M2 that takes for labelled, beside the given ones, what spreading is surest of."""
    found = by_spreading(ground, shown, seed)
    rows = ground.dataset.rows("train")
    sure = surest(found[rows], SURE)
    labels = np.full_like(shown, -1)
    labels[rows[sure]] = found[rows[sure]].argmax(1)
    labels = np.where(shown >= 0, shown, labels)
    return _m2(ground, labels, seed, "Learning M2 on what spreading is sure of")


Method = Callable[[Ground, Labels, int], Probabilities]

METHODS: dict[str, Method] = {
    "clusters": by_clusters,
    "spreading": by_spreading,
    "m1": by_m1,
    "m2": by_m2,
    "m1m2": by_m1m2,
    "spreading+m2": by_spreading_then_m2,
}


def surest(found: Probabilities, share: float) -> NDArray[np.int64]:
    """Rows of the highest probability: the same share of each class that was found.

    Example:
        >>> found = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.4, 0.6]], dtype=np.float32)
        >>> surest(found, 0.5).tolist()
        [0, 2]
    """
    best, confidence = found.argmax(1), found.max(1)
    chosen = []
    for label in np.unique(best):
        rows = np.flatnonzero(best == label)
        order = rows[np.argsort(-confidence[rows], kind="stable")]
        chosen.append(order[: max(1, round(share * len(rows)))])
    return np.sort(np.concatenate(chosen))


def _m2(ground: Ground, labels: Labels, seed: int, text: str) -> Probabilities:
    base = ground.model.spec
    model = ModelSpec(
        shape=base.shape,
        latent_dim=base.latent_dim,
        network=base.network,
        likelihood=base.likelihood,
        labels=specs.SemiSupervised(classes=ground.classes),
    )
    train = TrainSpec(
        objective=specs.M2(alpha=ALPHA),
        epochs=ground.effort.m2_epochs,
        time_limit_s=ground.effort.limit_s,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        seed=stream(seed, "m2"),
        device=ground.mean.device.type,  # type: ignore[arg-type]
    )
    dataset = dataclasses.replace(ground.dataset, labels=labels.copy())
    trainer = Trainer(dataset, model, train)
    for _ in _told(trainer, ground, text):
        pass
    x = ground.dataset.inputs(slice(None))
    return np.exp(Model(trainer.vae).classify(x))


def train_m1(dataset: Dataset, model: ModelSpec, train: TrainSpec, go_on: GoOn) -> Model:
    """M1: it looks at no label."""
    unlabelled = dataclasses.replace(dataset, labels=np.full(len(dataset), -1, dtype=np.int64))
    trainer = Trainer(unlabelled, model, train)
    for _ in trainer:
        progress = trainer.progress()
        go_on("Learning M1", progress.step / max(progress.steps, 1))
    return Model(trainer.vae, trainer.header())


def _told(trainer: Trainer, ground: Ground, text: str) -> Iterator[None]:
    told_s = 0.0
    for _ in trainer:
        now_s = time.perf_counter()
        if now_s - told_s >= 0.2:
            told_s = now_s
            progress = trainer.progress()
            ground.go_on(text, progress.step / max(progress.steps, 1))
        yield None


def _learn(
    ground: Ground,
    module: Knowing,
    loss: Callable[[float, Generator], Tensor],
    steps: int,
    seed: int,
    text: str,
) -> None:
    """Adam over `steps`, or as far as the time goes; the learning rate falls to zero by then."""
    device = ground.mean.device
    initialise(module, Generator().manual_seed(stream(seed, "weights")))
    module.to(device)
    generator = Generator(device).manual_seed(stream(seed, "noise"))
    optimiser = torch.optim.Adam(module.parameters(), fused=device.type in ("cpu", "cuda"))
    began_s, limit_s = time.perf_counter(), ground.effort.limit_s
    for step in range(steps):
        spent = 0.0 if limit_s is None else (time.perf_counter() - began_s) / limit_s
        if spent >= 1:
            return
        done = max(step / steps, spent)
        ground.go_on(text, done)
        rate = schedules.learning_rate(INNER_RATE, "cosine", done, step, 0)
        optimiser.param_groups[0]["lr"] = rate
        value = loss(done, generator)
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


def _pick(rows: Tensor, count: int, generator: Generator) -> Tensor:
    return rows[torch.randint(len(rows), (count,), generator=generator, device=rows.device)]


@torch.no_grad()
def _probabilities(module: Knowing, z: Tensor) -> Probabilities:
    found: Probabilities = module.log_probs(z).exp().cpu().numpy()
    return found
