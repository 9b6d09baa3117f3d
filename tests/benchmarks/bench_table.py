"""Two latents: three posteriors by four priors on two sets of pictures, log p(x) by quadrature.

    python tests/benchmarks/bench_table.py --data DATA_FOLDER [--out build/bench/table]
        [--seeds 5] [--time-limit 60 | --core-seconds 60] [--count 2000]

Each model trains for the same time with the defaults (mlp, dynamic binarisation). log p(x) of the
same draw of test pictures is by quadrature, settled within 0.01 nat. Seeds are outermost: the first
finished seed is published first, and OUT/table.md is written anew after each model. The flow with
the VampPrior is scored on fewer pictures (--costly-count), said in its line. Each finished
model is a line of OUT/lines.jsonl; the same command goes on after an interruption. DATA_FOLDER
holds `mnist` and `fashion-mnist`. On a computer with other work, --core-seconds counts the whole
passes that fit into so much time of one core, by the processor time of some steps on one thread.
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
from latentlab.specs import (
    Bernoulli,
    Diagonal,
    Flow,
    FlowPrior,
    FullCovariance,
    Mixture,
    ModelSpec,
    StandardNormal,
    TrainSpec,
    Vamp,
    replace,
)
from latentlab.training.trainer import Trainer

PROBED = 30  # steps, after as many to warm up
SETS = ("mnist", "fashion-mnist")
POSTERIORS = {"diagonal": Diagonal(), "full": FullCovariance(), "flow": Flow(transform="iaf")}
PRIORS = {
    "normal": StandardNormal(),
    "mixture": Mixture(),
    "vamp": Vamp(),
    "flow": FlowPrior(),
}


def main() -> None:
    arguments = _arguments()
    tabulate(arguments.out, _cells(arguments), _table)


def _cells(arguments: Namespace) -> Iterator[tuple[str, Callable[[], Record]]]:
    data = {name: pictures(arguments.data, name) for name in arguments.sets}
    core_s, limit_s = arguments.core_seconds, arguments.time_limit
    budget = f"{core_s:g}cs" if core_s else f"{limit_s:g}s"
    models = product(arguments.sets, arguments.posteriors, arguments.priors)
    for seed, (name, q, p) in product(range(arguments.seeds), list(models)):
        key = f"{name}-{q}-{p}-{budget}-s{seed}"
        folder = arguments.out / key
        yield key, partial(_measure, data[name], name, q, p, seed, folder, arguments)


def _arguments() -> Namespace:
    parser = lines.parser("table", seeds=5)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--posteriors", nargs="+", choices=list(POSTERIORS), default=[*POSTERIORS])
    parser.add_argument("--priors", nargs="+", choices=list(PRIORS), default=[*PRIORS])
    parser.add_argument("--epochs", type=int, help="instead of the time limit")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds of training")
    parser.add_argument("--core-seconds", type=float, help="of one core, instead")
    parser.add_argument("--count", type=int, default=2000, help="test pictures that are scored")
    parser.add_argument("--costly-count", type=int, default=200, help="of flow with vamp")
    return parser.parse_args()


def _measure(
    data: Dataset, name: str, q: str, p: str, seed: int, folder: Path, arguments: Namespace
) -> Record:
    spec = ModelSpec(
        shape=data.shape,
        latent_dim=2,
        posterior=POSTERIORS[q],
        prior=PRIORS[p],
        likelihood=Bernoulli(),
    )
    train = TrainSpec(binarize="dynamic", seed=seed, device=arguments.device)
    if arguments.core_seconds:
        train = replace(train, threads=1)
        train = replace(train, epochs=_passes(data, spec, train, arguments.core_seconds))
    elif arguments.epochs:
        train = replace(train, epochs=arguments.epochs)
    else:
        train = replace(train, time_limit_s=arguments.time_limit)
    model, seconds = trained(folder, data, spec, train)
    # A pseudo-input's flow has to be inverted at every point of the grid: minutes for 200 pictures.
    count = arguments.costly_count if (q, p) == ("flow", "vamp") else arguments.count
    found = latentlab.evaluate(
        model, data, count=count, sections=("likelihood",), device=arguments.device
    )
    return {
        "data": name,
        "posterior": q,
        "prior": p,
        "seed": seed,
        "train_seconds": round(seconds, 1),
        "epochs": round(model.header.epochs, 2),
        "log_likelihood_nats": found.log_likelihood_nats,
        "log_likelihood_error_nats": found.log_likelihood_error_nats,
        "moved_nats": found.moved_nats,
        "bound_nats": found.bound_nats,
        "kl_kind": found.kl_kind,
        "count": found.count,
        "evaluate_seconds": found.seconds["bound"],
    }


def _passes(data: Dataset, spec: ModelSpec, train: TrainSpec, core_s: float) -> int:
    """Whole passes over the training rows in `core_s` seconds of one core, at least one."""
    trainer = Trainer(data, spec, train)
    steps = iter(trainer)
    for _ in range(PROBED):
        next(steps)
    begin_s = time.process_time()
    for _ in range(PROBED):
        next(steps)
    step_s = (time.process_time() - begin_s) / PROBED
    return max(1, round(core_s / step_s * trainer.plan.batch_size / trainer.plan.rows))


def _table(records: list[Record]) -> str:
    parts = ["log p(x) in nats, mean ± standard deviation over seeds (seeds).\n"]
    for name in dict.fromkeys(r["data"] for r in records):
        priors = [p for p in PRIORS if any(r["prior"] == p for r in records)]
        parts += [f"| {name} | " + " | ".join(priors) + " |", "|---" * (len(priors) + 1) + "|"]
        for q in POSTERIORS:
            cells = [
                mean_and_spread(
                    [
                        r["log_likelihood_nats"]
                        for r in records
                        if (r["data"], r["posterior"], r["prior"]) == (name, q, p)
                    ]
                )
                for p in priors
            ]
            if any(cells):
                parts.append(f"| {q} | " + " | ".join(cells) + " |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
