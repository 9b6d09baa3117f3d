"""What the window shows of models whose map is no plane of a standard normal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from latentlab.engine import messages as m
from latentlab.latent.cells import grid_chart
from latentlab.latent.gaps import find_gaps
from latentlab.latent.picking import PointIndex
from latentlab.specs import (
    Autoencoder,
    Autoregressive,
    Categorical,
    Conditional,
    Deterministic,
    Made,
    MaximumLikelihood,
    Mixture,
    ModelSpec,
    TrainSpec,
    UniformCategorical,
    VectorQuantised,
)
from latentlab.training.records import Terms
from latentlab.views.dialogs.sheet import explanation
from latentlab.views.possible import NO_MODEL
from latentlab.views.topbar import model_chip

SHAPE = (1, 8, 8)
MODEL = Path("ae.safetensors")
AUTOENCODER = ModelSpec(shape=SHAPE, posterior=Deterministic())
MADE = ModelSpec(shape=SHAPE, network=Made())
QUANTISED = ModelSpec(
    shape=SHAPE, latent_dim=4, posterior=VectorQuantised(), prior=Autoregressive()
)
TOLD = ModelSpec(shape=SHAPE, labels=Conditional(classes=6))


def grid_spec(latents: int, categories: int) -> ModelSpec:
    return ModelSpec(
        shape=SHAPE,
        latent_dim=latents,
        posterior=Categorical(categories=categories),
        prior=UniformCategorical(),
    )


def open_codes(world: Any, latents: int, categories: int, count: int = 600) -> m.Codes:
    spec = grid_spec(latents, categories)
    chosen = world.rng.integers(0, categories, (count, latents))
    z = np.eye(categories, dtype=np.float32)[chosen].reshape(count, -1)
    chart = grid_chart(z, latents, categories)
    xy = chart.place(z).astype(np.float32)
    labels = np.arange(count, dtype=np.int64) % 6
    codes = m.Codes(z, xy, labels, np.zeros(count, np.int8), chart, PointIndex(xy), 0.1)
    world.session.apply(m.ModelOpened(700, world.info(spec=spec), codes, None))
    world.session.apply(m.ModelReady(700, "cpu"))
    return codes


def open_without_map(world: Any, spec: ModelSpec, **changes: Any) -> None:
    world.session.apply(m.ModelOpened(700, world.info(spec=spec, **changes), None, None))
    world.session.apply(m.ModelReady(700, "cpu"))


class TestPlainAutoencoder:
    def test_no_prior_is_drawn_and_the_layers_say_why(self, window, world) -> None:
        world.open_model(spec=AUTOENCODER)
        assert not window.map.canvas.rings.isVisible()
        assert not window.actions_table["rings"].isEnabled()
        assert "no prior" in window.layers.note.text()
        assert window.layers.note.isVisible()
        assert "no prior" in window.actions_table["rings"].toolTip()

    def test_its_rings_come_back_with_a_vae(self, window, world) -> None:
        world.open_model(spec=AUTOENCODER)
        world.open_model()
        assert window.map.canvas.rings.isVisible()
        assert window.actions_table["rings"].isEnabled()
        assert not window.layers.note.isVisible()

    def test_its_figure_is_no_bound_and_has_no_kl(self, world) -> None:
        terms = Terms(-20.0, -20.0, 0.0, 20.0)
        info = world.info(
            spec=AUTOENCODER, train=TrainSpec(objective=Autoencoder()), held_out=terms
        )
        said, tip = model_chip(info)
        assert "reconstruction" in said
        for words in (said, tip):
            assert "bound" not in words
            assert "KL" not in words

    def test_its_curves_have_no_kl(self, window, world) -> None:
        world.open_data()
        ticket = world.start_training()
        world.session.apply(
            m.TrainingStarted(
                ticket, world.info(spec=AUTOENCODER), None, "cpu", "float32", 30, "test"
            )
        )
        world.epoch(ticket, 1)
        loss, reconstruction, kl = window.training.curves.curves
        assert loss.isVisible()
        assert reconstruction.isVisible()
        assert not kl.isVisible()

    def test_the_end_of_its_training_speaks_of_no_bound(self, window, world) -> None:
        world.open_data()
        notices: list[Any] = []
        world.session.notice.connect(notices.append)
        ticket = world.start_training()
        info = world.info(spec=AUTOENCODER, held_out=Terms(-20.0, -20.0, 0.0, 20.0))
        world.session.apply(m.Trained(ticket, info, "finished", ""))
        assert "reconstruction -20.0" in notices[-1].text
        assert "bound" not in notices[-1].text

    def test_far_from_its_codes_the_panel_says_so(self, window, world) -> None:
        world.open_model(spec=AUTOENCODER)
        world.session.move_cursor((9.0, 9.0))
        world.decode(far=True)
        assert window.decoded.mark.text() == "outside data"


class TestGridOfCodes:
    def test_cells_carry_codes_and_pictures_from_the_start(self, window, world) -> None:
        codes = open_codes(world, 2, 4)
        canvas = window.map.canvas
        assert canvas.cells.isVisible()
        assert canvas.cells.chart is codes.plane
        assert not canvas.rings.isVisible()
        assert world.session.lattice_shown
        assert (canvas.bottom.name, canvas.left.name) == ("z1", "z2")

    def test_the_lattice_is_as_it_was_with_the_next_model(self, window, world) -> None:
        open_codes(world, 2, 4)
        world.open_model()
        assert not world.session.lattice_shown
        assert not window.map.canvas.cells.isVisible()

    def test_how_many_codes_have_no_cell_is_said(self, window, world) -> None:
        codes = open_codes(world, 5, 6, count=3000)
        left = codes.plane.codes_left_out
        assert left > 0
        assert f"{left:,} more are not shown" in window.layers.note.text()
        shown = len(codes.labels) - codes.plane.data_left_out
        assert f"{shown:,} of 3,000 points" in window.status.points.text()
        assert window.map.visible_count == shown

    def test_z_is_read_and_typed_as_a_code(self, window, world) -> None:
        open_codes(world, 2, 4)
        world.session.move_cursor((3.0, 1.0))
        edit = window.decoded.latents.edit
        window.decoded.latents.refresh()
        assert edit.text() == "3, 1"
        edit.setText("0, 2")
        edit.returnPressed.emit()
        assert world.session.cursor == (0.0, 2.0)
        assert world.last(m.Decode).z.tolist() == [1, 0, 0, 0, 0, 0, 1, 0]

    @pytest.mark.parametrize("typed", ["4, 0", "1", "0.5, 1", "a, b"])
    def test_what_is_no_code_is_refused_in_words(self, window, world, typed) -> None:
        open_codes(world, 2, 4)
        before = world.session.cursor
        window.decoded.latents.edit.setText(typed)
        window.decoded.latents.edit.returnPressed.emit()
        assert window.decoded.latents.complaint.isVisible()
        assert world.session.cursor == before

    def test_a_path_between_codes_says_that_it_fades(self, window, world) -> None:
        open_codes(world, 1, 5)
        world.session.begin_drag((0.0, 0.0))
        world.session.drag_to((1.0, 0.0))
        world.session.end_drag()
        world.answer_strip()
        assert window.film.route.figures.whole == "cross-fade of two codes"
        world.session.set_position(0.5)
        world.decode()
        assert "cross-fade" in window.decoded.source.text()

    def test_an_unused_code_is_called_one(self, window, world) -> None:
        open_codes(world, 2, 4)
        world.session.move_cursor((0.0, 0.0))
        world.decode(far=True)
        assert window.decoded.mark.text() == "unused code"

    def test_there_is_no_plane_to_choose(self, window, world) -> None:
        open_codes(world, 5, 6)
        assert not window.chart.isVisible()
        assert not window.actions_table["principal"].isEnabled()
        assert not window.decoded.latents.sliders.isVisible()


class TestNoLatents:
    def test_the_map_says_so_and_what_can_be_done(self, window, world) -> None:
        open_without_map(world, MADE)
        said = window.map.canvas.accessibleDescription()
        assert "no latents" in said
        assert "Generate" in said
        assert not window.map.hint

    @pytest.mark.parametrize(
        "key", ["lattice", "points", "rings", "fit", "export_film", "reconstruct_any", "copy_z"]
    )
    def test_what_needs_latents_is_off_with_the_reason(self, window, world, key) -> None:
        world.open_data()
        open_without_map(world, MADE)
        action = window.actions_table[key]
        assert not action.isEnabled()
        assert "no latents" in action.toolTip()

    def test_samples_can_be_drawn(self, window, world) -> None:
        open_without_map(world, MADE)
        window.actions_table["sample"].trigger()
        assert world.last(m.Sample).count == 64
        assert world.session.busy is not None

    def test_its_only_curve_is_the_likelihood(self, window, world) -> None:
        world.open_data()
        ticket = world.start_training()
        spec = world.info(spec=MADE, train=TrainSpec(objective=MaximumLikelihood()))
        world.session.apply(m.TrainingStarted(ticket, spec, None, "cpu", "float32", 30, "test"))
        world.epoch(ticket, 1)
        shown = [curve.isVisible() for curve in window.training.curves.curves]
        assert shown == [False, True, False]
        assert "log p(x)" in window.training.curves.curves[1].plot.accessibleName()


class TestCodeGrids:
    def test_the_panel_says_which_real_grid_is_decoded(self, window, world) -> None:
        world.open_model(latent_dim=4, spec=QUANTISED)
        world.session.move_cursor((0.1, 0.2))
        world.decode(source="nearest code grid", nearest_row=17)
        assert "nearest real code grid (row 17)" in window.decoded.source.text()

    def test_the_film_says_how_it_fades(self, window, world) -> None:
        world.open_model(latent_dim=4, spec=QUANTISED)
        world.draw_path()
        asked = world.last(m.DecodeStrip)
        images = np.zeros((len(asked.z), 8, 8), np.uint8)
        strip = m.StripDecoded(asked.ticket, asked.z, images, "code cross-fade", 0.0)
        world.session.apply(strip)
        assert "each code switches" in window.film.route.figures.whole

    def test_without_data_it_says_what_is_missing(self, window, world) -> None:
        open_without_map(world, QUANTISED)
        assert "Open its data" in window.decoded._empty_words()


class TestClasses:
    @pytest.fixture
    def told(self, window, world) -> Any:
        world.open_model(spec=TOLD)
        world.session.move_cursor((0.1, 0.2))
        world.decode()
        return window

    def answer(self, world: Any) -> None:
        asked = world.last(m.DecodeClasses)
        images = world.rng.integers(0, 256, (6, 8, 8), dtype=np.uint8)
        world.session.apply(m.ClassesDecoded(asked.ticket, asked.z, images, 0.0))

    def test_the_chooser_is_there_for_models_that_know_classes_alone(self, window, world) -> None:
        world.open_model()
        assert not window.decoded.classes.isVisible()
        world.open_model(spec=TOLD)
        assert window.decoded.classes.isVisible()

    def test_it_follows_the_nearest_datum_and_marks_its_class(self, told, world) -> None:
        assert told.decoded.classes.choice.currentIndex() == 0
        assert told.decoded.classes.pictures.accessibleDescription().endswith("Sandal & co")

    def test_a_press_on_a_class_decodes_as_it_and_a_second_one_follows_again(
        self, told, world
    ) -> None:
        self.answer(world)
        pictures = told.decoded.classes.pictures
        place = pictures.cells()[3].center().toPoint()
        QTest.mouseClick(pictures, Qt.MouseButton.LeftButton, pos=place)
        assert world.session.class_chosen == 3
        assert world.last(m.Decode).label == 3
        assert told.decoded.classes.choice.currentText() == "Dress"
        QTest.mouseClick(pictures, Qt.MouseButton.LeftButton, pos=place)
        assert world.session.class_chosen is None

    def test_arrow_keys_step_through_the_classes(self, told, world) -> None:
        world.session.choose_class(1)
        QTest.keyClick(told.decoded.classes.pictures, Qt.Key.Key_Right)
        assert world.session.class_chosen == 2
        QTest.keyClick(told.decoded.classes.pictures, Qt.Key.Key_Left)
        assert world.session.class_chosen == 1

    def test_the_pictures_of_every_class_are_painted(self, told, world) -> None:
        pictures = told.decoded.classes.pictures
        before = pictures.grab().toImage()
        self.answer(world)
        assert pictures.grab().toImage() != before

    def test_a_sheet_names_its_rows(self, told, world) -> None:
        told.actions_table["sample"].trigger()
        asked = world.last(m.Sample)
        images = np.zeros((6 * asked.count, 8, 8), np.uint8)
        world.session.apply(m.Sampled(asked.ticket, images, 6))
        sheet = told.sheets[-1]
        assert sheet.sheet.classes[1] == "Trouser"
        assert sheet.page.width() > asked.count * 64
        assert "each class" in explanation(sheet.sheet, world.session.model)


class TestPriors:
    def test_lines_are_drawn_with_their_layer(self, window, world) -> None:
        world.open_model(spec=ModelSpec(shape=SHAPE, prior=Mixture()))
        contours = window.map.canvas.contours
        assert not contours.isVisible()
        ring = np.stack([np.cos(np.linspace(0, 7, 50)), np.sin(np.linspace(0, 7, 50))], -1)
        asked = world.last(m.MapPrior)
        line = m.PriorLine(0.39, (ring,))
        world.session.apply(m.PriorMapped(asked.ticket, (line,), 0.0))
        assert contours.isVisible()
        assert not window.map.canvas.rings.isVisible()
        window.actions_table["rings"].trigger()
        assert not contours.isVisible()
        window.actions_table["rings"].trigger()
        assert contours.isVisible()
        world.open_model()
        assert not contours.isVisible()


def test_an_action_that_can_t_be_used_says_why(window, world) -> None:
    assert window.actions_table["sample"].toolTip() == NO_MODEL
    world.open_model()
    assert window.actions_table["sample"].toolTip() == "Draws from the prior"


class TestGaps:
    def open(self, world: Any) -> m.Codes:
        world.session.open_model(MODEL)
        codes = world.codes(200)
        gapped = replace(codes, gaps=find_gaps(codes.xy, 0.2))
        ticket = world.last(m.OpenModel).ticket
        world.session.apply(m.ModelOpened(ticket, world.info(spec=AUTOENCODER), gapped, None))
        return gapped

    def test_gaps_are_tinted_and_can_be_switched_off(self, window, world) -> None:
        self.open(world)
        layer = window.map.canvas.gaps
        assert layer.isVisible()
        tinted = window.map.picture().toImage()
        assert "gaps" in window.layers.note.text()
        window.actions_table["gaps"].trigger()
        assert not layer.isVisible()
        assert window.map.picture().toImage() != tinted
        assert "gaps" not in world.session.settings.layers

    def test_a_vae_has_none_to_show(self, window, world) -> None:
        self.open(world)
        world.open_model()
        assert not window.map.canvas.gaps.isVisible()
        assert not window.actions_table["gaps"].isEnabled()


def test_classes_are_stepped_through_from_the_menu(window, world) -> None:
    assert not window.actions_table["next_class"].isEnabled()
    world.open_model(spec=TOLD)
    world.session.move_cursor((0.1, 0.2))
    world.decode()  # near a datum of the last class
    window.actions_table["next_class"].trigger()
    assert world.session.class_chosen == 0
    window.actions_table["previous_class"].trigger()
    assert world.session.class_chosen == 5
    window.actions_table["nearest_class"].trigger()
    assert world.session.class_chosen is None
