"""Layouts in the engine: a thread waits for the process that lays out, no lane does.

What comes of it goes into the work lane as a request of the engine's own, `PlaceLayout`: between
two steps of whatever is done there, the map changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.embedding import on_chart
from latentlab.engine.faults import failed
from latentlab.engine.layouts import PlaceLayout
from latentlab.engine.messages import Busy, Cancelled, Event, Rechart
from latentlab.engine.values import ChartSpec, Codes
from latentlab.errors import CancelledError
from latentlab.latent.layouts import Layout, LayoutKind, lay

if TYPE_CHECKING:
    from latentlab.analysis.layouts import Fitting

BUSY_S = 0.1  # at most this often a word of how far it is
SOON_S = 0.5  # from when on the time left can be told


class Layouts:
    """The layout under way, and those that are known of the codes on the map.

    Args:
        post: Where answers go.
        submit: Takes what is to be done in the work lane.
    """

    def __init__(
        self, post: Callable[[Event], None], submit: Callable[[PlaceLayout], None]
    ) -> None:
        self._post = post
        self._submit = submit
        self._lock = threading.Lock()
        self._known: dict[tuple[LayoutKind, int], Layout] = {}
        self._under_way: Laying | None = None

    def known(self, codes: Codes, chart: ChartSpec) -> Layout | None:
        """The layout of these very codes, where it was made before."""
        if chart.layout is None:
            return None
        found = self._known.get((chart.layout, _fitted(codes.z, chart.most)))
        return found if found is not None and found.z is codes.z else None

    def remember(self, layout: Layout) -> None:
        """Keep a layout as long as its codes are on the map."""
        others = {kind: known for kind, known in self._known.items() if known.z is layout.z}
        self._known = {**others, (layout.kind, layout.fitted): layout}

    def begin(self, request: Rechart, codes: Codes) -> None:
        """Lay codes out, in place of what is under way.

        Raises:
            UsageError: The data are too few, or UMAP is not installed.
        """
        from latentlab.analysis.layouts import Fitting

        kind = request.chart.layout
        if kind is None:
            raise ValueError("a plane needs no layout")
        fitting = Fitting(kind, codes.z, request.chart.most)
        laying = Laying(fitting, request, codes, self._post, self._submit)
        with self._lock:
            former, self._under_way = self._under_way, laying
        if former is not None:
            former.call_off()
        laying.start()

    def look_at(self, codes: Codes | None) -> None:
        """The map shows these codes from now on: a layout of others is wanted no more."""
        with self._lock:
            laying = self._under_way
        if laying is not None and (codes is None or codes.z is not laying.z):
            laying.call_off()

    def cancel(self, ticket: int) -> None:
        """Call one off."""
        with self._lock:
            laying = self._under_way
        if laying is not None and laying.ticket == ticket:
            laying.call_off()

    def close(self) -> None:
        """End what is under way, and wait for its end."""
        with self._lock:
            laying, self._under_way = self._under_way, None
        if laying is not None:
            laying.call_off()
            laying.join()


class Laying:
    """One layout, and the thread that waits for it.

    Args:
        fitting: What is waited for.
        request: Who asked.
        codes: Of what.
        post: Where answers go.
        submit: Takes what is to be done in the work lane.
    """

    def __init__(
        self,
        fitting: Fitting,
        request: Rechart,
        codes: Codes,
        post: Callable[[Event], None],
        submit: Callable[[PlaceLayout], None],
    ) -> None:
        self._fitting = fitting
        self._request = request
        self._codes = codes
        self._post = post
        self._submit = submit
        self._started_s = time.perf_counter()
        self._told_s = 0.0
        self._thread = threading.Thread(target=self._run, name="latentlab-layout")

    @property
    def ticket(self) -> int:
        """Of who asked."""
        return self._request.ticket

    @property
    def z(self) -> NDArray[np.float32]:
        """(N, d) what is laid out."""
        return self._codes.z

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def call_off(self) -> None:
        """End it now."""
        self._fitting.call_off()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            xy = self._fitting.run(self._report)
            layout = lay(self._fitting.kind, self._codes.z, xy, self._fitting.fitted)
            codes = on_chart(self._codes, layout)
            self._submit(PlaceLayout(self.ticket, self._request.chart, codes))
        except CancelledError:
            self._post(Cancelled(self.ticket))
        except Exception as error:  # noqa: BLE001 - whatever it was, the program lives on
            self._post(failed(self._request, error))

    def _report(self, text: str, fraction: float | None) -> None:
        now_s = time.perf_counter()
        if now_s - self._told_s < BUSY_S:
            return
        self._told_s = now_s
        elapsed_s, left_s = now_s - self._started_s, None
        if fraction and elapsed_s > SOON_S:
            left_s = elapsed_s * (1 - fraction) / fraction
        self._post(Busy(self.ticket, text, fraction or None, left_s))


def _fitted(z: NDArray[np.float32], most: int) -> int:
    return min(int(np.isfinite(z).all(axis=1).sum()), most)
