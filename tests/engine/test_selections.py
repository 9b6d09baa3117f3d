"""The work lane writes what is selected on the map."""

import numpy as np

from latentlab.engine.engine import Engine
from latentlab.engine.messages import Codes, ExportRows, Failed, Saved
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex


def codes() -> Codes:
    z = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    labels = np.arange(20) % 3
    return Codes(z, z, labels, np.zeros(20, np.int8), axes_plane(2), PointIndex(z), 0.1)


def answers(request: ExportRows, wait) -> list[object]:
    told: list[object] = []
    engine = Engine(told.append, device="cpu")
    engine.start()
    try:
        engine.submit(request)
        wait(lambda: any(isinstance(one, Saved | Failed) for one in told))
    finally:
        assert engine.close()
    return [one for one in told if isinstance(one, Saved | Failed)]


def test_selected_rows_are_written_without_a_model(tmp_path, qtbot):
    path = tmp_path / "chosen.npz"
    rows = np.array([2, 3, 17], np.int32)
    request = ExportRows(5, path, codes(), rows, ("a", "b", "c"))
    (saved,) = answers(request, lambda ready: qtbot.waitUntil(ready, timeout=20_000))
    assert saved == Saved(5, path, "3 selected rows")
    with np.load(path, allow_pickle=False) as found:
        assert np.array_equal(found["z"], codes().z[rows])


def test_another_ending_is_a_sentence(tmp_path, qtbot):
    request = ExportRows(5, tmp_path / "chosen.txt", codes(), np.array([1], np.int32), ())
    (failed,) = answers(request, lambda ready: qtbot.waitUntil(ready, timeout=20_000))
    assert isinstance(failed, Failed)
    assert "txt" in failed.what
    assert not list(tmp_path.iterdir())
