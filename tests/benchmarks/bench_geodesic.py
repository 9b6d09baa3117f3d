"""Geodesics against the straight line, against many starts on a finer curve, and against StochMan.

    python tests/benchmarks/bench_geodesic.py MODEL ... [--pairs N] [--checked N] [--stochman DIR]

For each model file (with its map): how many of the pairs of random data have a geodesic shorter by
2 %, whether any is longer than the straight line, how many lie within 1 % of the best of 8 starts
on a curve of four times as many pieces, and the times of the first answer and of the settled one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from latentlab.latent import geodesic as g
from latentlab.latent.surface import Surface, surface_of
from latentlab.latent.terrain import FINER_SIDE, SIDE, Graph, grid_graph, landmark_graph
from latentlab.models.model import Model

STAGES = tuple(
    f"{stage}_{what}" for stage in ("first", "better", "settled") for what in ("length", "time")
)
FINER = 4
STARTS = 8


def graph_of(surface: Surface, codes: np.ndarray, side: int = SIDE) -> Graph:
    """The graph that the window would begin on."""
    if codes.shape[1] != 2:
        return landmark_graph(codes, lambda z: surface.pictures(z).numpy())
    low, high = np.quantile(codes, [0.002, 0.998], axis=0)
    beyond = 0.125 * (high - low)
    rect = (*(low - beyond), *(high + beyond))
    return grid_graph(rect, lambda z: surface.pictures(z).numpy(), side=side)


def reference(surface: Surface, a: np.ndarray, b: np.ndarray, graph: Graph, seed: int) -> float:
    """The shortest of 8 starts on a curve of four times as many pieces."""
    source = np.random.default_rng(seed)
    line = np.stack([a, b])
    starts = [g.resampled(one, FINER * g.FINE) for one in [*graph.paths(a, b, 3), line]]
    t = np.linspace(0, 1, FINER * g.FINE + 1)[:, None]
    while len(starts) < STARTS:
        bend = source.normal(size=(2, len(a))) * 0.3 * np.linalg.norm(b - a)
        curve = (1 - t) * a + t * b + np.sin(np.pi * t) * bend[0] + np.sin(2 * np.pi * t) * bend[1]
        starts.append(curve)
    best = np.inf
    for start in starts:
        curve = g._rounds(surface, start, 40, lambda: True)
        best = min(best, float(surface.along(curve, 256)[-1]))
    return best


def stochman_length(surface: Surface, a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """StochMan's energy-minimised cubic spline: its length in our measure, its processor time."""
    from stochman.curves import CubicSpline
    from stochman.geodesic import geodesic_minimizing_energy
    from stochman.manifold import EmbeddedManifold

    class Decoded(EmbeddedManifold):
        def embed(self, c: torch.Tensor, jacobian: bool = False) -> torch.Tensor:
            flat = c.reshape(-1, c.shape[-1])
            shown = surface._decode(flat).reshape(len(flat), -1)
            return shown.reshape(*c.shape[:-1], -1)

    started_s = time.process_time()
    begin = torch.as_tensor(a[None], dtype=torch.float32)
    end = torch.as_tensor(b[None], dtype=torch.float32)
    curve = CubicSpline(begin=begin, end=end, num_nodes=20)
    geodesic_minimizing_energy(curve, Decoded())
    elapsed_s = time.process_time() - started_s
    with torch.no_grad():
        path = curve(torch.linspace(0, 1, 257)).reshape(257, -1).double().numpy()
    return float(surface.along(path, 256)[-1]), elapsed_s


def bench(path: Path, pairs: int, checked: int, stochman: bool) -> dict[str, Any]:
    """One model's figures."""
    model = Model.from_file(path)
    codes = np.asarray(model.stored_map.codes, dtype=np.float64)
    surface = surface_of(model)
    g.geodesic(surface, codes[0], codes[1])  # warm
    started_s = time.perf_counter()
    graph = graph_of(surface, codes)
    graph_s = time.perf_counter() - started_s
    started_s = time.perf_counter()
    fine = graph_of(surface, codes, FINER_SIDE) if codes.shape[1] == 2 else graph
    fine_s = time.perf_counter() - started_s
    finer = None if fine is graph else lambda: fine
    source = np.random.default_rng(0)
    found: dict[str, list[float]] = {
        key: [] for key in ("ratio", "first_ms", "settled_ms", "to_best", *STAGES)
    }
    for number in range(pairs):
        a, b = codes[source.integers(len(codes), size=2)]
        started_s, times, lengths = time.perf_counter(), [], []
        begun_s, used = time.process_time(), []
        for one in g.improving(surface, a, b, graph, finer=finer):
            times.append(time.perf_counter() - started_s)
            used.append(time.process_time() - begun_s)
            lengths.append(float(surface.along(one.points)[-1]))
            begun_s += time.process_time() - begun_s - used[-1]  # measuring is the bench's
        found["ratio"].append(one.length / one.straight if one.straight else 1.0)
        found["first_ms"].append(1e3 * times[0])
        found["settled_ms"].append(1e3 * times[-1])
        if number < checked:
            found["to_best"].append(one.length / reference(surface, a, b, fine, number))
        if stochman and number < checked:
            length, seconds = stochman_length(surface, a, b)
            for stage, place in (("first", 0), ("better", 1), ("settled", -1)):
                found[f"{stage}_length"].append(lengths[place] / length)
                found[f"{stage}_time"].append(used[place] / seconds)
    ratio, best = np.array(found["ratio"]), np.array(found["to_best"])
    told: dict[str, Any] = {
        "model": path.name,
        "latents": codes.shape[1],
        "pairs": pairs,
        "longer_than_straight": int((ratio > 1.0 + 1e-9).sum()),
        "shorter_by_2_percent": float((ratio < 0.98).mean()),
        "mean_ratio_to_straight": float(ratio.mean()),
        "checked": checked,
        "within_1_percent_of_best": float((best <= 1.01).mean()) if len(best) else None,
        "worst_to_best": float(best.max()) if len(best) else None,
        "graph_ms": 1e3 * graph_s,
        "finer_graph_ms": 1e3 * fine_s,
        "first_ms_p50": float(np.median(found["first_ms"])),
        "settled_ms_p50": float(np.median(found["settled_ms"])),
        "settled_ms_p95": float(np.quantile(found["settled_ms"], 0.95)),
        "threads": torch.get_num_threads(),
    }
    if stochman:
        told |= {f"stochman_{key}_ratio_mean": float(np.mean(found[key])) for key in STAGES}
    return told


def main() -> None:
    """Print one JSON object a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--checked", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--stochman", default="", help="Folder that it was installed into.")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.stochman:
        sys.path.append(asked.stochman)
    warnings.simplefilter("ignore")
    for path in asked.models:
        print(json.dumps(bench(path, asked.pairs, asked.checked, bool(asked.stochman))), flush=True)


if __name__ == "__main__":
    main()
