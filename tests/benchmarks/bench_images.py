"""How long 10,000 photographs of 12 megapixels take to open, extrapolated from a few hundred.

    python tests/benchmarks/bench_images.py [--count 300] [--grain 12] [--json]

The photographs are generated (smooth shapes with grain, JPEG quality 85, about 3 MB each), opened
once without and once with the cache of resized pictures. On a busy machine `cpu_ms_per_image` is
the figure to trust: two free cores take half of it for each photograph. `--grain 0` makes
photographs of 0.7 MB: the time goes with the bytes that libjpeg has to unpack, not with the pixels.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from latentlab.data.open import open_dataset
from latentlab.specs import DataSpec

GOAL = 10_000
HEIGHT, WIDTH = 3000, 4000


def make_photographs(folder: Path, count: int, grain: int = 12) -> float:
    """Write `count` different JPEG files of 12 megapixels; returns their mean size in MB."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    photo = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    noise = rng.integers(-grain, grain + 1, (HEIGHT, WIDTH, 1), dtype=np.int16)
    values = np.clip(np.asarray(photo).astype(np.int16) + noise, 0, 255).astype(np.uint8)
    kinds = []
    for turn in range(4):
        Image.fromarray(np.roll(values, turn * 500, axis=1)).save(folder / "kind.jpg", quality=85)
        kinds.append((folder / "kind.jpg").read_bytes())
    (folder / "kind.jpg").unlink()
    for number in range(count):
        label = folder / f"label {number % 3}"
        label.mkdir(exist_ok=True)
        (label / f"{number:05}.jpg").write_bytes(kinds[number % len(kinds)])
    return sum(map(len, kinds)) / len(kinds) / 1e6


def measure(count: int, grain: int = 12) -> dict[str, float]:
    """Open `count` photographs, then again from the cache."""
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place, "photographs"), Path(place, "cache")
        folder.mkdir()
        megabytes = make_photographs(folder, count, grain)
        seconds = []
        before = os.times()
        for _ in range(2):
            start = time.perf_counter()
            dataset = open_dataset(DataSpec(source=str(folder)), cache=cache)
            seconds.append(time.perf_counter() - start)
        after = os.times()
        if len(dataset) != count:
            raise SystemExit(f"{count - len(dataset)} photographs were left out")
    cpu_s = sum(after[:4]) - sum(before[:4])  # of this process and its decoders
    return {
        "count": count,
        "cores": os.cpu_count() or 1,
        "mean_megabytes": round(megabytes, 2),
        "seconds": round(seconds[0], 2),
        "seconds_cached": round(seconds[1], 3),
        "images_per_s": round(count / seconds[0], 1),
        "cpu_ms_per_image": round(cpu_s / count * 1000, 1),
        "load_before": round(os.getloadavg()[0], 1),
        "seconds_for_10000": round(seconds[0] / count * GOAL, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--grain", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.count, options.grain)
    print(json.dumps(found) if options.json else "\n".join(f"{k}: {v}" for k, v in found.items()))
