"""What the session does for models whose map is no plane of a standard normal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.engine.values import Codes, ModelInfo
from latentlab.latent.cells import GridChart, grid_chart
from latentlab.latent.picking import PointIndex
from latentlab.session.natures import prior_look, why_no_prior
from latentlab.session.session import Session
from latentlab.specs import (
    Adversarial,
    Categorical,
    Conditional,
    Deterministic,
    LatentClassifier,
    Made,
    Mixture,
    ModelSpec,
    SemiSupervised,
    TrainSpec,
    UniformCategorical,
    Vamp,
    VectorQuantised,
)

SHAPE = (1, 4, 4)
GRID = ModelSpec(
    shape=SHAPE,
    latent_dim=2,
    posterior=Categorical(categories=3),
    prior=UniformCategorical(),
)
DECODED = {"decode_ms": 1.0, "source": "model", "far": False, "nearest_distance": 0.1}


def grid_codes(dataset: Dataset) -> Codes:
    z = np.tile(np.eye(3, dtype=np.float32)[np.arange(len(dataset)) % 3], 2)
    chart = grid_chart(z, 2, 3)
    xy = chart.place(z).astype(np.float32)
    return Codes(z, xy, dataset.labels, dataset.split, chart, PointIndex(xy), 0.1)


def open_model(session: Session, info: ModelInfo, codes: Codes | None) -> None:
    session.apply(m.ModelOpened(0, info, codes, None))
    session.apply(m.ModelReady(0, "cpu"))


def answer(session: Session, asked: m.Decode, row: int) -> None:
    image = np.zeros((4, 4), np.uint8)
    session.apply(m.Decoded(asked.ticket, asked.z, image, row, asked_s=0.0, **DECODED))


class TestGridOfCodes:
    @pytest.fixture
    def grid(self, session: Session, info: ModelInfo, dataset: Dataset) -> Session:
        open_model(session, replace(info, spec=GRID), grid_codes(dataset))
        return session

    def test_a_click_decodes_the_code_of_its_cell_exactly(self, grid, engine) -> None:
        grid.begin_drag((1.8, 0.3))
        assert grid.cursor == (2.0, 0.0)
        assert engine.last(m.Decode).z.tolist() == [0, 0, 1, 1, 0, 0]

    def test_an_arrow_key_goes_to_the_next_cell(self, grid) -> None:
        grid.move_cursor((0.0, 0.0))
        grid.nudge(0.01, 0.0)
        assert grid.cursor == (1.0, 0.0)
        grid.nudge(0.0, 0.01)
        assert grid.cursor == (1.0, 1.0)

    def test_a_path_is_a_cross_fade_of_the_codes_at_its_ends(self, grid, engine) -> None:
        grid.begin_drag((0.1, 0.1))
        grid.drag_to((2.2, 1.9))
        grid.end_drag()
        z = engine.last(m.DecodeStrip).z
        assert z[0].tolist() == [1, 0, 0, 1, 0, 0]
        assert z[-1].tolist() == [0, 0, 1, 0, 0, 1]
        share = np.linspace(0, 1, len(z))
        np.testing.assert_allclose(z[:, 2], share, atol=1e-12)
        np.testing.assert_allclose(z[:, 0], 1 - share, atol=1e-12)

    def test_the_scrubber_shows_the_frame_that_the_film_has_there(self, grid, engine) -> None:
        grid.begin_drag((0.0, 0.0))
        grid.drag_to((2.0, 2.0))
        grid.end_drag()
        grid.set_position(0.25)
        np.testing.assert_allclose(engine.last(m.Decode).z, [0.75, 0, 0.25] * 2)
        grid.move_cursor((1.0, 1.0))  # a click is a code again
        assert engine.last(m.Decode).z.tolist() == [0, 1, 0, 0, 1, 0]

    def test_the_lattice_has_one_picture_for_each_cell(self, grid, engine) -> None:
        grid.request_lattice((-9.0, -9.0, 9.0, 9.0), 20)
        asked = engine.last(m.DecodeLattice)
        assert asked.rect == (-0.5, -0.5, 2.5, 2.5)
        assert asked.z.shape == (3, 3, 6)
        assert asked.z[0, 1].tolist() == [0, 1, 0, 0, 0, 1]  # top row: the second latent is 2

    def test_the_cursor_goes_to_the_first_cell_where_its_code_has_none(
        self, session, info, dataset, engine
    ) -> None:
        many = structs.replace(GRID, latent_dim=6, posterior=Categorical(categories=9))
        open_model(session, replace(info, spec=many), None)
        session.move_cursor((0.0, 0.0))  # all there is before there are data: code 0, 0, ...
        z = np.eye(9, dtype=np.float32)[np.full((6, 6), 4)].reshape(6, -1)
        chart = grid_chart(z, 6, 9)
        xy = chart.place(z).astype(np.float32)
        index = PointIndex(xy)
        codes = Codes(z, xy, dataset.labels, dataset.split, chart, index, 0.1)
        session.apply(m.Embedded(5, codes))
        np.testing.assert_array_equal(session.z, z[0])
        np.testing.assert_array_equal(engine.last(m.Decode).z, z[0])

    def test_a_code_without_a_cell_is_not_gone_to(self, session, info, dataset, heard) -> None:
        many = structs.replace(GRID, latent_dim=6, posterior=Categorical(categories=9))
        open_model(session, replace(info, spec=many), None)
        session.move_cursor((0.0, 0.0))
        before = session.z
        session.set_z(np.eye(9)[np.full(6, 8)].reshape(-1))
        np.testing.assert_array_equal(session.z, before)
        assert "no cell" in heard.notices[-1].text

    def test_without_its_data_there_is_a_grid_all_the_same(self, session, info) -> None:
        open_model(session, replace(info, spec=GRID), None)
        assert isinstance(session.plane, GridChart)
        assert session.plane.counts.sum() == 0


class TestNoLatents:
    @pytest.fixture
    def made(self, session: Session, info: ModelInfo) -> Session:
        open_model(session, replace(info, spec=ModelSpec(shape=SHAPE, network=Made())), None)
        return session

    def test_nothing_is_mapped_decoded_or_embedded(self, made, engine, dataset) -> None:
        made.apply(m.DataOpened(1, dataset))
        made.embed()
        made.move_cursor((0.0, 0.0))
        assert made.plane is None
        assert made.z is None
        assert not [r for r in engine.shown if isinstance(r, m.Decode)]
        assert not [r for r in engine.submitted if isinstance(r, m.Embed)]

    def test_no_map_is_no_reason_to_ask_for_data(self, made, heard) -> None:
        assert not heard.notices

    def test_it_draws_samples(self, made, engine) -> None:
        made.sample(16)
        assert engine.last(m.Sample).count == 16


class TestClasses:
    @pytest.fixture
    def told(self, session: Session, info: ModelInfo, codes: Codes) -> Session:
        spec = ModelSpec(shape=SHAPE, labels=Conditional(classes=3))
        open_model(session, replace(info, spec=spec), codes)
        return session

    def test_the_class_is_that_of_the_nearest_datum(self, told, engine) -> None:
        told.move_cursor((0.5, 0.5))
        answer(told, engine.last(m.Decode), row=2)  # of class 2
        assert told.class_decoded == 2
        assert engine.last(m.Decode).label == 2
        assert told.class_chosen is None

    def test_along_a_path_the_class_stays(self, told, engine) -> None:
        told.begin_drag((0.0, 0.0))
        answer(told, engine.last(m.Decode), row=1)
        told.drag_to((1.0, 1.0))
        answer(told, engine.last(m.Decode), row=2)
        assert told.class_decoded == 1
        assert engine.last(m.DecodeStrip).label == 1

    def test_a_drag_that_is_over_before_its_first_decode_has_the_class_of_its_beginning(
        self, told, engine, codes
    ) -> None:
        begin = int(np.flatnonzero(codes.labels == 2)[0])
        told.begin_drag(tuple(codes.xy[begin].tolist()))
        told.drag_to((30.0, 30.0))
        told.end_drag()
        answer(told, engine.last(m.Decode), row=int(np.flatnonzero(codes.labels == 1)[0]))
        assert told.class_decoded == 2
        assert engine.last(m.DecodeStrip).label == 2  # the film's words and its pictures agree

    def test_beside_a_path_the_class_is_that_of_the_nearest_datum_for_the_film_too(
        self, told, engine
    ) -> None:
        told.begin_drag((0.0, 0.0))
        answer(told, engine.last(m.Decode), row=1)
        told.drag_to((1.0, 1.0))
        told.end_drag()
        told.move_cursor((-1.0, 0.5))
        answer(told, engine.last(m.Decode), row=2)
        assert told.class_decoded == 2
        assert engine.last(m.DecodeStrip).label == 2

    def test_a_chosen_class_stays_until_it_is_given_up(self, told, engine) -> None:
        told.choose_class(0)
        told.move_cursor((0.5, 0.5))
        answer(told, engine.last(m.Decode), row=2)
        assert (told.class_chosen, told.class_decoded) == (0, 0)
        told.choose_class(None)
        assert told.class_decoded == 2

    def test_a_class_given_up_on_a_path_is_that_of_its_beginning_again(self, told, engine) -> None:
        told.begin_drag((0.0, 0.0))
        answer(told, engine.last(m.Decode), row=1)
        told.drag_to((1.0, 1.0))
        told.end_drag()
        told.choose_class(0)
        answer(told, engine.last(m.Decode), row=2)
        told.choose_class(None)
        assert told.class_decoded == 1
        assert engine.last(m.DecodeStrip).label == 1

    def test_a_class_that_there_is_not_is_not_chosen(self, told) -> None:
        told.choose_class(7)
        assert told.class_chosen is None

    def test_each_move_asks_for_every_class_but_not_more_often_than_is_seen(
        self, told, engine, qtbot
    ) -> None:
        before = len([r for r in engine.shown if isinstance(r, m.DecodeClasses)])
        for step in range(50):
            told.move_cursor((step / 50, 0.0))
        during = len([r for r in engine.shown if isinstance(r, m.DecodeClasses)]) - before
        assert during < 50
        qtbot.waitUntil(lambda: engine.last(m.DecodeClasses).z[0] == pytest.approx(0.98))

    def test_only_the_newest_answer_is_shown(self, told, engine) -> None:
        told.move_cursor((0.1, 0.0))
        ticket = engine.last(m.DecodeClasses).ticket
        images = np.zeros((3, 4, 4), np.uint8)
        newest = m.ClassesDecoded(ticket + 10, np.zeros(2), images, 0.0)
        told.apply(newest)
        told.apply(m.ClassesDecoded(ticket, np.ones(2), images, 0.0))
        assert told.each_class is newest

    def test_samples_are_drawn_of_each_class_in_rows(self, told, engine, heard) -> None:
        told.sample()
        asked = engine.last(m.Sample)
        assert asked.each_class
        told.apply(m.Sampled(asked.ticket, np.zeros((3 * asked.count, 4, 4), np.uint8), 3))
        assert heard.sheets[-1].classes == ("a", "b", "c")

    def test_another_model_knows_no_classes(self, told, info, codes, engine) -> None:
        told.apply(m.ModelOpened(900, info, codes, None))
        told.move_cursor((0.3, 0.3))
        assert told.classes == ()
        assert engine.last(m.Decode).label is None

    @pytest.mark.parametrize(
        ("labels", "names"),
        [(SemiSupervised(classes=3), ("a", "b", "c")), (LatentClassifier(classes=3), ())],
    )
    def test_a_classifier_beside_it_does_not_change_what_z_decodes_to(
        self, session, info, codes, labels, names
    ) -> None:
        open_model(session, replace(info, spec=ModelSpec(shape=SHAPE, labels=labels)), codes)
        assert session.classes == names


class TestPrior:
    @pytest.fixture
    def mixed(self, session: Session, info: ModelInfo, codes: Codes) -> Session:
        spec = ModelSpec(shape=SHAPE, prior=Mixture(components=3))
        open_model(session, replace(info, spec=spec), codes)
        return session

    def looks(self, engine: Any) -> list[m.MapPrior]:
        return [r for r in engine.submitted if isinstance(r, m.MapPrior)]

    def test_lines_are_asked_for_when_the_model_is_there(self, mixed, engine, heard) -> None:
        (asked,) = self.looks(engine)
        line = m.PriorLine(0.39, (np.zeros((3, 2)),))
        mixed.apply(m.PriorMapped(asked.ticket, (line,), 0.01))
        assert mixed.prior_lines == (line,)

    def test_while_it_learns_they_are_asked_for_seldom(self, mixed, engine, codes) -> None:
        (asked,) = self.looks(engine)
        mixed.apply(m.PriorMapped(asked.ticket, (), 0.01))
        for step in range(20):
            mixed.apply(m.Embedded(500 + step, codes, step))
        assert len(self.looks(engine)) == 1
        mixed.apply(m.Embedded(600, codes))  # the exact map at the end
        assert len(self.looks(engine)) == 2

    def test_one_look_at_a_time_and_the_last_plane_is_looked_at(self, mixed, engine, codes) -> None:
        mixed.apply(m.Embedded(600, codes))
        newest = replace(codes)
        mixed.apply(m.Embedded(601, newest))
        assert len(self.looks(engine)) == 1
        mixed.apply(m.PriorMapped(self.looks(engine)[0].ticket, (), 0.01))
        assert len(self.looks(engine)) == 2

    def test_a_look_that_failed_does_not_end_all_looks(self, mixed, engine, codes) -> None:
        mixed.apply(m.Failed(self.looks(engine)[0].ticket, "MapPrior", "No."))
        mixed.apply(m.Embedded(600, codes))
        assert len(self.looks(engine)) == 2

    def test_the_standard_normal_needs_none(self, opened, engine) -> None:
        assert not self.looks(engine)

    @pytest.mark.parametrize(
        ("spec", "train", "look"),
        [
            (ModelSpec(shape=SHAPE), None, "rings"),
            (ModelSpec(shape=SHAPE, prior=Vamp()), None, "contours"),
            (ModelSpec(shape=SHAPE, posterior=Deterministic()), None, "none"),
            (
                ModelSpec(shape=SHAPE, posterior=Deterministic()),
                TrainSpec(objective=Adversarial()),
                "rings",
            ),
            (GRID, None, "none"),
            (ModelSpec(shape=SHAPE, posterior=VectorQuantised()), None, "none"),
            (ModelSpec(shape=SHAPE, network=Made()), None, "none"),
        ],
    )
    def test_each_prior_has_its_look_or_a_reason(self, spec, train, look) -> None:
        info = ModelInfo("model", spec, train)
        assert prior_look(info) == look
        assert bool(why_no_prior(info)) == (look == "none")


class TestCodeGrids:
    def test_under_the_scrubber_lies_the_film_s_frame(self, session, info, codes, engine) -> None:
        spec = ModelSpec(shape=SHAPE, posterior=VectorQuantised())
        open_model(session, replace(info, spec=spec), codes)
        session.begin_drag((0.0, 0.0))
        session.drag_to((1.0, 1.0))
        session.end_drag()
        session.set_position(0.5)
        asked = engine.last(m.Decode)
        assert asked.path is not None
        np.testing.assert_array_equal(asked.path, engine.last(m.DecodeStrip).z)
        assert asked.frame == round(0.5 * (len(asked.path) - 1))
        session.set_position(1.0)  # B is a place of its own
        assert engine.last(m.Decode).path is None

    def test_a_frame_of_a_fade_stays_one_while_the_model_learns(
        self, session, info, codes, engine
    ) -> None:
        spec = ModelSpec(shape=SHAPE, posterior=VectorQuantised())
        open_model(session, replace(info, spec=spec), codes)
        session.begin_drag((0.0, 0.0))
        session.drag_to((1.0, 1.0))
        session.end_drag()
        session.set_position(0.5)
        session.apply(m.Embedded(900, codes, 10))
        assert engine.last(m.Decode).path is not None
