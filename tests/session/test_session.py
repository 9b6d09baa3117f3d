"""One owner of state: events in, one signal out; commands in, requests out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.engine.values import ChartSpec, Lattice
from latentlab.specs import DataSpec, ModelSpec, TrainSpec
from latentlab.training.records import EpochMetrics, Progress, Terms

PICTURE = np.full((4, 4), 9, np.uint8)


def decoded(ticket: int, session) -> m.Decoded:
    return m.Decoded(ticket, session.z, PICTURE, 0, 0.1, False, "model", 0.0, 1.0)


def progress(step: int) -> Progress:
    return Progress(step, 10, 0.1, 1.0, 1.0, 9.0, 100.0, None, 1e-3, 1.0)


TERMS = Terms(-100.0, -95.0, 5.0, 100.0)


def started(session, engine, info) -> int:
    session.train(info.spec, TrainSpec())
    ticket = engine.last(m.Train).ticket
    session.apply(m.TrainingStarted(ticket, info, None, "cpu", "float32", 10, "test"))
    return ticket


def test_no_torch_is_loaded_by_the_session():
    code = (
        "import sys, latentlab.session.session, latentlab.session.bridge;"
        "assert not {'torch', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_event_has_a_taker(session):
    import typing

    assert set(typing.get_args(m.Event)) == set(session._answers._takers)


def test_opening_a_model_shows_its_map_and_decodes_in_its_middle(opened, engine):
    assert opened.model.name == "vae"
    assert opened.codes is not None
    assert opened.engine.live
    assert opened.cursor == pytest.approx(tuple(np.median(opened.codes.xy, axis=0)))
    assert engine.last(m.Decode).z == pytest.approx(opened.z)


def test_busy_lasts_from_the_request_to_its_answer(session, dataset, heard):
    session.open_data(DataSpec(source="six"))
    assert "six" in session.busy.text
    session.apply(m.Busy(session.busy.ticket, "Reading", 0.5, 2.0))
    assert session.busy.fraction == 0.5
    session.apply(m.DataOpened(session.busy.ticket, dataset))
    assert session.busy is None
    assert session.dataset is dataset
    assert heard.counts["data"] == 1


def test_a_failure_ends_busy_and_says_why(session, heard):
    session.open_path(Path("gone.npz"))
    session.apply(
        m.Failed(session.busy.ticket, "OpenData", "There is no file.", "gone.npz", "Look.")
    )
    assert session.busy is None
    assert heard.notices[-1].text == "gone.npz: There is no file."
    assert heard.notices[-1].do == "Look."


def test_the_same_failure_is_told_once_in_a_while(session, heard):
    for ticket in range(60):
        session.apply(m.Failed(ticket, "Decode", "It broke."))
    assert len(heard.notices) == 1


def test_an_answer_older_than_what_is_shown_is_dropped(opened, engine):
    opened.move_cursor((0.1, 0.0))
    first = engine.last(m.Decode).ticket
    opened.move_cursor((0.2, 0.0))
    second = engine.last(m.Decode).ticket
    opened.apply(decoded(second, opened))
    opened.apply(decoded(first, opened))
    assert opened.decoded.ticket == second


def test_an_answer_asked_of_the_former_model_is_dropped(opened, engine, info, codes):
    opened.move_cursor((0.1, 0.0))
    ticket = engine.last(m.Decode).ticket
    opened.open_model(Path("other.safetensors"))
    opened.apply(m.ModelOpened(opened.busy.ticket, info, codes, None))
    opened.apply(decoded(ticket, opened))
    assert opened.decoded is None


def test_a_drag_draws_a_path_decodes_at_its_end_and_asks_for_the_film(opened, engine):
    opened.begin_drag((0.0, 0.0))
    assert opened.path is None
    opened.drag_to((1.0, 0.5))
    opened.drag_to((2.0, 1.0))
    assert (opened.path.a, opened.path.b) == ((0.0, 0.0), (2.0, 1.0))
    assert engine.last(m.Decode).z.tolist() == [2.0, 1.0]
    assert len(engine.last(m.DecodeStrip).z) <= 64
    opened.end_drag()
    strip = engine.last(m.DecodeStrip).z
    assert strip.shape == (opened.path.frames, 2)
    assert strip[0].tolist() == [0.0, 0.0]
    assert strip[-1].tolist() == [2.0, 1.0]
    assert np.allclose(np.diff(strip, n=2, axis=0), 0)


def test_handles_move_an_end_of_the_path(opened, engine):
    opened.begin_drag((0, 0))
    opened.drag_to((1, 1))
    opened.end_drag()
    opened.move_handle("a", (-1, 0))
    assert opened.path.a == (-1, 0)
    assert opened.path.b == (1, 1)
    assert opened.cursor == (-1, 0)
    opened.end_drag()
    assert engine.last(m.DecodeStrip).z[0].tolist() == [-1, 0]


def test_playing_moves_the_cursor_along_the_path_and_stops_at_its_end(opened, qtbot):
    opened.begin_drag((0, 0))
    opened.drag_to((1, 0))
    opened.end_drag()
    opened.set_frames(4)
    opened.set_loop(False)
    opened.set_playing(True)
    assert opened.path.position == 0.0
    qtbot.waitUntil(lambda: not opened.path.playing, timeout=5000)
    assert opened.path.position == 1.0
    assert opened.cursor == (1.0, 0.0)


def test_off_plane_latents_stay_while_the_hand_moves_in_the_plane(session, engine, dataset):
    from latentlab.engine.values import ModelInfo

    info = ModelInfo("3d", ModelSpec(shape=(1, 4, 4), latent_dim=3))
    session.apply(m.ModelOpened(0, info, None, None))
    session.set_z([0.1, 0.2, 0.7])
    session.move_cursor((0.5, -0.5))
    assert session.z.tolist() == pytest.approx([0.5, -0.5, 0.7])
    session.request_lattice((-1, -1, 1, 1), 4)
    assert engine.last(m.DecodeLattice).z[0, 0].tolist() == pytest.approx([-0.75, 0.75, 0.7])
    session.set_chart(ChartSpec("axes", 2, 0))
    assert session.plane.names == ("z3", "z1")


def test_latents_of_the_wrong_length_are_refused_with_a_sentence(opened, heard):
    before = opened.z.copy()
    opened.set_z([1.0, 2.0, 3.0])
    opened.set_z([1.0, float("nan")])
    assert opened.z.tolist() == before.tolist()
    assert len(heard.notices) == 2


def test_undo_and_redo_bring_back_path_classes_and_cursor(opened):
    opened.begin_drag((0, 0))
    opened.drag_to((1, 1))
    opened.end_drag()
    opened.begin_drag((5, 5))
    opened.drag_to((6, 6))
    opened.drag_to((7, 7))
    opened.end_drag()
    opened.toggle_class(1)
    opened.undo()
    assert opened.hidden == frozenset()
    opened.undo()
    assert (opened.path.a, opened.path.b) == ((0, 0), (1, 1))
    assert opened.cursor == (1, 1)
    opened.undo()
    assert opened.path is None
    while opened.can_redo:
        opened.redo()
    assert opened.path.b == (7, 7)
    assert opened.hidden == {1}


def test_undo_brings_back_the_view(opened, heard):
    opened.set_view((0, 0, 1, 1))
    opened.set_view((0, 0, 2, 2))
    opened.undo()
    assert opened.view == (0, 0, 1, 1)
    assert heard.counts["view"] == 1


def test_isolating_a_class_hides_the_others_and_again_shows_all(opened):
    opened.isolate_class(2)
    assert opened.hidden == {0, 1}
    opened.isolate_class(2)
    assert opened.hidden == frozenset()


def test_pictures_are_reconstructions_until_the_data_are_open(opened, engine, dataset, heard):
    state = opened.picture(3)
    assert state.image is None
    assert state.is_reconstruction
    opened.picture(3)
    assert [r.row for r in engine.shown if isinstance(r, m.Peek)] == [3]
    opened.apply(m.Peeked(engine.last(m.Peek).ticket, 3, PICTURE))
    assert heard.rows == [3]
    assert opened.picture(3).image is PICTURE
    opened.apply(m.DataOpened(1, dataset))
    assert opened.rows_are_data
    assert not opened.picture(3).is_reconstruction
    assert engine.last(m.Embed).dataset is dataset


def test_pictures_of_other_data_are_never_shown_for_a_models_rows(opened, engine, dataset):
    other = replace(dataset, checksums={"six": "another"})
    opened.apply(m.DataOpened(1, other))
    assert not opened.rows_are_data
    assert opened.picture(0).is_reconstruction
    assert not [r for r in engine.submitted if isinstance(r, m.Embed)]


def test_the_open_data_are_embedded_when_their_model_comes_without_a_map(
    session, engine, dataset, info, codes
):
    session.apply(m.DataOpened(1, dataset))
    session.apply(m.ModelOpened(0, info, None, None))
    embed = engine.last(m.Embed)
    session.apply(m.Embedded(embed.ticket, codes))
    assert session.codes is codes
    assert session.rows_are_data


def test_a_chart_changes_when_its_codes_are_there(opened, engine, codes):
    chart = ChartSpec("axes", 1, 0)
    opened.set_chart(chart)
    assert opened.chart != chart
    request = engine.last(m.Rechart)
    opened.apply(m.Embedded(request.ticket, codes))
    assert opened.chart == chart


def test_samples_reconstructions_and_a_datum_come_as_sheets(opened, engine, dataset, heard, codes):
    opened.sample(9)
    opened.apply(m.Sampled(engine.last(m.Sample).ticket, np.zeros((9, 4, 4), np.uint8)))
    assert (heard.sheets[-1].kind, len(heard.sheets[-1].pictures)) == ("samples", 9)
    opened.show_datum(2)
    assert heard.notices[-1].action == "open_its_data"
    assert opened.act(heard.notices[-1])
    assert engine.last(m.OpenData).spec == dataset.source
    opened.apply(m.DataOpened(1, dataset))
    opened.show_datum(2, samples=5)
    request = engine.last(m.Reconstruct)
    one = np.zeros((1, 4, 4), np.uint8)
    opened.apply(
        m.Reconstructed(
            request.ticket,
            (2,),
            one,
            one,
            np.zeros((1, 5, 4, 4), np.uint8),
            np.zeros((1, 2), np.float32),
        )
    )
    assert heard.sheets[-1].kind == "datum"
    assert heard.sheets[-1].samples.shape == (1, 5, 4, 4)
    assert "c" in heard.sheets[-1].title


def test_a_training_goes_from_asked_to_finished(session, engine, dataset, info, codes, heard):
    session.apply(m.DataOpened(1, dataset))
    ticket = started(session, engine, info)
    assert session.training.status == "running"
    session.apply(m.Embedded(ticket, codes, step=0))
    assert session.codes is codes
    session.apply(m.Progressed(ticket, progress(3)))
    session.pause_training()
    session.apply(m.Progressed(ticket, progress(4), paused=True))
    assert session.training.status == "paused"
    session.resume_training()
    session.apply(m.Progressed(ticket, progress(5)))
    assert session.training.status == "running"
    metrics = EpochMetrics(1, 10, 1.0, TERMS, TERMS, "test", 100.0, 1e-3, 1.0)
    session.apply(m.EpochEnded(ticket, metrics))
    assert session.model.held_out == TERMS
    session.apply(m.Trained(ticket, info, "finished", ""))
    assert session.training.status == "finished"
    assert session.training.history == (metrics,)
    assert engine.orders == ["pause", "resume"]
    assert heard.notices[-1].level == "good"


def test_while_a_training_runs_nothing_else_is_opened(session, engine, dataset, info, heard):
    session.apply(m.DataOpened(1, dataset))
    started(session, engine, info)
    count = len(engine.submitted)
    session.open_data(DataSpec(source="digits"))
    session.open_model(Path("a.safetensors"))
    session.train(info.spec, TrainSpec())
    assert len(engine.submitted) == count
    assert {n.action for n in heard.notices} == {"stop_training"}
    assert session.act(heard.notices[-1])
    assert session.training.status == "stopping"
    assert engine.orders == ["stop"]


def test_a_failed_training_can_be_followed_by_another(session, engine, dataset, info):
    session.apply(m.DataOpened(1, dataset))
    ticket = started(session, engine, info)
    session.apply(m.Failed(ticket, "Train", "The loss is no number."))
    assert session.training.status == "failed"
    started(session, engine, info)
    assert session.training.status == "running"


def test_answers_of_an_earlier_training_change_nothing(session, engine, dataset, info):
    session.apply(m.DataOpened(1, dataset))
    old = started(session, engine, info)
    session.apply(m.Trained(old, info, "stopped", ""))
    started(session, engine, info)
    session.apply(m.Progressed(old, progress(9)))
    session.apply(m.Failed(old, "Train", "late"))
    assert session.training.status == "running"
    assert session.training.progress is None


def test_what_is_shown_is_decoded_anew_when_the_weights_move(session, engine, dataset, info, codes):
    session.apply(m.DataOpened(1, dataset))
    ticket = started(session, engine, info)
    session.apply(m.Embedded(ticket, codes, step=0))
    session.show_lattice(True)
    session.tiles.look((-1.0, -1.0, 1.0, 1.0), 1)
    engine.shown.clear()
    session.apply(m.Embedded(ticket, codes, step=9))
    assert {type(r) for r in engine.shown} == {m.Decode, m.DecodeTiles}


def test_a_lattice_grows_and_a_stale_one_is_dropped(opened, engine):
    opened.request_lattice((-1, -1, 1, 1), 2)
    old = engine.last(m.DecodeLattice).ticket
    opened.request_lattice((-2, -2, 2, 2), 2)
    new = engine.last(m.DecodeLattice).ticket
    lattice = Lattice((-2, -2, 2, 2), np.zeros((2, 2, 4, 4), np.uint8))
    opened.apply(m.LatticeDecoded(new, lattice, False))
    opened.apply(m.LatticeDecoded(old, Lattice((-1, -1, 1, 1), lattice.images), True))
    opened.apply(m.LatticeDecoded(new, lattice, True))
    assert opened.lattice is lattice


def test_lattice_cells_are_centres_with_the_top_row_first(opened, engine):
    opened.request_lattice((0, 0, 4, 2), 2)
    z = engine.last(m.DecodeLattice).z
    assert z[0, 0].tolist() == [1.0, 1.5]
    assert z[1, 1].tolist() == [3.0, 0.5]


def test_a_model_that_turns_out_not_to_fit_is_taken_away(session, info, codes):
    session.open_model(Path("bad.safetensors"))
    ticket = session.busy.ticket
    session.apply(m.ModelOpened(ticket, info, codes, None))
    session.apply(m.Failed(ticket, "OpenModel", "A weight is missing."))
    assert session.model is None
    assert session.codes is None
    assert session.cursor is None


def test_saving_and_exporting_need_something_to_write(session, opened, engine, heard):
    opened.export_path(Path("a.gif"))
    assert "no path" in heard.notices[-1].text
    opened.save_model(Path("a.safetensors"), with_map=False)
    assert engine.last(m.SaveModel).codes is None
    opened.apply(m.Saved(engine.last(m.SaveModel).ticket, Path("a.safetensors"), "the model"))
    assert heard.notices[-1].level == "good"


def test_after_close_no_answer_changes_anything(opened, dataset):
    opened.close()
    opened.apply(m.DataOpened(1, dataset))
    assert opened.dataset is None
