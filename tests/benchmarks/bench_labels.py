"""MNIST with 100 labels, and with 1 % of them: what each method recovers, over minutes.

M1 is trained once, without labels; then each method on each balanced draw. Every figure is a JSON
line, written when it is there; a second run goes on where the first one stopped.

    python tests/benchmarks/bench_labels.py --out labels.jsonl
    python tests/benchmarks/bench_labels.py --out labels.jsonl --methods m1m2 --minutes 2,5,10

Kingma et al. (2014), 100 labels: M1+M2 3.33 % error, M2 11.97 %, M1+TSVM 11.82 %.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch

import latentlab
from latentlab.analysis.recoverers import METHODS, Effort, Ground
from latentlab.analysis.recovery import draw, ground_of, m1_specs, train_m1
from latentlab.data.dataset import TEST
from latentlab.models.model import Model
from latentlab.training.rows import stream

LABELLED = (100, 600)


def main() -> None:
    """Run what is not there yet."""
    options = _options()
    data = latentlab.open_dataset(options.data)
    done = _read(options.out)
    model, m1_s = _m1(options, data)
    ground = ground_of(data, model, Effort(), lambda _text, _done: None)
    counts = [int(count) for count in options.labelled.split(",")]
    for name in options.methods.split(","):
        learns = name in ("m2", "m1m2", "spreading+m2")
        for minutes in map(float, options.minutes.split(",") if learns else ("0",)):
            for count in counts:
                for number in range(options.draws):
                    key = (name, count, minutes, number, options.m1_minutes)
                    if key not in done:
                        _one(options, ground, m1_s, key)
    _table(options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--out", type=Path, default=Path("labels.jsonl"))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--labelled", default=",".join(map(str, LABELLED)))
    parser.add_argument("--minutes", default="1,2,5,10", help="Of learning, for those that learn.")
    parser.add_argument("--m1-minutes", type=float, default=5.0)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def _m1(options: argparse.Namespace, data: latentlab.Dataset) -> tuple[Model, float]:
    """M1, kept beside the results: it saw no label, so all draws share it."""
    path = options.out.with_name(f"{options.out.stem}-m1-{options.m1_minutes:g}.safetensors")
    took = path.with_suffix(".seconds")
    if path.exists() and took.exists():
        return latentlab.load_model(path, device=options.device), float(took.read_text())
    began_s = time.perf_counter()
    effort = Effort(limit_s=60 * options.m1_minutes)
    specs = m1_specs(data, effort, options.seed, options.device)
    model = train_m1(data, *specs, lambda text, share: print(f"\r{text} {share:4.0%}", end=""))
    seconds = time.perf_counter() - began_s
    latentlab.save_model(model, path)
    took.write_text(f"{seconds:.1f}")
    print(f"\nM1: {seconds:.0f} s, {model.header.held_out}")
    return model, seconds


def _one(
    options: argparse.Namespace,
    ground: Ground,
    m1_s: float,
    key: tuple[str, int, float, int, float],
) -> None:
    name, count, minutes, number, m1_minutes = key
    # As many passes as nobody ends: the time alone does.
    ground.effort = Effort(1, 1000, 1000, 60 * minutes) if minutes else Effort()
    data = ground.dataset
    seed = stream(options.seed, "draw", number) % 2**31
    shown = draw(data, count, seed)
    if name.startswith("spreading"):
        ground.neighbours()  # it is the same for all draws
    began_s = time.perf_counter()
    found = METHODS[name](ground, shown, seed).argmax(1)
    seconds = time.perf_counter() - began_s
    hidden = (shown < 0) & (data.labels >= 0)
    right = found == data.labels
    line = {
        "method": name,
        "labelled": count,
        "minutes": minutes,
        "m1_minutes": m1_minutes,
        "draw": number,
        "seed": seed,
        "accuracy": float(right[hidden].mean()),
        "train_accuracy": float(right[hidden & (data.split != TEST)].mean()),
        "test_accuracy": float(right[data.split == TEST].mean()),
        "seconds": seconds,
        "m1_seconds": m1_s,
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "device": options.device,
        "torch": torch.__version__,
    }
    with options.out.open("a", encoding="utf-8") as stream_:
        stream_.write(json.dumps(line) + "\n")
    print(
        f"{name}, {count} labels, {minutes:g} min, draw {number}: "
        f"error {1 - line['accuracy']:.2%}, test {1 - line['test_accuracy']:.2%}, {seconds:.0f} s",
        flush=True,
    )


def _lines(path: Path) -> list[dict]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _read(path: Path) -> set[tuple]:
    keys = ("method", "labelled", "minutes", "draw", "m1_minutes")
    return {tuple(line[key] for key in keys) for line in _lines(path)}


def _table(path: Path) -> None:
    """Mean and spread over draws, as a table in Markdown."""
    groups: dict[tuple, list[dict]] = {}
    for line in _lines(path):
        key = (line["labelled"], line["method"], line["m1_minutes"], line["minutes"])
        groups.setdefault(key, []).append(line)
    print("| labels | method | M1 min | min a draw | draws | error % | test error % |")
    print("|---|---|---|---|---|---|---|")
    for (count, name, m1_minutes, minutes), lines in sorted(groups.items()):
        error = 100 * (1 - np.asarray([line["accuracy"] for line in lines]))
        test = 100 * (1 - np.asarray([line["test_accuracy"] for line in lines]))
        took = minutes or np.mean([line["seconds"] for line in lines]) / 60
        print(
            f"| {count} | {name} | {m1_minutes:g} | {took:.2g} | {len(lines)} | "
            f"{error.mean():.2f} ± {error.std():.2f} | {test.mean():.2f} ± {test.std():.2f} |"
        )


if __name__ == "__main__":
    main()
