"""A 2-D map with the defaults in a minute: bound, kNN accuracy and seconds. Prints JSON.

    python tests/benchmarks/bench_mnist.py --data MNIST_FOLDER [--time-limit 60]

The same as `latentlab train mnist --time-limit 60s` and `latentlab evaluate`: the bound is
"Bernoulli on grey values", over the 10,000 test pictures; kNN (k = 10) goes from training codes to
test codes. `seconds` begins before torch is imported and ends with the trained model.
"""

from __future__ import annotations

import time

BEGIN_S = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
from pathlib import Path  # noqa: E402

from latentlab.analysis.neighbours import knn_accuracy  # noqa: E402
from latentlab.data.open import open_dataset  # noqa: E402
from latentlab.models.model import Model  # noqa: E402
from latentlab.specs import DataSpec, replace  # noqa: E402
from latentlab.training.defaults import suggest  # noqa: E402
from latentlab.training.trainer import Trainer  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", "mnist"))
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    folder = Path(arguments.data)
    source = str(folder / "mnist") if (folder / "mnist").is_dir() else arguments.data
    data = open_dataset(DataSpec(source=source))
    spec, train = suggest(data)
    train = replace(train, time_limit_s=arguments.time_limit, threads=arguments.threads)
    trainer = Trainer(data, spec, train, started_s=BEGIN_S)
    for _ in trainer:
        pass
    seconds = time.perf_counter() - BEGIN_S
    model = Model(trainer.vae, trainer.header())
    rows, test = data.rows("train"), data.rows("test")
    accuracy = knn_accuracy(
        model.encode(data.inputs(rows)), data.labels[rows],
        model.encode(data.inputs(test)), data.labels[test],
    )  # fmt: skip
    held_out, progress = trainer.held_out, trainer.progress()
    answer = {
        "seconds": round(seconds, 1),
        "outcome": trainer.outcome,
        "bound_nats": round(held_out.bound_nats, 2) if held_out else None,
        "knn_accuracy": round(accuracy, 4) if accuracy is not None else None,
        "epochs": round(progress.epoch, 1),
        "steps": progress.step,
        "images_per_s": round(progress.step * trainer.plan.batch_size / progress.elapsed_s),
        "precision": trainer.plan.precision,
        "threads": trainer.plan.threads,
        "load": os.getloadavg()[0],
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
