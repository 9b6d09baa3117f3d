"""Charts in the session: what is asked, what is shown, and what a click then means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.engine.messages import ChartSpec, Codes
from latentlab.latent.charts import axes_plane, points_plane, principal_plane
from latentlab.latent.layouts import lay
from latentlab.latent.picking import PointIndex
from latentlab.session.charting import chart_of, shown_chart
from latentlab.session.session import Session
from latentlab.specs import Autoregressive, ModelSpec, TrainSpec, VectorQuantised

SHAPE = (1, 4, 4)
CORNERS = ((0.0, 0.0, 0.0, 1.0), (2.0, 0.0, 0.0, 1.0), (1.0, 3.0, 0.0, 1.0))


def codes_on(codes: Codes, chart) -> Codes:
    xy = chart.place(codes.z).astype(np.float32)
    return replace(codes, xy=xy, plane=chart, index=PointIndex(xy))


def four(count: int = 40) -> Codes:
    z = np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32)
    labels = np.arange(count, dtype=np.int64) % 3
    bare = Codes(
        z, z[:, :2], labels, np.zeros(count, np.int8), axes_plane(4), PointIndex(z[:, :2]), 0.1
    )
    return codes_on(bare, axes_plane(4))


@pytest.fixture
def wide(session: Session) -> Session:
    """A session with a model of four latents and its map."""
    info = m.ModelInfo("vae", ModelSpec(shape=SHAPE, latent_dim=4), label_names=("a", "b", "c"))
    session.apply(m.ModelOpened(0, info, four(), None))
    session.apply(m.ModelReady(0, "cpu"))
    return session


def answer(session: Session, engine, chart) -> Codes:
    asked = engine.last(m.Rechart)
    codes = codes_on(session.codes, chart)
    session.apply(m.Embedded(asked.ticket, codes))
    return codes


def show_layout(session: Session, engine) -> Codes:
    session.set_chart(ChartSpec("tsne"))
    places = 10.0 * np.random.default_rng(1).normal(size=(len(session.codes.z), 2))
    return answer(session, engine, lay("tsne", session.codes.z, places, len(places)))


def test_a_click_on_a_layout_is_a_mix_of_the_nearest_codes(wide: Session, engine) -> None:
    codes = show_layout(wide, engine)
    at = (float(codes.xy[5, 0]), float(codes.xy[5, 1]))
    wide.move_cursor(at)
    assert np.allclose(engine.last(m.Decode).z, codes.z[5], atol=1e-6)
    assert wide.mixed
    wide.move_cursor((at[0] + 0.3, at[1]))
    assert np.allclose(wide.z, codes.plane.lift((at[0] + 0.3, at[1])))


def test_a_typed_z_on_a_layout_stays_what_it_is_until_the_next_click(wide: Session, engine) -> None:
    show_layout(wide, engine)
    typed = np.array([0.3, -0.2, 0.1, 2.5])
    wide.set_z(typed)
    assert np.allclose(wide.z, typed)
    assert np.allclose(engine.last(m.Decode).z, typed)
    assert not wide.mixed
    wide.move_cursor(wide.cursor)
    assert wide.mixed


def test_on_a_plane_a_click_keeps_what_is_off_it(wide: Session, engine) -> None:
    wide.set_z((0.0, 0.0, 1.5, -0.5))
    wide.move_cursor((0.25, -1.0))
    assert wide.z.tolist() == [0.25, -1.0, 1.5, -0.5]
    assert not wide.mixed


def test_z_stays_when_the_chart_changes(wide: Session, engine) -> None:
    wide.set_z((0.1, 0.2, 0.3, 0.4))
    for chart in (principal_plane(wide.codes.z), points_plane(CORNERS)):
        wide.set_chart(ChartSpec("principal" if chart.names[0] == "PC1" else "points"))
        answer(wide, engine, chart)
        assert np.allclose(wide.z, [0.1, 0.2, 0.3, 0.4])
    show_layout(wide, engine)
    assert np.allclose(wide.z, [0.1, 0.2, 0.3, 0.4])


def test_a_newer_chart_calls_off_an_older_one(wide: Session, engine) -> None:
    wide.set_chart(ChartSpec("tsne"))
    first = engine.last(m.Rechart).ticket
    assert wide.chart_on_its_way
    wide.set_chart(ChartSpec("principal"))
    assert f"cancel {first}" in engine.orders
    wide.apply(m.Cancelled(first))
    answer(wide, engine, principal_plane(wide.codes.z))
    assert wide.chart == ChartSpec("principal")
    assert not wide.chart_on_its_way


def test_a_chart_that_fails_is_not_shown_and_is_told(wide: Session, engine, heard) -> None:
    before = heard.counts["chart"]
    wide.set_chart(ChartSpec("umap"))
    failed = m.Failed(engine.last(m.Rechart).ticket, "Rechart", "UMAP is missing.", do="Install.")
    wide.apply(failed)
    assert wide.chart == ChartSpec()
    assert heard.counts["chart"] == before + 1  # so that the panel shows what is shown
    assert heard.notices[-1].text == "UMAP is missing."


def test_undo_brings_a_chart_back(wide: Session, engine) -> None:
    show_layout(wide, engine)
    assert wide.chart.layout == "tsne"
    wide.undo()
    assert engine.last(m.Rechart).chart == ChartSpec()


def test_a_training_begins_on_a_plane(wide: Session, engine, dataset) -> None:
    show_layout(wide, engine)
    wide.open_data(dataset.source)
    wide.apply(m.DataOpened(engine.last(m.OpenData).ticket, dataset))
    wide.train(ModelSpec(shape=SHAPE, latent_dim=4), TrainSpec())
    asked = engine.last(m.Train)
    assert asked.chart == ChartSpec("principal")
    info = m.ModelInfo("new", ModelSpec(shape=SHAPE, latent_dim=4))
    wide.apply(m.TrainingStarted(asked.ticket, info, None, "cpu", "float32", 10, "test"))
    assert wide.chart == ChartSpec("principal")


def test_new_codes_that_have_no_layout_show_their_plane(wide: Session, engine) -> None:
    codes = show_layout(wide, engine)
    fresh = replace(codes, z=codes.z.copy())
    wide.apply(m.Embedded(10_000, codes_on(fresh, principal_plane(fresh.z))))
    assert wide.chart == ChartSpec("principal")


@pytest.mark.parametrize(
    "spec",
    [
        ChartSpec("axes", 2, 1),
        ChartSpec("principal"),
        ChartSpec("discriminant"),
        ChartSpec("points", points=CORNERS),
        ChartSpec("tsne", most=7),
    ],
)
def test_a_chart_is_known_again_by_its_plane(spec: ChartSpec) -> None:
    from latentlab.engine.embedding import plane_for

    codes = four()
    if spec.layout:
        plane = lay("tsne", codes.z, codes.xy, 7)
    else:
        plane = plane_for(spec, codes.z, codes.labels)
    found = chart_of(plane)
    assert found.kind == spec.kind
    assert shown_chart(spec, plane) == spec
    if spec.kind == "points":
        again = points_plane(found.points)
        assert np.allclose(again.project(codes.z), plane.project(codes.z))
    else:
        assert found == spec


def test_the_third_point_shows_the_plane_through_all(wide: Session, engine) -> None:
    for place in CORNERS:
        assert not any(isinstance(r, m.Rechart) for r in engine.submitted)
        wide.set_z(place)
        wide.plane_points.pick_cursor()
    assert engine.last(m.Rechart).chart == ChartSpec("points", points=CORNERS)
    answer(wide, engine, points_plane(CORNERS))
    assert wide.plane_points.points == CORNERS
    wide.plane_points.pick_cursor()  # anew
    assert len(wide.plane_points.points) == 1


def test_a_third_point_on_the_line_is_refused_with_a_sentence(wide: Session, engine, heard) -> None:
    for x in (0.0, 1.0, 2.0):
        wide.set_z((x, x, 0.0, 0.0))
        wide.plane_points.pick_cursor()
    assert len(wide.plane_points.points) == 2
    assert "line" in heard.notices[-1].text
    assert not any(isinstance(r, m.Rechart) for r in engine.submitted)


def test_the_mean_of_a_selection_can_be_picked(wide: Session, engine, qtbot) -> None:
    rows = np.array([3, 4, 9], np.int32)
    wide.plane_points.pick_mean(wide.codes.z, rows)
    qtbot.waitUntil(lambda: len(wide.plane_points.points) == 1)
    assert np.allclose(wide.plane_points.points[0], wide.codes.z[rows].mean(axis=0))


def test_axes_come_back_after_a_model_of_grids(session: Session) -> None:
    grids = ModelSpec(shape=SHAPE, posterior=VectorQuantised(), prior=Autoregressive())
    session.apply(m.ModelOpened(0, m.ModelInfo("grids", grids), None, None))
    assert session.chart == ChartSpec("principal")
    session.apply(m.ModelOpened(1, m.ModelInfo("vae", ModelSpec(shape=SHAPE)), None, None))
    assert session.chart == ChartSpec()


def test_more_than_two_latents_begin_with_principal_components(
    session: Session, engine, dataset
) -> None:
    session.open_data(dataset.source)
    session.apply(m.DataOpened(engine.last(m.OpenData).ticket, dataset))

    def begin(latents: int) -> ChartSpec:
        session.train(ModelSpec(shape=SHAPE, latent_dim=latents), TrainSpec())
        asked = engine.last(m.Train)
        info = m.ModelInfo("new", ModelSpec(shape=SHAPE, latent_dim=latents))
        session.apply(m.TrainingStarted(asked.ticket, info, None, "cpu", "float32", 10, "test"))
        assert session.chart == asked.chart
        session.apply(m.Trained(asked.ticket, info, "finished", ""))
        return asked.chart

    assert begin(2) == ChartSpec()
    assert begin(4) == ChartSpec("principal")
    session.set_chart(ChartSpec())
    assert begin(4) == ChartSpec()  # by choice
    assert begin(2) == ChartSpec()
    begin(4)
    session.set_chart(ChartSpec("principal"))
    grids = ModelSpec(shape=SHAPE, posterior=VectorQuantised(), prior=Autoregressive())
    session.apply(m.ModelOpened(900, m.ModelInfo("grids", grids), None, None))
    assert session.chart == ChartSpec("principal")


def test_another_model_forgets_the_points(wide: Session, engine) -> None:
    wide.plane_points.pick_cursor()
    info = m.ModelInfo("other", ModelSpec(shape=SHAPE, latent_dim=3))
    wide.apply(m.ModelOpened(500, info, None, None))
    assert wide.plane_points.points == ()


def test_the_chart_that_is_shown_can_be_asked_for_while_another_comes(
    wide: Session, engine
) -> None:
    wide.set_chart(ChartSpec("tsne"))
    first = engine.last(m.Rechart).ticket
    wide.set_chart(ChartSpec())  # no, stay
    assert f"cancel {first}" in engine.orders
    assert engine.last(m.Rechart).chart == ChartSpec()
