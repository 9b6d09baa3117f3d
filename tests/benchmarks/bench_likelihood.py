"""log p(x) of a VAE, IWAE-5 and IWAE-50 on MNIST, as Burda et al. (2016) measure it. Resumable.

    python tests/benchmarks/bench_likelihood.py --data DATA_FOLDER [--out build/bench/likelihood]
        [--models vae iwae-5 iwae-50] [--seeds 1] [--epochs 100] [--samples 5000] [--count N]
        [--warmup 0.4] [--threads 1]

Dynamic binarisation, 50 latents, two layers of 200 units, equal epochs. Published: VAE 86.76,
IWAE-5 85.54, IWAE-50 84.78. Wanted: the VAE at most 87.5 within 30 minutes on two cores, IWAE-5
better by 0.8 nat at least, IWAE-50 better still. log p(x) is by importance sampling with K samples
on the test pictures, binarised by one draw. With --warmup the VAE's KL is weighed from 0 to 1
over that share of the training, which keeps more latents in use. `cpu_seconds` is the processor
time of the training, which other work leaves alone. Each finished model is a line of
OUT/lines.jsonl.
DATA_FOLDER holds `mnist`.
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path

import lines
from lines import Record, mean_and_spread, pictures, tabulate, trained

import latentlab
from latentlab.data.dataset import Dataset
from latentlab.specs import BetaVae, Elbo, Iwae, Mlp, ModelSpec, TrainSpec

OBJECTIVES = {"vae": Elbo(), "iwae-5": Iwae(samples=5), "iwae-50": Iwae(samples=50)}
PUBLISHED = {"vae": -86.76, "iwae-5": -85.54, "iwae-50": -84.78}


def main() -> None:
    arguments = _arguments()
    tabulate(arguments.out, _cells(arguments), _table)


def _cells(arguments: Namespace) -> Iterator[tuple[str, Callable[[], Record]]]:
    data = pictures(arguments.data, "mnist")
    # Seeds are outermost: the first finished seed is published first.
    for seed, name in product(range(arguments.seeds), arguments.models):
        warm = f"-w{arguments.warmup:g}" if name == "vae" and arguments.warmup else ""
        key = f"{name}-e{arguments.epochs}{warm}-s{seed}"
        yield key, partial(_measure, name, seed, arguments.out / key, data, arguments)


def _arguments() -> Namespace:
    parser = lines.parser("likelihood", seeds=1)
    parser.add_argument("--models", nargs="+", choices=list(OBJECTIVES), default=list(OBJECTIVES))
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=float, default=0.0, help="of the VAE's KL")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--samples", type=int, default=5000, help="K")
    parser.add_argument("--count", type=int, help="test pictures; all unless given")
    parser.add_argument("--precision", default="float32")
    return parser.parse_args()


def _measure(name: str, seed: int, folder: Path, data: Dataset, arguments: Namespace) -> Record:
    spec = ModelSpec(shape=data.shape, latent_dim=50, network=Mlp(hidden=(200, 200)))
    objective = OBJECTIVES[name]
    if name == "vae" and arguments.warmup:
        objective = BetaVae(beta=1.0, schedule="linear", warmup=arguments.warmup)
    train = TrainSpec(
        objective=objective,
        threads=arguments.threads,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        binarize="dynamic",
        seed=seed,
        device=arguments.device,
        precision=arguments.precision,
    )
    begin_s = time.process_time()
    model, seconds = trained(folder, data, spec, train)
    cpu_s = time.process_time() - begin_s
    begin = time.perf_counter()
    found = latentlab.evaluate(
        model,
        data,
        samples=arguments.samples,
        count=arguments.count,
        sections=("likelihood",),
        device=arguments.device,
    )
    return {
        "model": name,
        "seed": seed,
        "epochs": arguments.epochs,
        "train_seconds": round(seconds),
        "cpu_seconds": round(cpu_s),
        "learning_rate": arguments.learning_rate,
        "batch_size": arguments.batch_size,
        "warmup": arguments.warmup if name == "vae" else 0.0,
        "evaluate_seconds": round(time.perf_counter() - begin),
        "log_likelihood_nats": found.log_likelihood_nats,
        "log_likelihood_error_nats": found.log_likelihood_error_nats,
        "bound_nats": found.bound_nats,
        "kl_nats": found.kl_nats,
        "active_units": found.active_units,
        "effective_samples": found.effective_samples,
        "curve_k": found.log_likelihood_curve.samples,
        "curve_nats": found.log_likelihood_curve.nats,
        "samples": found.samples,
        "count": found.count,
    }


def _table(records: list[Record]) -> str:
    rows = ["| model | epochs | log p(x) | bound | active | seconds | published |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, epochs in dict.fromkeys((r["model"], r["epochs"]) for r in records):
        mine = [r for r in records if (r["model"], r["epochs"]) == (name, epochs)]
        nats = mean_and_spread([r["log_likelihood_nats"] for r in mine])
        bound = mean_and_spread([r["bound_nats"] for r in mine])
        last = mine[-1]
        tail = f"{last['active_units']} | {last['train_seconds']} | {PUBLISHED[name]}"
        rows.append(f"| {name} | {epochs} | {nats} | {bound} | {tail} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
