"""Labels that were recovered, in a project: kept, brought back, left out where data are others."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from latentlab import api
from latentlab.data.dataset import Dataset
from latentlab.engine.messages import LabelsRecovered
from latentlab.export import project as files
from latentlab.session.relabelled import kept_labels, relabelled
from latentlab.specs import DataSpec


def recovered(dataset):
    """Labels that a method might have found: not the data's own."""
    count = len(dataset)
    return LabelsRecovered(
        ticket=0,
        scores={},
        labelled=10,
        chosen="m2",
        labels=(dataset.labels + 1) % 10,
        confidence=np.linspace(0.1, 1.0, count, dtype=np.float32),
        given=np.arange(count) < 10,
    )


def test_recovered_labels_come_back_and_are_left_out_where_data_are_others(new_desk, tmp_path):
    first = new_desk("first")  # digits
    api.train("digits", out=tmp_path / "run", steps=20, hidden=(16,), device="cpu")
    session = first.session
    session.open_model(tmp_path / "run")
    first.until(lambda: session.codes is not None and session.rows_are_data)
    own = session.dataset.labels
    session.relabelling.use(recovered(session.dataset))
    first.until(lambda: (session.codes.labels == (own + 1) % 10).all())
    session.filter.set_where("confidence > 0.5")
    session.begin_drag((0.0, 0.0))
    session.drag_to((1.0, 1.0))
    session.end_drag()
    path = first.saved(tmp_path / "a.latentlab", copy=False)
    second = new_desk("second", source="")
    after = second.reopened(path)
    np.testing.assert_array_equal(after.dataset.labels, (own + 1) % 10)
    for name in ("confidence", "method"):
        ours, theirs = after.dataset.columns[name], session.dataset.columns[name]
        np.testing.assert_array_equal(ours, theirs)
    second.until(lambda: (after.codes.labels == (own + 1) % 10).all())
    assert after.filter.where == "confidence > 0.5"
    assert any("found by m2" in notice.text for notice in second.notices)
    again = second.saved(tmp_path / "b.latentlab", copy=False)
    project = files.read_project(again)
    assert project.labels == files.read_project(path).labels is not None

    changed = msgspec.structs.replace(project.data, checksums={"digits.csv.gz": "another"})
    files.write_project(again, msgspec.structs.replace(project, data=changed))
    third = new_desk("third", source="")
    np.testing.assert_array_equal(third.reopened(again).dataset.labels, own)
    assert any("data have changed" in notice.text for notice in third.notices)


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": b"abc"},
        {"confidence": b""},
        {"given": b"12"},
        {"labels": np.full(4, 7, "<i4").tobytes()},
        {"confidence": np.full(4, np.nan, "<f4").tobytes()},
    ],
)
def test_kept_labels_that_are_damaged_are_left_out(wrong):
    labels = np.array([0, 1, -1, 0])
    data = Dataset(
        "four",
        np.zeros((4, 1, 2, 2), np.uint8),
        "image",
        256,
        labels,
        ("a", "b"),
        np.zeros(4, np.int8),
        DataSpec(source="four"),
    )
    given, sure = np.array([True, False, False, True]), np.ones(4, np.float32)
    kept = kept_labels(LabelsRecovered(0, {}, 2, "m1", 1 - np.abs(labels), sure, given))
    made = relabelled(data, kept)
    assert made is not None
    np.testing.assert_array_equal(made.after.labels, [1, 0, 0, 1])
    assert list(made.after.columns["method"]) == ["given", "m1", "m1", "given"]
    assert relabelled(data, msgspec.structs.replace(kept, **wrong)) is None
