"""Undo of z, and what a run finds by itself: its data, another device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlab.data.catalogue import MNIST_PARTS
from latentlab.engine import messages as m
from latentlab.session import opening
from latentlab.specs import DataSpec, RunConfig, TrainSpec
from latentlab.specs import replace as replace_spec
from latentlab.training.runs import Run


def test_undo_brings_back_z_that_was_slid_off_the_plane(session, engine, info):
    deep = replace(info, spec=replace_spec(info.spec, latent_dim=5))
    session.apply(m.ModelOpened(0, deep, None, None))
    session.apply(m.ModelReady(0, "cpu"))
    session.move_cursor((0.5, -0.5))
    before = session.z.copy()
    for step in range(1, 6):  # one slide
        session.set_z(before + np.array([0, 0, 0.1 * step, 0, 0]))
    after = session.z.copy()
    assert after[2] == pytest.approx(0.5)
    assert session.can_undo
    session.undo()
    assert session.z == pytest.approx(before)
    assert engine.last(m.Decode).z == pytest.approx(before)
    assert not session.can_undo
    session.redo()
    assert session.z == pytest.approx(after)


def test_data_at_hand_are_told_from_data_to_download(tmp_path, monkeypatch):
    monkeypatch.delenv("LATENTLAB_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert opening.is_at_hand(DataSpec(source="digits"))
    assert not opening.is_at_hand(DataSpec(source="mnist"))
    assert not opening.is_at_hand(DataSpec(source=str(tmp_path / "gone.npz")))
    (tmp_path / "here.npz").write_bytes(b"")
    assert opening.is_at_hand(DataSpec(source=str(tmp_path / "here.npz")))
    for name in MNIST_PARTS:
        (tmp_path / "mnist").mkdir(exist_ok=True)
        (tmp_path / "mnist" / name).write_bytes(b"")
    monkeypatch.setenv("LATENTLAB_DATA", str(tmp_path))
    assert opening.is_at_hand(DataSpec(source="mnist"))
    assert not opening.is_at_hand(DataSpec(source="emnist"))


def test_a_run_without_its_map_opens_its_data_where_they_are_at_hand(session, engine, heard, info):
    told = replace(info, run=Path("run"), data=DataSpec(source="digits"))
    session.apply(m.ModelOpened(0, told, None, None))
    assert engine.last(m.OpenData).spec.source == "digits"
    assert not heard.notices


def test_a_run_whose_data_would_be_downloaded_asks_first(
    session, engine, heard, info, tmp_path, monkeypatch
):
    monkeypatch.setenv("LATENTLAB_DATA", str(tmp_path))
    monkeypatch.setattr(opening, "is_at_hand", lambda _: False)
    told = replace(info, run=Path("run"), data=DataSpec(source="kmnist"), data_name="KMNIST")
    session.apply(m.ModelOpened(0, told, None, None))
    assert not [r for r in engine.submitted if isinstance(r, m.OpenData)]
    assert (heard.notices[-1].action, heard.notices[-1].action_label) == (
        "open_its_data",
        "Open KMNIST",
    )
    assert session.act(heard.notices[-1])
    assert engine.last(m.OpenData).spec.source == "kmnist"


def test_a_training_without_enough_memory_is_offered_the_cpu(
    session, engine, heard, info, dataset, tmp_path
):
    train = TrainSpec(device="cuda")
    path = tmp_path / "run"
    config = RunConfig(
        model=info.spec, train=train, data=dataset.source, checksums=dict(dataset.checksums)
    )
    Run.create(path, config).close()
    session.apply(m.DataOpened(0, dataset))
    session.train(info.spec, train, path)
    ticket = engine.last(m.Train).ticket
    session.apply(m.TrainingStarted(ticket, info, path, "cuda:0", "bfloat16", 10, "test"))
    what = "There is not enough memory for this model, even with a small batch."
    session.apply(m.Failed(ticket, "Train", what))
    assert heard.notices[-1].action == "resume_on_cpu"
    assert session.act(heard.notices[-1])
    asked = engine.last(m.Train)
    assert (asked.resume, asked.run, asked.train.device) == (True, path, "cpu")
