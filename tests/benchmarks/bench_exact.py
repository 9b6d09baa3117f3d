"""MADE and PixelCNN on static MNIST, exact log p(x) on the 10,000 test pictures. Prints JSON.

    python tests/benchmarks/bench_exact.py --data DATA_FOLDER [--models made pixelcnn]
        [--time-limit 3600] [--epochs N --threads 1] [--out build/bench/exact]

Wanted within an hour on two cores: MADE at most 90 nats, PixelCNN at most 84 (published, trained
longer: MADE 86.64 to 89.59, Germain et al., 2015; PixelCNN 81.30, van den Oord et al., 2016). The
pictures are binarised once, by the seed. Each run folder is resumed where it stopped: the same
command goes on after an interruption. With --epochs PixelCNN makes so many passes in whatever time
they take: on a computer with other work, `cpu_seconds` of one thread then say what it cost.
DATA_FOLDER holds `mnist`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import torch
from resumable import curve, trained

from latentlab.data.dataset import Dataset
from latentlab.data.open import open_dataset
from latentlab.specs import (
    DataSpec,
    Made,
    MaximumLikelihood,
    ModelSpec,
    PixelCnn,
    TrainSpec,
    replace,
)

GOALS = {"made": 90.0, "pixelcnn": 84.0}
NETWORKS = {"made": Made(), "pixelcnn": PixelCnn()}
# MADE begins to learn its rows by heart after some ten passes: the schedule ends before.
TRAININGS = {
    "made": TrainSpec(epochs=10, batch_size=128, learning_rate=2e-3),
    "pixelcnn": TrainSpec(batch_size=64, learning_rate=4e-3, warmup_steps=100),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", ""))
    parser.add_argument("--models", nargs="+", choices=sorted(GOALS), default=sorted(GOALS))
    parser.add_argument("--time-limit", type=float, default=3600.0, help="seconds, for PixelCNN")
    parser.add_argument("--epochs", type=int, help="for PixelCNN, instead of the time limit")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("build/bench/exact"))
    arguments = parser.parse_args()
    folder = Path(arguments.data)
    source = str(folder / "mnist") if (folder / "mnist").is_dir() else "mnist"
    data = open_dataset(DataSpec(source=source))
    for name in arguments.models:
        changes: dict = {"seed": arguments.seed, "threads": arguments.threads}
        if name == "pixelcnn" and arguments.epochs is not None:
            changes["epochs"] = arguments.epochs
        elif name == "pixelcnn":
            changes["time_limit_s"] = arguments.time_limit
        print(json.dumps(_bench(name, data, arguments.out, changes), indent=2))


def _bench(name: str, data: Dataset, out: Path, changes: dict) -> dict:
    objective = MaximumLikelihood()
    train = replace(TRAININGS[name], objective=objective, binarize="static", **changes)
    model = ModelSpec(shape=data.shape, network=NETWORKS[name])
    begin_s = time.process_time()
    trainer = trained(out / f"{name}-{train.seed}", data, model, train)
    held_out, plan, last = trainer.held_out, trainer.plan, trainer.history[-1]
    nats = round(-held_out.bound_nats, 3)
    return {
        "model": name,
        "nats": nats,
        "goal_nats": GOALS[name],
        "reached": nats <= GOALS[name],
        "data": "MNIST, static binarisation, 10,000 test pictures",
        "seconds": round(last.elapsed_s),
        "cpu_seconds": round(time.process_time() - begin_s),
        "epochs": round(last.step * plan.batch_size / plan.rows, 2),
        "images_per_s": round(last.step * plan.batch_size / last.elapsed_s),
        "parameters": sum(p.numel() for p in trainer.vae.parameters()),
        "outcome": trainer.outcome,
        "curve": curve(trainer),
        "precision": plan.precision,
        "threads": plan.threads,
        "seed": train.seed,
        "torch": str(torch.__version__),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    }


if __name__ == "__main__":
    main()
