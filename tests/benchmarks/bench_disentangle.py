"""The mutual information gap of beta-TCVAE and of the plain VAE on dSprites, seed by seed.

    python tests/benchmarks/bench_disentangle.py --data DSPRITES.npz --out mig.jsonl [--seeds 5]

Both train the same network from the same weights, on the same batches, for the same steps; only
the weight of the total correlation differs. The gap is of the posterior means of all rows of
dsprites_downsampled.npz, a full grid of five factors, latents in 20 bins (Chen et al., 2018).

Each finished training is one line of the output; lines that are there are not computed again. The
last line printed is the table. A training takes a minute or two on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from latentlab.analysis.disentanglement import as_classes, mutual_information_gap
from latentlab.data.dataset import Dataset
from latentlab.data.open import open_dataset
from latentlab.models.model import Model
from latentlab.specs import BetaTc, DataSpec, Elbo, Mlp, ModelSpec, ObjectiveSpec, TrainSpec, tag_of
from latentlab.training.trainer import Trainer


def objectives(beta: float) -> tuple[ObjectiveSpec, ...]:
    return (BetaTc(beta=beta), Elbo())


def gap(trainer: Trainer, data: Dataset) -> float:
    """MIG of all rows."""
    z = Model(trainer.vae).encode(data.inputs(np.arange(len(data))))
    assert data.factors is not None
    varying = [column for column in data.factors.T if len(np.unique(column)) > 1]
    factors = np.column_stack([as_classes(column) for column in varying])
    return mutual_information_gap(np.asarray(z, dtype=np.float64), factors)


def train(data: Dataset, spec: ObjectiveSpec, seed: int, given: Namespace) -> dict[str, Any]:
    """One training and its figures."""
    begin = time.perf_counter()
    model = ModelSpec(
        shape=data.shape, latent_dim=given.latents, network=Mlp(hidden=(given.width, given.width))
    )
    trainer = Trainer(
        data,
        model,
        TrainSpec(
            objective=spec,
            epochs=given.epochs,
            batch_size=given.batch,
            learning_rate=given.rate,
            seed=seed,
            device=given.device,
            precision=given.precision,
        ),
    )
    for _ in trainer:
        pass
    held_out = trainer.held_out
    assert held_out is not None
    return {
        **key(spec, seed, given),
        "mig": round(gap(trainer, data), 4),
        "bound_nats": round(held_out.bound_nats, 3),
        "kl_nats": round(held_out.kl_nats, 3),
        "steps": trainer.plan.steps,
        "precision": trainer.plan.precision,
        "train_s": round(time.perf_counter() - begin, 1),
        "torch": str(torch.__version__),
        "machine": platform.processor() or platform.machine(),
        "load": round(os.getloadavg()[0], 1),
    }


def key(spec: ObjectiveSpec, seed: int, given: Namespace) -> dict[str, Any]:
    """What tells one training from another."""
    names = ("beta", "latents", "width", "epochs", "batch", "rate")
    settings = {name: getattr(given, name) for name in names}
    return {"objective": tag_of(spec), "seed": seed, **settings}


def parsed() -> Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="dsprites_downsampled.npz")
    parser.add_argument("--out", type=Path, default=Path("mig.jsonl"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--beta", type=float, default=6.0)
    parser.add_argument("--latents", type=int, default=6)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="auto")
    return parser.parse_args()


def main() -> None:
    given = parsed()
    data = open_dataset(DataSpec(source=given.data))
    lines = given.out.read_text().splitlines() if given.out.exists() else []
    done = [json.loads(line) for line in lines]
    for seed in range(given.seeds):
        for spec in objectives(given.beta):
            wanted = key(spec, seed, given)
            if any(wanted.items() <= line.items() for line in done):
                continue
            done.append(train(data, spec, seed, given))
            with given.out.open("a") as out:
                out.write(json.dumps(done[-1]) + "\n")
    migs = {
        tag_of(spec): [
            line["mig"]
            for seed in range(given.seeds)
            for line in done
            if key(spec, seed, given).items() <= line.items()
        ]
        for spec in objectives(given.beta)
    }
    higher = sum(tc > elbo for tc, elbo in zip(migs["tc"], migs["elbo"], strict=True))
    print(json.dumps({"mig": migs, "higher": f"{higher} of {given.seeds}"}))


if __name__ == "__main__":
    main()
