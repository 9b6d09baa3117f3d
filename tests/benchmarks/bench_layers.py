"""The magnification layer, as it comes: first picture, whole, and how near it is to the JVP.

    python tests/benchmarks/bench_layers.py [--data mnist --steps 300]

Small models of 28 x 28 pictures, two latents, trained for a few hundred steps so that their maps
have structure. Prints one JSON object: for each network and side the seconds to the first rows and
to all of them (the best of `--repeat`, with the load of the machine; `cpu_s` is what all processors
spent together; `--steps 0` times networks that learned nothing), and the differences from
Jacobian-vector products at 200 random cells, as shares of these: median, 95 % and largest.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import numpy as np

from latentlab import train
from latentlab.latent.charts import Plane, axes_plane
from latentlab.latent.field import centres
from latentlab.latent.magnification import magnification_at, magnification_rows
from latentlab.models.build import build
from latentlab.specs import Conv, Mlp, ModelSpec

RECT = (-3.0, -3.0, 3.0, 3.0)
SIDES = (50, 200)
CELLS = 200
WANTED_S = {("mlp", 50): 0.3, ("mlp", 200): 1.0, ("conv", 50): 0.3, ("conv", 200): 4.0}


def timed(decode: Any, plane: Plane, side: int) -> tuple[float, float, float, np.ndarray]:
    """Seconds to the first rows and to all, those of all processors together, and the layer."""
    started_s, first_s, parts = time.perf_counter(), 0.0, []
    begun_s = time.process_time()
    for _, found in magnification_rows(decode, plane, RECT, side, side):
        first_s = first_s or time.perf_counter() - started_s
        parts.append(found)
    cpu_s = time.process_time() - begun_s
    return first_s, time.perf_counter() - started_s, cpu_s, np.concatenate(parts)


def measured(decode: Any, side: int, repeat: int) -> dict[str, float]:
    """Times, and differences from the JVP."""
    plane = axes_plane(2)
    runs = [timed(decode, plane, side) for _ in range(repeat)]
    layer = runs[0][3].ravel()
    cells = np.random.default_rng(0).choice(layer.size, CELLS, replace=False)
    exact = magnification_at(decode, plane, centres(RECT, side, side).reshape(-1, 2)[cells])
    off = np.abs(layer[cells] / exact - 1.0)
    return {
        "first_s": round(min(run[0] for run in runs), 4),
        "all_s": round(min(run[1] for run in runs), 3),
        "cpu_s": round(min(run[2] for run in runs), 3),
        "off_median": round(float(np.median(off)), 5),
        "off_95": round(float(np.quantile(off, 0.95)), 5),
        "off_most": round(float(off.max()), 5),
    }


def main() -> None:
    """Measure both networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    found: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    for name, network in (("mlp", Mlp()), ("conv", Conv())):
        if args.steps:
            vae = train(args.data, network=network, steps=args.steps, device="cpu", seed=0).vae
        else:
            vae = build(ModelSpec(shape=(1, 28, 28), network=network), seed=0).eval()
        for side in SIDES:
            one = measured(vae.decode, side, args.repeat)
            found[f"{name} {side}x{side}"] = one | {"wanted_s": WANTED_S[name, side]}
    found["load_after"] = os.getloadavg()[0]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
