"""What thumbnails cost from 10^2 to 10^7 points: choosing, drawing, and a frame of the map.

    python tests/benchmarks/bench_thumbnails.py [--points 100 10000 1000000 10000000] [--json]

Choosing and drawing are done in another thread than the window's. `first_choice_ms` holds the one
pass over all points, `choice_ms` is that of a view after it. Times are of the processor, of the
thread that does it: other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from latentlab.cli.mapbench import cloud as bench_cloud
from latentlab.data.sieve import Sieve
from latentlab.engine.embedding import make_codes
from latentlab.latent.charts import axes_plane
from latentlab.session.thumbnails import PictureStore
from latentlab.views.map.camera import Camera, robust_rect
from latentlab.views.map.thumbnails import Chooser, around, compose, spacing_for
from latentlab.views.palette import class_colors

SIDE = 28
VIEWS = (1.0, 4.0, 16.0, 64.0)  # times closer than everything


def own_ms(work: Callable[[], object]) -> tuple[float, Any]:
    """What this thread's processor did, in ms."""
    begin_s = time.thread_time()
    found = work()
    return (time.thread_time() - begin_s) * 1e3, found


def measure(points: int) -> dict[str, Any]:
    """Choose and draw at four zooms."""
    from latentlab.views.map.cloud import Cloud
    from latentlab.views.map.paint import Categories
    from latentlab.views.map.raster import typical_spacing

    z, labels = bench_cloud(points, 0)
    codes = make_codes(z, labels, np.zeros(points, np.int8), axes_plane(2), spread=0.01)
    colours = (*class_colors(10, "dark"), "#808080")
    paint = Categories(labels, colours)
    cloud = Cloud(codes.index, paint, Sieve(points), typical_spacing(codes.xy, points))
    cloud.index.build()
    cloud.inks()
    rect = robust_rect(codes.xy)
    whole = Camera(width=900.0, height=900.0).showing(rect)
    chooser, store = Chooser(), PictureStore()
    first_ms = 0.0
    rows = []
    for zoom in VIEWS:
        wider = around(whole.zoomed(zoom, 600.0, 450.0))
        spacing = spacing_for(wider.scale, cloud.spacing)
        choice_ms, chosen = own_ms(lambda: chooser.choose(cloud, wider.rect, spacing))  # noqa: B023
        first_ms = first_ms or choice_ms
        pictures = np.zeros((len(chosen.rows), SIDE, SIDE), np.uint8)
        store.put(store.of, chosen.rows.tolist(), pictures)
        chooser._last = None
        choice_ms, chosen = own_ms(lambda: chooser.choose(cloud, wider.rect, spacing))  # noqa: B023
        known = store.look(chosen.rows.tolist())
        draw_ms, _ = own_ms(lambda: compose(chosen, known, wider, 1.0, redrawn=False))  # noqa: B023
        rows.append({"zoom": zoom, "thumbnails": len(chosen.rows), "choice_ms": choice_ms})
        rows[-1]["draw_ms"] = draw_ms
    return {"points": points, "first_choice_ms": first_ms, "views": rows}


def main() -> None:
    """Measure each number of points."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for points in asked.points:
        found = measure(points)
        print(json.dumps(found) if asked.json else found)


if __name__ == "__main__":
    main()
