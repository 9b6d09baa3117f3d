"""The public Python: one verb for each command, and an import that costs nothing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import latentlab as lab
from latentlab.errors import LatentlabError, RefusedError, UsageError


def test_importing_latentlab_loads_neither_torch_nor_qt():
    code = "import latentlab, sys; print({'torch', 'PySide6', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "set()", answer.stderr


def test_opening_data_loads_neither_torch_nor_qt():
    code = (
        "import latentlab, sys; latentlab.open_dataset('digits')\n"
        "print({'torch', 'PySide6'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "set()", answer.stderr


@pytest.mark.parametrize("name", lab.__all__)
def test_every_public_name_is_there_and_explained(name):
    assert getattr(lab, name).__doc__.strip()


def test_every_name_is_listed_and_others_are_not_there():
    assert set(lab.__all__) <= set(dir(lab))
    with pytest.raises(AttributeError):
        _ = lab.nonsense


def test_the_verbs_work_on_numpy_arrays(model_file):
    model = lab.load_model(model_file)
    assert isinstance(model, lab.Model)
    x = lab.open_dataset("digits").inputs(slice(0, 5))
    assert lab.embed(model, x).shape == (5, 2)
    originals, again = lab.reconstruct(model, x)
    np.testing.assert_array_equal(originals, x)
    assert again.shape == x.shape
    assert lab.render(model, grid=2).shape == (16, 16)


def test_a_saved_model_gives_the_same_pictures(model_file, tmp_path):
    path = lab.save_model(model_file, tmp_path / "b.safetensors")
    np.testing.assert_array_equal(lab.decode(path, [1, 2]), lab.decode(model_file, [1, 2]))
    assert lab.load_model(path).stored_map is not None


def test_half_the_weights_are_half_the_size_and_nearly_the_same(run_folder, tmp_path):
    whole = lab.save_model(run_folder, tmp_path / "a.safetensors")
    half = lab.save_model(run_folder, tmp_path / "b.safetensors", half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    np.testing.assert_allclose(lab.decode(half, [1, 2]), lab.decode(whole, [1, 2]), atol=0.01)


def test_training_can_begin_with_the_weights_of_another(run_folder):
    options = {"hidden": (32,), "batch_size": 128, "steps": 1, "learning_rate": 1e-9}
    model = lab.train("digits", start=run_folder, **options)
    np.testing.assert_allclose(
        lab.decode(model, [0.5, 0.5]), lab.decode(run_folder, [0.5, 0.5]), atol=1e-4
    )


def test_errors_are_sentences(model_file, tmp_path):
    with pytest.raises(UsageError, match="latents"):
        lab.decode(model_file, [1, 2, 3])
    with pytest.raises(UsageError, match="row"):
        lab.reconstruct(model_file, "digits", rows=[5000])
    with pytest.raises(RefusedError):
        lab.open_dataset(tmp_path / "none.npz")
    with pytest.raises(UsageError, match="option"):
        lab.train("digits", colour="red")


def test_explore_without_a_display_is_a_sentence(monkeypatch, model_file):
    monkeypatch.setattr("latentlab.app.display_works", lambda: False)
    with pytest.raises(LatentlabError, match="display"):
        lab.explore(model_file)
