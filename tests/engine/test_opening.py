"""Opening data, models and runs in the work lane."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine.engine import Engine
from latentlab.engine.messages import (
    Cancelled,
    DataOpened,
    Decode,
    Decoded,
    Embed,
    Embedded,
    EngineReady,
    Export,
    Failed,
    ModelOpened,
    ModelReady,
    OpenData,
    OpenModel,
    Saved,
    SaveModel,
    Train,
    Trained,
)
from latentlab.engine.values import ChartSpec
from latentlab.models.files import read_model_file, write_model_file
from latentlab.models.model import Model
from latentlab.specs import DataSpec


@pytest.fixture
def saved(events, recorder, data, model, short, tmp_path):
    """A trained model in a file, with its map and a lattice."""
    told = recorder()
    engine = Engine(told, device="cpu")
    engine.start()
    engine.submit(Train(1, data, model, short, run=tmp_path / "run"))
    told.wait(Trained)
    codes = told.of(Embedded)[-1].codes
    engine.submit(SaveModel(2, tmp_path / "m.safetensors", codes))
    told.wait(Saved)
    assert engine.close()
    return tmp_path


def test_a_model_file_shows_its_map_before_torch_and_answers_from_its_lattice(
    events, saved, data, monkeypatch
):
    from latentlab.engine.tasks import Tasks

    engine = Engine(events, device="cpu")
    original = Tasks.load_torch
    answers = []

    def load_torch(self):
        if not answers:
            engine.show(Decode(5, np.asarray([0.3, 0.4]), 0.0))
            answers.append(events.wait(Decoded))
        return original(self)

    monkeypatch.setattr(Tasks, "load_torch", load_torch)
    engine.submit(OpenModel(1, saved / "m.safetensors"))
    engine.start()
    events.wait(ModelReady)
    kinds = [type(e) for e in events.events]
    assert kinds == [ModelOpened, Decoded, EngineReady, ModelReady]
    assert answers[0].source == "stored lattice"
    exact = Model.from_file(saved / "m.safetensors").decode(np.asarray([[0.3, 0.4]]))
    assert np.abs(answers[0].image - 255.0 * exact[0, 0]).mean() < 10  # between lattice points
    assert answers[0].nearest_row >= 0
    opened = events.of(ModelOpened)[0]
    assert opened.info.data_name == data.name
    assert opened.info.checksums == dict(data.checksums)
    assert len(opened.codes.z) == len(data)
    assert opened.codes.spread > 0
    engine.show(Decode(6, np.asarray([0.3, 0.4]), 0.0))
    assert events.wait(Decoded, 6).source == "model"
    assert engine.close()


def test_a_model_comes_back_with_the_same_codes(engine, events, saved, data):
    engine.submit(OpenModel(1, saved / "m.safetensors"))
    kept = events.wait(ModelOpened).codes
    engine.submit(Embed(2, data, ChartSpec()))
    assert np.allclose(events.wait(Embedded).codes.z, kept.z, atol=1e-5)


def test_a_run_folder_opens_as_its_newest_model(engine, events, saved, data):
    engine.submit(OpenModel(1, saved / "run"))
    events.wait(ModelReady)
    info = events.of(ModelOpened)[0].info
    assert info.run == saved / "run"
    assert info.held_out is not None
    assert info.epochs > 0
    assert info.data == data.source
    assert (info.data_name, info.label_names) == (data.name, data.label_names)


def test_a_file_that_does_not_fit_leaves_the_open_model_as_it_is(engine, events, saved):
    engine.submit(OpenModel(1, saved / "m.safetensors"))
    events.wait(ModelReady)
    file = read_model_file(saved / "m.safetensors")
    name = next(iter(file.weights))
    weights = {k: v for k, v in file.weights.items() if k != name}
    write_model_file(saved / "cut.safetensors", type(file)(file.header, weights))
    engine.submit(OpenModel(2, saved / "cut.safetensors"))
    assert name in events.wait(Failed, 2).what
    assert not events.of(ModelOpened, 2)
    engine.show(Decode(3, np.zeros(2), 0.0))
    assert events.wait(Decoded, 3).source == "model"


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x00" * 64])
def test_damaged_files_are_refused_with_a_sentence(engine, events, tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    engine.submit(OpenModel(1, path))
    fault = events.wait(Failed, 1)
    assert fault.what.endswith(".")
    assert "Traceback" not in fault.what


def test_digits_are_opened_by_name(engine, events):
    engine.submit(OpenData(1, DataSpec(source="digits")))
    assert len(events.wait(DataOpened).dataset) == 1797


def test_data_that_are_not_there_fail_with_a_sentence_and_the_lane_lives(engine, events):
    engine.submit(OpenData(1, DataSpec(source="/nowhere/at/all.npz")))
    events.wait(Failed, 1)
    engine.submit(OpenData(2, DataSpec(source="digits")))
    events.wait(DataOpened, 2)


def test_what_waits_can_be_called_off(engine, events):
    for ticket in range(1, 30):
        engine.submit(OpenData(ticket, DataSpec(source="digits")))
    engine.cancel(29)
    events.wait(Cancelled, 29)
    events.wait(DataOpened, 28)
    assert not events.of(DataOpened, 29)


def test_a_path_is_written_as_a_film(engine, events, saved, tmp_path):
    engine.submit(OpenModel(1, saved / "m.safetensors"))
    z = np.linspace([-1.0, 0.0], [1.0, 0.0], 7)
    engine.submit(Export(2, tmp_path / "film.npz", z))
    events.wait(Saved)
    with np.load(tmp_path / "film.npz") as film:
        assert film["frames"].shape == (7, 8, 8)


def test_closing_an_engine_that_never_started_is_fine(events):
    assert Engine(events).close()


def test_importing_the_engine_loads_no_torch():
    import subprocess
    import sys

    code = "import sys, latentlab.engine.engine; assert not {'torch', 'PySide6'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
