"""The session's layers: what is asked, kept, called off, and why there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.latent.charts import Plane
from latentlab.session.layer_reasons import Given, why_no_layer
from latentlab.session.layers import LAYER_KINDS
from latentlab.session.session import Session
from latentlab.specs import (
    Categorical,
    Deterministic,
    Gaussian,
    ModelSpec,
    Poisson,
    UniformCategorical,
    VectorQuantised,
)

VIEW = (-2.0, -2.0, 2.0, 2.0)


def field_of(request: m.MapField, side: int = 4) -> m.Field:
    values = np.linspace(1.0, 2.0, side * side, dtype=np.float32).reshape(side, side)
    return m.Field(request.kind, request.rect, values, "nats")


def asked(engine, kind: type = m.MapField) -> list:
    return [request for request in engine.submitted if isinstance(request, kind)]


def look(session: Session, rect=VIEW) -> None:
    session.layers.set_view(rect)
    session.layers.look()  # at once, where the window waits until the view rests


def answer(session: Session, request: m.MapField, *, done: bool = True) -> m.Field:
    field = field_of(request)
    session.apply(m.FieldMapped(request.ticket, field, done, 1.0 if done else 0.4, 0.01))
    return field


@pytest.fixture
def ready(opened, codes):
    look(opened)
    return opened


def test_a_layer_is_asked_for_when_it_is_on_and_shown_when_it_comes(ready, engine) -> None:
    assert not asked(engine)
    ready.layers.set_on("entropy", True)
    (request,) = asked(engine)
    assert request.kind == "entropy"
    assert request.rect[0] < VIEW[0]  # a little more than the view
    assert ready.layers.field("entropy") is None
    assert ready.layers.fraction("entropy") == 0.0
    partly = answer(ready, request, done=False)
    assert ready.layers.field("entropy") is partly
    assert ready.layers.fraction("entropy") == 0.4
    whole = answer(ready, request)
    assert ready.layers.field("entropy") is whole
    assert ready.layers.fraction("entropy") is None
    assert len(asked(engine)) == 1


def test_off_and_on_again_is_not_asked_twice(ready, engine) -> None:
    ready.layers.set_on("entropy", True)
    field = answer(ready, asked(engine)[0])
    ready.layers.set_on("entropy", False)
    assert ready.layers.field("entropy") is None
    ready.layers.set_on("entropy", True)
    assert ready.layers.field("entropy") is field
    assert len(asked(engine)) == 1


def test_a_small_pan_asks_nothing_and_a_way_back_is_remembered(ready, engine) -> None:
    ready.layers.set_on("entropy", True)
    first = answer(ready, asked(engine)[0])
    look(ready, (-1.9, -2.1, 2.1, 1.9))
    assert len(asked(engine)) == 1
    look(ready, (8.0, 8.0, 12.0, 12.0))
    answer(ready, asked(engine)[1])
    look(ready)
    assert ready.layers.field("entropy") is first
    assert len(asked(engine)) == 2


def test_a_close_look_asks_for_finer_cells(ready, engine) -> None:
    ready.layers.set_on("entropy", True)
    answer(ready, asked(engine)[0])
    look(ready, (-0.2, -0.2, 0.2, 0.2))
    assert len(asked(engine)) == 2


def test_the_newest_wins(ready, engine) -> None:
    ready.layers.set_on("entropy", True)
    look(ready, (8.0, 8.0, 12.0, 12.0))
    old, new = asked(engine)
    assert f"cancel {old.ticket}" in engine.orders
    answer(ready, old)
    assert ready.layers.field("entropy") is None
    assert ready.layers.field("entropy") is not answer(ready, old)
    field = answer(ready, new)
    assert ready.layers.field("entropy") is field


def test_switched_off_it_is_made_no_further(ready, engine) -> None:
    ready.layers.set_on("entropy", True)
    ready.layers.set_on("entropy", False)
    assert f"cancel {asked(engine)[0].ticket}" in engine.orders
    answer(ready, asked(engine)[0])
    assert ready.layers.field("entropy") is None


def test_another_model_has_layers_of_its_own(ready, engine, info, codes) -> None:
    ready.layers.set_on("entropy", True)
    answer(ready, asked(engine)[0])
    other = replace(codes, z=codes.z + 1.0, labels=codes.labels.copy())
    ready.apply(m.ModelOpened(90, info, other, None))
    assert ready.layers.field("entropy") is None
    ready.apply(m.ModelReady(90, "cpu"))
    assert len(asked(engine)) == 2


def test_what_failed_says_why_and_is_not_asked_again_at_once(ready, engine) -> None:
    ready.layers.set_on("entropy", True)
    ready.apply(m.Failed(asked(engine)[0].ticket, "MapField", "No room."))
    assert ready.layers.failure("entropy") == "No room."
    ready.layers.look()
    assert len(asked(engine)) == 1
    ready.layers.set_on("entropy", False)
    ready.layers.set_on("entropy", True)
    assert len(asked(engine)) == 2
    assert ready.layers.failure("entropy") == ""


def test_opacities_are_settings(ready) -> None:
    ready.layers.set_opacity("entropy", 0.35)
    assert ready.layers.opacity("entropy") == 0.35
    assert ready.settings.layer_opacity == {"entropy": 0.35}
    ready.layers.set_opacity("entropy", 7.0)
    assert ready.layers.opacity("entropy") == 1.0


def test_the_cursor_s_own_values_are_asked_when_it_rests(ready, engine, qtbot) -> None:
    ready.layers.set_on("entropy", True)
    ready.move_cursor((0.5, 0.5))
    qtbot.waitUntil(lambda: bool(asked(engine, m.ReadHere)))
    request = asked(engine, m.ReadHere)[-1]
    assert request.kinds == ("entropy",)
    assert np.allclose(request.z, [0.5, 0.5])
    ready.apply(m.HereRead(request.ticket, {"entropy": (3.5, "")}))
    assert ready.layers.here == {"entropy": (3.5, "")}
    ready.move_cursor((0.7, 0.5))
    assert ready.layers.here == {}


def test_during_a_drag_nothing_is_asked_of_the_work_lane(ready, engine, qtbot) -> None:
    ready.layers.set_on("entropy", True)
    answer(ready, asked(engine)[0])
    qtbot.waitUntil(lambda: bool(asked(engine, m.ReadHere)))
    kinds = (m.MapField, m.ReadHere, m.MapPosteriors)
    before = [len(asked(engine, kind)) for kind in kinds]
    ready.begin_drag((0.0, 0.0))
    for step in range(20):
        ready.drag_to((0.05 * step, 0.0))
        qtbot.wait(5)
    assert [len(asked(engine, kind)) for kind in kinds] == before
    ready.end_drag()
    qtbot.waitUntil(lambda: len(asked(engine, m.ReadHere)) > 1)


def test_a_layer_under_way_waits_for_the_hand(ready, engine, qtbot) -> None:
    ready.layers.set_on("entropy", True)
    (request,) = asked(engine)
    ready.begin_drag((0.0, 0.0))
    ready.drag_to((0.4, 0.0))
    qtbot.waitUntil(lambda: f"cancel {request.ticket}" in engine.orders)
    ready.end_drag()
    qtbot.waitUntil(lambda: len(asked(engine)) == 2)
    assert asked(engine)[1].rect == request.rect


def test_the_density_is_of_what_is_shown(ready, engine) -> None:
    ready.layers.set_on("density", True)
    ready.layers.set_on("far", True)
    assert [request.sieve for request in asked(engine)] == [None, None]
    for request in asked(engine):
        answer(ready, request)
    ready.toggle_class(1)
    density = asked(engine)[2]
    assert density.kind == "density"
    assert density.sieve.mask().tolist() == [True, False, True, True, False, True]
    assert len(asked(engine)) == 3  # what is far from data is far from all of them
    answer(ready, density)
    ready.undo()
    assert len(asked(engine)) == 3  # it is known


# q and p(z|x)


def shape(row: int, *, true: bool = False) -> m.PosteriorShape:
    line = m.PriorLine(0.39, (np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),))
    return m.PosteriorShape(row, true, (line, line), (0.0, 0.0))


@pytest.fixture
def with_data(session, dataset, info, codes):
    session.apply(m.ModelOpened(0, info, codes, None))
    session.apply(m.ModelReady(0, "cpu"))
    session.apply(m.DataOpened(1, dataset))
    look(session)
    return session


def test_the_hovered_and_the_selected_are_asked_for_and_kept(with_data, engine, qtbot) -> None:
    with_data.layers.set_on("posterior", True)
    with_data.select([1, 4])
    request = asked(engine, m.MapPosteriors)[-1]
    assert set(request.rows) == {1, 4}
    assert request.true_row is None
    shapes = tuple(shape(row) for row in request.rows)
    with_data.apply(m.PosteriorsMapped(request.ticket, shapes, None, True, 0.01))
    assert {one.row for one in with_data.posteriors.shapes} == {1, 4}
    with_data.posteriors.set_hovered(3)
    qtbot.waitUntil(lambda: 3 in asked(engine, m.MapPosteriors)[-1].rows)
    latest = asked(engine, m.MapPosteriors)[-1]
    shapes = tuple(shape(row) for row in latest.rows)
    with_data.apply(m.PosteriorsMapped(latest.ticket, shapes, None, True, 0.01))
    count = len(asked(engine, m.MapPosteriors))
    with_data.posteriors.set_hovered(None)
    with_data.posteriors.set_hovered(3)
    qtbot.wait(80)
    assert len(asked(engine, m.MapPosteriors)) == count  # it is known


def test_the_true_posterior_is_of_the_first_selected_with_its_gap(with_data, engine) -> None:
    with_data.select([2, 5])
    with_data.layers.set_on("true_posterior", True)
    request = asked(engine, m.MapPosteriors)[-1]
    assert request.true_row == 2
    gap = m.BoundGap(2, -12.0, -11.0, 1.0, False)
    shapes = (shape(2), shape(2, true=True))
    with_data.apply(m.PosteriorsMapped(request.ticket, shapes, gap, True, 0.01))
    assert with_data.posteriors.gap is gap
    assert [one.true for one in with_data.posteriors.shapes] == [False, True]
    with_data.select([5])
    assert with_data.posteriors.gap is None


# Why there is none


def given(**changes) -> Given:
    plane = Plane(np.zeros(2), np.eye(2), ("z1", "z2"))
    info = m.ModelInfo("vae", ModelSpec(shape=(1, 8, 8)))
    told = {"model": info, "plane": plane, "has_codes": True, "classes": 3, "live": True}
    return Given(**{**told, "data_open": True, **changes})


def spec(**parts) -> m.ModelInfo:
    return m.ModelInfo("vae", ModelSpec(shape=(1, 8, 8), **parts))


def test_a_usual_map_can_have_all_layers() -> None:
    assert {why_no_layer(kind, given()) for kind in LAYER_KINDS} == {""}


@pytest.mark.parametrize(
    ("changes", "without", "word"),
    [
        ({"model": None}, set(LAYER_KINDS), "no model"),
        ({"data_open": False}, {"aggregate", "posterior", "true_posterior"}, "not open"),
        ({"classes": 1}, {"decisions"}, "labels"),
        ({"model": spec(likelihood=Gaussian())}, {"entropy"}, "same at every place"),
        ({"model": spec(likelihood=Poisson(levels=5))}, {"entropy"}, "closed form"),
        (
            {"plane": object()},
            set(LAYER_KINDS) - {"density"},
            "no plane",
        ),
        (
            {"model": spec(posterior=Deterministic())},
            {"aggregate", "posterior", "true_posterior"},
            "one code",
        ),
        ({"model": spec(posterior=VectorQuantised())}, {"magnification", "entropy"}, "jumps"),
        (
            {"model": spec(posterior=Categorical(), prior=UniformCategorical())},
            set(LAYER_KINDS),
            "grid of codes",
        ),
    ],
)
def test_what_a_map_can_t_have_says_why(changes, without, word) -> None:
    reasons = {kind: why_no_layer(kind, given(**changes)) for kind in LAYER_KINDS}
    assert {kind for kind, why in reasons.items() if word in why} >= without
    assert all(reasons[kind] for kind in without)


def test_a_layout_has_the_density_of_its_data_alone() -> None:
    on_layout = given(plane=object())
    assert [kind for kind in LAYER_KINDS if not why_no_layer(kind, on_layout)] == ["density"]
