"""Classes in the live lane, and label recovery in the work lane."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from latentlab.data.dataset import to_picture
from latentlab.engine.embedding import embed_all
from latentlab.engine.live import LiveLane
from latentlab.engine.messages import (
    Busy,
    Cancelled,
    ClassesDecoded,
    Decode,
    DecodeClasses,
    Decoded,
    DecodeLattice,
    DecodeRows,
    DecodeStrip,
    DecodeTiles,
    Failed,
    LabelsRecovered,
    LatticeDecoded,
    Peek,
    Peeked,
    RecoverLabels,
    RowsDecoded,
    Saved,
    StripDecoded,
    TilesDecoded,
    WriteLabels,
)
from latentlab.engine.network import NetworkDecoder
from latentlab.latent.charts import axes_plane
from latentlab.models.build import build
from latentlab.models.files import ModelHeader
from latentlab.models.model import Model
from latentlab.specs import Conditional, Mlp, ModelSpec, SemiSupervised, Stacked, TrainSpec

KINDS = {
    "condition": Conditional(classes=4),
    "m2": SemiSupervised(classes=4, hidden=(8,)),
    "m1m2": Stacked(classes=4, inner_dim=3, hidden=(8,)),
    "nothing": None,
}


def _model(kind: str) -> Model:
    spec = ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(16,)), labels=KINDS[kind])
    vae = build(spec, seed=2)
    for parameter in vae.parameters():
        parameter.data.mul_(3.0)  # so that classes differ by more than a grey level
    return Model(vae)


@pytest.fixture
def lane(events):
    lane = LiveLane(events)
    lane.start()
    yield lane
    lane.close()
    assert lane.join(10)


@pytest.mark.parametrize("kind", ["condition", "m2", "m1m2"])
def test_one_z_is_decoded_as_every_class(lane, events, kind):
    model, z = _model(kind), np.array([0.3, -0.8])
    lane.use(NetworkDecoder(model.vae, model.device))
    lane.show(DecodeClasses(5, z, 0.0))
    answer = events.wait(ClassesDecoded, 5)
    expected = [to_picture(model.decode(z, label))[0] for label in range(4)]
    assert answer.images.shape == (4, 8, 8)
    assert np.abs(answer.images.astype(int) - np.stack(expected)).max() <= 1
    assert len(np.unique(answer.images, axis=0)) == 4


@pytest.mark.parametrize("kind", ["condition", "m2", "m1m2"])
def test_every_kind_of_decode_takes_a_class(lane, events, kind):
    model, z = _model(kind), np.array([0.3, -0.8])
    lane.use(NetworkDecoder(model.vae, model.device))
    expected = to_picture(model.decode(z, 2))[0].astype(int)
    lane.show(Decode(1, z, 0.0, 2))
    lane.show(DecodeStrip(2, np.stack([z, z]), 0.0, label=2))
    lane.show(DecodeLattice(3, (0.0, 0.0, 1.0, 1.0), np.stack([[z, z]]), 2))
    lane.show(Peek(4, 0, z, 2))
    middle = np.array([0.25, -0.75])  # of the cell (0, -2) of level 1
    plane = axes_plane(2)
    lane.show(DecodeTiles(5, plane, z - middle, (0, 2), 1, np.array([[0, -2]]), 2))
    lane.show(DecodeRows(6, np.array([3]), z[None], np.array([2])))
    found = [
        events.wait(Decoded, 1).image,
        events.wait(StripDecoded, 2).images[1],
        events.wait(LatticeDecoded, 3).lattice.images[0, 1],
        events.wait(Peeked, 4).image,
        events.wait(TilesDecoded, 5).images[0],
        events.wait(RowsDecoded, 6).images[0],
    ]
    for image in found:
        assert np.abs(image.astype(int) - expected).max() <= 1
    other = to_picture(model.decode(z, 0))[0].astype(int)
    assert np.abs(expected - other).max() > 3


def test_a_model_that_knows_no_classes_decodes_as_ever(lane, events):
    model, z = _model("nothing"), np.array([0.3, -0.8])
    lane.use(NetworkDecoder(model.vae, model.device))
    lane.show(DecodeClasses(5, z, 0.0))
    lane.show(Decode(6, z, 0.0, 2))
    image = events.wait(Decoded, 6).image.astype(int)
    assert np.abs(image - to_picture(model.decode(z))[0].astype(int)).max() <= 1
    assert not events.of(ClassesDecoded)
    assert not events.of(Failed)


def test_a_class_that_is_not_there_is_passed_over(lane, events):
    model, z = _model("m2"), np.array([0.3, -0.8])
    lane.use(NetworkDecoder(model.vae, model.device))
    lane.show(Decode(6, z, 0.0, 9))
    image = events.wait(Decoded, 6).image.astype(int)
    assert np.abs(image - to_picture(model.decode(z))[0].astype(int)).max() <= 1


def test_the_map_tells_the_model_the_labels_that_it_was_shown(data):
    x, y = data.inputs(slice(None)), data.labels
    model = _model("condition")
    told = embed_all(model, data, lambda _: True)
    np.testing.assert_array_equal(told.z, model.encode(x, labels=y))
    few = ModelHeader(model=model.spec, train=TrainSpec(labelled=8))
    untold = embed_all(Model(_model("m2").vae, few), data, lambda _: True)
    np.testing.assert_array_equal(untold.z, _model("m2").encode(x))


@pytest.mark.timeout(60)
def test_labels_are_recovered_and_written(engine, events, data, tmp_path):
    methods = ("clusters", "spreading")
    engine.submit(RecoverLabels(1, data, 20, methods, draws=2, time_limit_s=2.0))
    found = events.wait(LabelsRecovered, 1)
    assert found.scores.keys() == set(methods)
    assert found.scores["spreading"].accuracy_mean > 0.8  # chance is a quarter
    assert found.labelled == found.given.sum() == 20
    assert (found.labels[found.given] == data.labels[found.given]).all()
    assert {event.text for event in events.of(Busy, 1)} & {"Learning M1", "Encoding"}
    path = tmp_path / "labels.csv"
    engine.submit(WriteLabels(2, path, data, found))
    assert events.wait(Saved, 2).path == path
    lines = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [line["label"] for line in lines] == [data.label_names[k] for k in found.labels]
    assert sum(line["method"] == "given" for line in lines) == 20


def test_a_recovery_that_is_called_off_ends(engine, events, data):
    engine.submit(RecoverLabels(1, data, 20, ("m2",), draws=1))
    events.wait(Busy, 1)
    engine.cancel(1)
    events.wait(Cancelled, 1)
    assert not events.of(LabelsRecovered)


def test_what_can_not_be_recovered_is_said(engine, events, data):
    engine.submit(RecoverLabels(1, data, 2, ("spreading",)))
    failed = events.wait(Failed, 1)
    assert "can't be shown" in failed.what
    engine.submit(RecoverLabels(2, data, 20, ("spreading",), open_model=True))
    assert "No model is open" in events.wait(Failed, 2).what
