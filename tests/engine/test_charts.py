"""Charts in the engine: planes at once, layouts from a process that no lane waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlab.analysis import layouts
from latentlab.data.dataset import Dataset
from latentlab.engine.engine import Engine
from latentlab.engine.messages import (
    Busy,
    Cancelled,
    ChartSpec,
    Codes,
    Decode,
    Decoded,
    DecodeFrames,
    Embedded,
    Failed,
    FramesDecoded,
    LatentsMeasured,
    MeasureLatents,
    ModelOpened,
    OpenModel,
    Rechart,
    Saved,
    SaveModel,
    Train,
    Trained,
)
from latentlab.latent import charts
from latentlab.latent.charts import principal_plane
from latentlab.latent.layouts import Layout
from latentlab.models.divergence import per_dimension
from latentlab.specs import Mlp, ModelSpec, TrainSpec

FOUR = ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(32,)), latent_dim=4)


class Waits:
    """A fitting that is done when the test says so."""

    def __init__(self, kind: str, z: np.ndarray, most: int, seed: int = 0) -> None:
        self.kind, self.z = kind, z
        self.fitted = min(len(z), most)
        made.append(self)
        import threading

        self._go = threading.Event()
        self._off = False

    def run(self, report: Callable[[str, float | None], None]) -> np.ndarray:
        report("Laying out", 0.5)
        assert self._go.wait(30)
        if self._off:
            raise layouts.CancelledError("Called off.")
        return np.ascontiguousarray(self.z[:, ::-1][:, :2] * 10)

    def go(self) -> None:
        self._go.set()

    def call_off(self) -> None:
        self._off = True
        self._go.set()


made: list[Waits] = []


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[Waits]:
    made.clear()
    monkeypatch.setattr(layouts, "Fitting", Waits)
    return made


@pytest.fixture
def learned(engine: Engine, events, data: Dataset, short: TrainSpec) -> Codes:
    engine.submit(Train(1, data, FOUR, short, None, False, False))
    events.wait(Trained)
    return events.of(Embedded)[-1].codes


def test_planes_of_data_are_shown_at_once(engine: Engine, events, learned: Codes) -> None:
    points = ((0.0,) * 4, (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 2.0, 0.0))
    for ticket, chart, name in (
        (2, ChartSpec("discriminant"), "LD1"),
        (3, ChartSpec("points", points=points), "to point 2"),
        (4, ChartSpec("principal"), "PC1"),
    ):
        engine.submit(Rechart(ticket, learned, chart))
        shown = events.wait(Embedded, ticket).codes
        assert shown.plane.names[0] == name
        assert shown.z is learned.z
        assert np.allclose(shown.xy, shown.plane.project(learned.z), atol=1e-5)


def test_points_on_a_line_are_refused_and_the_chart_stays(
    engine: Engine, events, learned: Codes
) -> None:
    line = ((0.0,) * 4, (1.0,) * 4, (2.0,) * 4)
    engine.submit(Rechart(2, learned, ChartSpec("points", points=line)))
    assert "line" in events.wait(Failed, 2).what
    assert not events.of(Embedded, 2)


def test_a_layout_is_waited_for_by_no_lane(
    engine: Engine, events, learned: Codes, waits: list[Waits]
) -> None:
    engine.submit(Rechart(2, learned, ChartSpec("tsne", most=100)))
    assert events.wait(Busy, 2).fraction == 0.5
    engine.submit(Rechart(3, learned, ChartSpec("axes", 1, 2)))  # both lanes go on
    events.wait(Embedded, 3)
    engine.show(Decode(4, np.zeros(4), 0.0))
    events.wait(Decoded, 4)
    waits[0].go()
    shown = events.wait(Embedded, 2).codes
    assert isinstance(shown.plane, Layout)
    assert shown.plane.fitted == 100
    assert np.allclose(shown.xy, learned.z[:, ::-1][:, :2] * 10)


def test_a_layout_that_is_called_off_never_comes(
    engine: Engine, events, learned: Codes, waits: list[Waits]
) -> None:
    engine.submit(Rechart(2, learned, ChartSpec("tsne")))
    events.wait(Busy, 2)
    engine.cancel(2)
    events.wait(Cancelled, 2)
    assert not events.of(Embedded, 2)


def test_a_newer_layout_takes_the_place_of_an_older(
    engine: Engine, events, learned: Codes, waits: list[Waits]
) -> None:
    engine.submit(Rechart(2, learned, ChartSpec("tsne")))
    events.wait(Busy, 2)
    engine.submit(Rechart(3, learned, ChartSpec("umap")))
    events.wait(Cancelled, 2)
    waits[1].go()
    assert events.wait(Embedded, 3).codes.plane.kind == "umap"


def test_a_layout_is_made_once_for_the_same_codes(
    engine: Engine, events, learned: Codes, waits: list[Waits]
) -> None:
    for ticket, chart in ((2, ChartSpec("tsne")), (3, ChartSpec()), (4, ChartSpec("tsne"))):
        engine.submit(Rechart(ticket, learned, chart))
        if ticket == 2:
            events.wait(Busy, 2)
            waits[0].go()
        events.wait(Embedded, ticket)
    assert len(waits) == 1
    first, again = events.of(Embedded, 2)[-1].codes, events.of(Embedded, 4)[-1].codes
    assert np.array_equal(first.xy, again.xy)


def test_a_layout_of_codes_that_are_no_more_ends(
    engine: Engine, events, learned: Codes, waits: list[Waits], data: Dataset, short: TrainSpec
) -> None:
    engine.submit(Rechart(2, learned, ChartSpec("tsne")))
    events.wait(Busy, 2)
    engine.submit(Train(3, data, FOUR, short, None, False, False))
    events.wait(Cancelled, 2)
    events.wait(Trained, 3)
    assert not events.of(Embedded, 2)


def test_while_a_model_learns_a_layout_is_refused(
    engine: Engine, events, data: Dataset, endless: TrainSpec, waits: list[Waits]
) -> None:
    engine.submit(Train(1, data, FOUR, endless, None, False, False))
    codes = events.wait(Embedded, 1).codes
    engine.submit(Rechart(2, codes, ChartSpec("tsne")))
    assert "rest" in events.wait(Failed, 2).what
    engine.stop_training()
    events.wait(Trained, 1)
    assert not waits


def test_components_keep_their_axes_while_a_model_learns_and_end_exact(
    engine: Engine, events, data: Dataset, endless: TrainSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "STEADY", 0.0)  # whatever they hold
    principal = ChartSpec("principal")
    engine.submit(Train(1, data, FOUR, endless, None, False, False, chart=principal))
    events.wait(Embedded, 1, count=3)
    engine.stop_training()
    events.wait_until(lambda all_: any(isinstance(e, Embedded) and e.step is None for e in all_))
    first, *others, last = (event.codes for event in events.of(Embedded, 1))
    for codes in others:
        assert np.array_equal(codes.plane.axes, first.plane.axes)
        assert np.allclose(codes.plane.origin, codes.z.mean(axis=0), atol=1e-5)
    assert np.allclose(last.plane.axes, principal_plane(last.z).axes)


def test_closing_ends_a_layout_that_is_under_way(
    events, data: Dataset, short: TrainSpec, waits: list[Waits]
) -> None:
    engine = Engine(events, device="cpu")
    engine.start()
    engine.submit(Train(1, data, FOUR, short, None, False, False))
    events.wait(Trained)
    engine.submit(Rechart(2, events.of(Embedded)[-1].codes, ChartSpec("tsne")))
    events.wait(Busy, 2)
    assert engine.close()
    events.wait(Cancelled, 2)


def test_a_layout_and_a_plane_come_back_from_a_model_file(
    engine: Engine, events, learned: Codes, waits: list[Waits], tmp_path: Path, recorder
) -> None:
    engine.submit(Rechart(2, learned, ChartSpec("tsne", most=50)))
    events.wait(Busy, 2)
    waits[0].go()
    laid = events.wait(Embedded, 2).codes
    engine.submit(SaveModel(3, tmp_path / "a.safetensors", laid))
    events.wait(Saved, 3)
    seen = recorder()
    other = Engine(seen, device="cpu")
    other.start()
    other.submit(OpenModel(1, tmp_path / "a.safetensors"))
    found = seen.wait(ModelOpened).codes
    assert isinstance(found.plane, Layout)
    assert (found.plane.kind, found.plane.fitted) == ("tsne", 50)
    assert np.array_equal(found.xy, laid.xy)
    other.submit(Rechart(2, found, ChartSpec("principal")))
    seen.wait(Embedded, 2)
    other.submit(Rechart(3, found, ChartSpec("tsne", most=50)))  # it is known from the file
    assert np.array_equal(seen.wait(Embedded, 3).codes.xy, laid.xy)
    assert len(waits) == 1
    assert other.close()


def test_latents_are_measured_on_the_data_or_on_the_codes(
    engine: Engine, events, learned: Codes, data: Dataset
) -> None:
    import torch

    engine.submit(MeasureLatents(2, learned, data))
    found = events.wait(LatentsMeasured, 2)
    assert np.allclose(found.variance, learned.z.astype(np.float64).var(axis=0), atol=1e-6)
    assert np.array_equal(found.low, learned.z.min(axis=0))
    assert np.array_equal(found.high, learned.z.max(axis=0))
    assert found.rows == found.count == 400
    model = engine._work._perform.__self__.model
    with torch.inference_mode():
        q = model.vae.q(torch.from_numpy(data.inputs(np.arange(400))))
        expected = per_dimension(q, model.vae.prior).mean(0).numpy()
    assert np.allclose(found.kl, expected, atol=1e-5)
    assert found.order.tolist() == np.argsort(-expected).tolist()
    engine.submit(MeasureLatents(3, learned, None))
    without = events.wait(LatentsMeasured, 3)
    assert without.kl is None
    assert without.order.tolist() == np.argsort(-found.variance).tolist()


def test_dead_latents_are_those_below_a_hundredth_nat() -> None:
    zeros = np.zeros(3)
    kl = np.array([0.5, 0.009, 0.011])
    found = LatentsMeasured(0, np.array([1.0, 0.005, 1.0]), zeros, zeros, kl, 9, 9)
    assert found.dead.tolist() == [False, True, False]
    assert replace(found, kl=None).dead.tolist() == [False, True, False]


def test_frames_of_strips_are_decoded_as_a_decode_would(
    engine: Engine, events, learned: Codes
) -> None:
    z = np.random.default_rng(0).normal(size=(30, 4))
    engine.show(DecodeFrames(5, np.arange(30), z, np.full(30, -1)))
    events.wait_until(lambda seen: any(isinstance(e, FramesDecoded) and not e.left for e in seen))
    parts = events.of(FramesDecoded)
    rows = np.concatenate([part.rows for part in parts])
    images = np.concatenate([part.images for part in parts])
    assert rows.tolist() == list(range(30))
    for row in (0, 17, 29):
        engine.show(Decode(100 + row, z[row], 0.0))
        image = events.wait(Decoded, 100 + row).image.astype(int)
        assert np.abs(image - images[row].astype(int)).max() <= 1
