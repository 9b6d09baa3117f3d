"""The work lane on a selection: growth, summaries, pictures, near-identical data."""

from __future__ import annotations

import dataclasses
import threading
import time

import numpy as np
import pytest
from PIL import Image

from latentlab.engine import messages as m
from latentlab.engine import summing
from latentlab.engine.engine import Engine
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex

ROWS = np.array([3, 4, 8, 100, 399], np.int32)


def codes_for(data, dim: int = 2) -> m.Codes:
    z = np.random.default_rng(0).normal(size=(len(data), dim)).astype(np.float32)
    plane = axes_plane(dim)
    xy = plane.place(z).astype(np.float32)
    return m.Codes(z, xy, data.labels, data.split, plane, PointIndex(xy), 0.1)


@pytest.fixture
def learned(engine: Engine, events, data, model, short) -> Engine:
    """An engine with a model that was trained for a moment."""
    engine.submit(m.Train(1, data, model, short))
    events.wait(m.Trained)
    return engine


def test_growing_without_a_model_adds_neighbours_step_by_step(engine, events, data):
    codes = codes_for(data)
    engine.submit(m.Grow(5, codes, ROWS, 3))
    grown = events.wait(m.Grown, 5)
    apart = np.linalg.norm(codes.z[:, None] - codes.z, axis=-1)
    wanted = set(np.argsort(apart[ROWS], axis=1)[:, :4].ravel().tolist())
    assert set(grown.rows.tolist()) == wanted
    assert grown.codes is codes


def test_a_summary_without_a_model_tells_what_the_data_say(engine, events, data):
    codes = codes_for(data)
    engine.submit(m.Summarise(6, codes, ROWS, data, terms=True))
    event = events.wait(m.Summarised, 6)
    found, x = event.summary, data.inputs(ROWS)
    assert event.done
    labels, counts = np.unique(data.labels[ROWS], return_counts=True)
    assert dict(found.classes) == dict(zip(labels.tolist(), counts.tolist(), strict=True))
    assert np.allclose(found.mean, x.mean(axis=0), atol=1e-6)
    assert np.allclose(found.variance, x.var(axis=0), atol=1e-6)
    assert np.allclose(found.mean_z, codes.z[ROWS].mean(axis=0), atol=1e-6)
    assert np.allclose(found.deviation_z, codes.z[ROWS].std(axis=0), atol=1e-6)
    assert found.terms is None
    assert not found.of_reconstructions


def test_many_parts_have_the_moments_of_the_whole(engine, events, data, monkeypatch):
    monkeypatch.setattr("latentlab.engine.selecting.VALUES_AT_ONCE", 7 * 64)
    rows = np.arange(len(data), dtype=np.int32)
    engine.submit(m.Summarise(6, codes_for(data), rows, data, terms=False))
    found = events.wait(m.Summarised, 6).summary
    x = data.inputs(rows.astype(np.int64)).astype(np.float64)
    assert np.allclose(found.mean, x.mean(axis=0), atol=1e-6)
    assert np.allclose(found.variance, x.var(axis=0), atol=1e-6)


def test_a_summary_with_a_model_brings_its_terms_later(learned, events, data):
    engine = learned
    codes = events.of(m.Embedded)[-1].codes if events.of(m.Embedded) else codes_for(data)
    engine.submit(m.Summarise(7, codes, ROWS, data, terms=True))
    events.wait(m.Summarised, 7, count=2)
    first, last = events.of(m.Summarised, 7)
    assert (first.done, first.summary.terms, last.done) == (False, None, True)
    terms = last.summary.terms
    assert set(terms) == {"bound", "reconstruction", "KL"}
    assert terms["bound"].mean == pytest.approx(terms["reconstruction"].mean - terms["KL"].mean)
    assert last.summary.samples > 0
    # Data that are not open: the model's own pictures of the codes.
    engine.submit(m.Summarise(8, codes, ROWS, None, terms=True))
    event = events.wait(m.Summarised, 8)
    assert event.done
    assert event.summary.of_reconstructions
    assert event.summary.mean.shape == (1, 8, 8)


def test_pictures_are_the_datas_own_else_marked_reconstructions(learned, events, data, tmp_path):
    engine = learned
    codes = codes_for(data)
    engine.submit(m.ExportPictures(9, tmp_path / "own", codes, ROWS, data, data.label_names))
    assert events.wait(m.Saved, 9).what == "5 pictures"
    names = sorted(path.name for path in (tmp_path / "own").iterdir())
    assert names[0] == "003_four.png"
    with Image.open(tmp_path / "own" / "003_four.png") as image:
        assert np.array_equal(np.asarray(image), data.picture(3))
    engine.submit(m.ExportPictures(10, tmp_path / "made", codes, ROWS, None, data.label_names))
    assert events.wait(m.Saved, 10).what == "5 reconstructions"
    assert all("reconstruction" in path.name for path in (tmp_path / "made").iterdir())
    engine.submit(m.ExportPictures(11, tmp_path / "a.png", codes, ROWS, data, data.label_names))
    assert events.wait(m.Saved, 11).what == "a sheet of 5 pictures"


def test_near_identical_rows_are_found_and_written(engine, events, data, tmp_path):
    x = data.x.copy()
    x[17] = x[5]
    twins = dataclasses.replace(data, x=x)
    engine.submit(m.FindDuplicates(12, twins, 0.0))
    found = events.wait(m.DuplicatesFound, 12)
    assert (5, 17) in set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert found.dataset is twins
    columns = {"row": found.second, "name": np.array(["=a"] * len(found.second), dtype=object)}
    for ending in ("csv", "npz", "parquet"):
        path = tmp_path / f"twins.{ending}"
        engine.submit(m.WriteTable(20, path, columns, "the list"))
        events.wait_until(lambda _events, path=path: path.exists())
    assert (tmp_path / "twins.csv").read_text().splitlines()[:2] == ["row,name", "17,'=a"]
    with np.load(tmp_path / "twins.npz", allow_pickle=False) as table:
        assert np.array_equal(table["row"], found.second)


def test_a_summary_that_is_called_off_says_so(engine, events, data):
    big = np.tile(np.arange(len(data), dtype=np.int32), 400)
    engine.submit(m.Summarise(13, codes_for(data), big, data, terms=False))
    engine.cancel(13)
    events.wait(m.Cancelled, 13)
    assert not events.of(m.Summarised, 13)


def test_what_a_hand_asks_for_does_not_wait_for_a_summary(engine, events, data, monkeypatch):
    begun, summed, end_s = threading.Event(), summing.summed, time.monotonic() + 20.0

    def slowly(request, parts, go_on):
        begun.set()
        while not events.of(m.Grown, 14) and time.monotonic() < end_s:
            go_on(0.1)
            time.sleep(0.002)
        return summed(request, parts, go_on)

    monkeypatch.setattr(summing, "summed", slowly)
    codes = codes_for(data)
    engine.submit(m.Summarise(13, codes, ROWS, data, terms=False))
    assert begun.wait(20.0)
    engine.submit(m.Grow(14, codes, ROWS, 3))
    done = events.wait(m.Summarised, 13)
    told = [event for event in events.events if isinstance(event, m.Grown | m.Summarised)]
    assert [type(event) for event in told] == [m.Grown, m.Summarised]
    assert done.summary.count == len(ROWS)
