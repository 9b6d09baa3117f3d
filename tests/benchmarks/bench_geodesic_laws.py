"""The laws of geodesics on many random pairs of trained models.

    python tests/benchmarks/bench_geodesic_laws.py MODEL ... [--pairs 200] [--checked 200]

Half of the pairs are data of the model's own map, half are draws from a normal prior. For each
model: whether any geodesic is longer than the straight line, how many are shorter by 2 %, and how
many lie within 1 % of the best that was found from 8 starts on curves of four times as many pieces.
With two latents these starts are relaxed on a relief of half our step first; those that then
differ go on on the decoder itself until they rest. With more they all do.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_geodesic import begun_of

from latentlab.latent import geodesic as g
from latentlab.latent.relaxing import after_rounds, resampled
from latentlab.latent.relief import Relief
from latentlab.latent.surface import Surface, surface_of
from latentlab.latent.terrain import Graph
from latentlab.models.model import Model

FINER, STARTS = 4, 8
ON_RELIEF, ROUNDS = 30, 25
DISTINCT = 4  # of the curves on the relief, that the decoder looks at

Floats = np.ndarray


def always() -> bool:
    """Whatever was begun is wanted."""
    return True


def bent(a: Floats, b: Floats, paths: list[Floats], seed: int) -> list[Floats]:
    """Eight curves (257, d): the straight line, paths over a graph, and lines bent at random."""
    source = np.random.default_rng(seed)
    starts = [resampled(one, FINER * g.FINE) for one in [np.stack([a, b]), *paths]]
    t = np.linspace(0, 1, FINER * g.FINE + 1)[:, None]
    while len(starts) < STARTS:
        bend = source.normal(size=(2, len(a))) * 0.3 * np.linalg.norm(b - a)
        curve = (1 - t) * a + t * b + np.sin(np.pi * t) * bend[0] + np.sin(2 * np.pi * t) * bend[1]
        starts.append(curve)
    return starts


def reference(surface: Surface, a: Floats, b: Floats, begun: Graph | Relief, seed: int) -> float:
    """The shortest of eight starts on a curve of four times as many pieces."""
    if isinstance(begun, Relief):
        starts = _on_relief(begun, a, b, seed)
    else:
        starts = bent(a, b, begun.paths(a, b, 3), seed)
    best = float(surface.along(np.stack([a, b]))[-1])
    for start in starts:
        curve = after_rounds(surface, start, ROUNDS, always)
        best = min(best, float(surface.along(curve)[-1]))
    return best


def _on_relief(begun: Relief, a: Floats, b: Floats, seed: int) -> list[Floats]:
    half = begun.finest()
    finest = half.finer() if half is not None else None
    assert finest is not None
    curves = []
    for start in bent(a, b, finest.paths(a, b, 3), seed):
        rough = after_rounds(finest, resampled(start, g.FINE), ON_RELIEF, always)
        curves.append(after_rounds(finest, resampled(rough, FINER * g.FINE), ON_RELIEF, always))
    return [curve for _, curve in g._shortest(finest, curves, 1024)][:DISTINCT]


def laws(path: Path, pairs: int, checked: int) -> dict[str, Any]:
    """One model's figures."""
    model = Model.from_file(path)
    codes = np.asarray(model.stored_map.codes, dtype=np.float64)
    codes = codes[np.isfinite(codes).all(axis=1)]
    surface, source = surface_of(model), np.random.default_rng(0)
    begun = begun_of(surface, codes)
    found: dict[str, list[float]] = {"data": [], "prior": [], "to_best": []}
    for number in range(pairs):
        of = "data" if number % 2 == 0 else "prior"
        chosen = codes[source.integers(len(codes), size=2)]
        a, b = chosen if of == "data" else source.normal(size=(2, codes.shape[1]))
        if isinstance(begun, Relief) and not begun.holds(np.stack([a, b])):
            begun = begun_of(surface, np.concatenate([codes, [a, b] * len(codes)]))
        one = g.geodesic(surface, a, b, begun)
        found[of].append(one.length / one.straight)
        if number < checked:
            found["to_best"].append(one.length / reference(surface, a, b, begun, number))
    ratio, best = np.array(found["data"] + found["prior"]), np.array(found["to_best"])
    return {
        "model": path.name,
        "network": type(model.spec.network).__name__,
        "latents": codes.shape[1],
        "pairs": pairs,
        "longer_than_straight": int((ratio > 1.0).sum()),
        "shorter_by_2_percent": float((ratio < 0.98).mean()),
        "shorter_by_2_percent_data": float((np.array(found["data"]) < 0.98).mean()),
        "shorter_by_2_percent_prior": float((np.array(found["prior"]) < 0.98).mean()),
        "mean_ratio_to_straight": float(ratio.mean()),
        "checked": len(best),
        "within_1_percent_of_best": float((best <= 1.01).mean()) if len(best) else None,
        "worst_to_best": sorted(np.round(best, 4).tolist())[-5:],
        "best_shorter_by_2_percent": None
        if len(best) < pairs
        else float((np.array(_in_turn(found))[: len(best)] / best < 0.98).mean()),
    }


def _in_turn(found: dict[str, list[float]]) -> list[float]:
    """The ratios in the order of the pairs."""
    both = zip(found["data"], [*found["prior"], np.nan], strict=False)
    return [ratio for pair in both for ratio in pair if not np.isnan(ratio)]


def main() -> None:
    """Print one JSON object a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--checked", type=int, default=200)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    warnings.simplefilter("ignore")
    for path in asked.models:
        print(json.dumps(laws(path, asked.pairs, asked.checked)), flush=True)


if __name__ == "__main__":
    main()
