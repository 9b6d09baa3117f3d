"""How long an MP4 takes: 300 frames of 512 pixels with a caption and a small map.

    python tests/benchmarks/bench_film.py

The film is written from the frames of the sample model's path, as the window writes it.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

import latentlab
from latentlab.resources import sample_path

FRAMES, SIDE_PX = 300, 512


def main() -> None:
    """Write the film, and say how long it took."""
    model = latentlab.load_model(sample_path(), device="cpu")
    codes = model.stored_map.codes
    low, high = np.quantile(codes, [0.1, 0.9], axis=0)
    walk = latentlab.interpolate(model, low, high, frames=FRAMES)
    with tempfile.TemporaryDirectory() as folder:
        for ending in (".mp4", ".gif", ".webp"):
            out = Path(folder) / f"film{ending}"
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            latentlab.film(model, walk, out, side_px=SIDE_PX, map="inset", caption="{frame}: {z}")
            took_s = time.perf_counter() - began_s
            own_s = time.process_time() - began_cpu_s
            size = out.stat().st_size / 2**20
            print(f"{ending} {took_s:5.1f} s, {own_s:5.1f} s of this process, {size:.1f} MiB")
    print("load", os.getloadavg()[0])


if __name__ == "__main__":
    main()
