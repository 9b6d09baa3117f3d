"""How long geodesics take, and what they are beside StochMan's (Detlefsen and others, 2021).

    python tests/benchmarks/bench_geodesic.py MODEL ... [--pairs N] [--threads T] [--stochman DIR]

For each model file (with its map), between random data: the processor time to the first answer, to
a better one and to the settled one, once what belongs to the model alone is there (the relief of a
plane, the graph among data), and the time that this takes. `--stochman` is a folder that StochMan
was installed into (`pip install --no-deps --target DIR stochman`): its energy-minimised spline is
found for the same pairs, and lengths and times are compared.

The laws are in bench_geodesic_laws.py.
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
from latentlab.latent.relief import Relief, relief_of
from latentlab.latent.surface import Surface, surface_of
from latentlab.latent.terrain import Graph, landmark_graph
from latentlab.models.model import Model

STAGES = "first", "better", "settled"


def begun_of(surface: Surface, codes: np.ndarray) -> Graph | Relief:
    """Where the window would begin."""
    if codes.shape[1] != 2:
        return landmark_graph(codes, lambda z: surface.pictures(z).numpy())
    low, high = np.quantile(codes, [0.002, 0.998], axis=0)
    beyond = 0.125 * (high - low)
    relief = relief_of(surface, (*(low - beyond), *(high + beyond)))
    assert relief is not None
    return relief


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


def answers(
    surface: Surface, a: np.ndarray, b: np.ndarray, begun: Graph | Relief
) -> tuple[list[g.Geodesic], list[float]]:
    """A geodesic's answers, and the processor seconds until each."""
    found, used, started_s = [], [], time.process_time()
    for one in g.improving(surface, a, b, begun):
        found.append(one)
        used.append(time.process_time() - started_s)
    return found, used


def bench(path: Path, pairs: int, stochman: bool) -> dict[str, Any]:
    """One model's figures."""
    model = Model.from_file(path)
    codes = np.asarray(model.stored_map.codes, dtype=np.float64)
    surface = surface_of(model)
    g.geodesic(surface, codes[0], codes[1], begun_of(surface, codes[:100]))  # warm
    started_s = time.process_time()
    begun = begun_of(surface, codes)
    begun_s = time.process_time() - started_s
    if isinstance(begun, Relief):
        begun.finest()
    finer_s = time.process_time() - started_s - begun_s
    source = np.random.default_rng(0)
    ratios, times, lengths, spent = [], [], [], []
    for _ in range(pairs):
        a, b = codes[source.integers(len(codes), size=2)]
        found, used = answers(surface, a, b, begun)
        places = [0, min(1, len(found) - 1), -1]
        ratios.append(found[-1].length / found[-1].straight)
        times.append([1e3 * used[place] for place in places])
        if stochman:
            length, seconds = stochman_length(surface, a, b)
            lengths.append([surface.along(found[place].points)[-1] / length for place in places])
            spent.append([used[place] / seconds for place in places])
    told: dict[str, Any] = {
        "model": path.name,
        "latents": codes.shape[1],
        "pairs": pairs,
        "threads": torch.get_num_threads(),
        "begun_ms": 1e3 * begun_s,
        "finer_ms": 1e3 * finer_s,
        "mean_ratio_to_straight": float(np.mean(ratios)),
    }
    for place, stage in enumerate(STAGES):
        column = np.array(times)[:, place]
        told[f"{stage}_ms_p50"] = float(np.median(column))
        told[f"{stage}_ms_p95"] = float(np.quantile(column, 0.95))
        if stochman:
            told[f"{stage}_length_to_stochman"] = float(np.mean(np.array(lengths)[:, place]))
            told[f"{stage}_time_to_stochman"] = float(np.mean(np.array(spent)[:, place]))
    return told


def main() -> None:
    """Print one JSON object a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--stochman", default="", help="Folder that it was installed into.")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.stochman:
        sys.path.append(asked.stochman)
    warnings.simplefilter("ignore")
    for path in asked.models:
        print(json.dumps(bench(path, asked.pairs, bool(asked.stochman))), flush=True)


if __name__ == "__main__":
    main()
