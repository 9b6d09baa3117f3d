"""`tour` and `bench`, through the real window: short, for what they tell and write."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from latentlab.cli import bench, tour
from latentlab.cli.latency import RATE_HZ
from latentlab.specs import Mlp, replace
from latentlab.training import defaults

STEPS = (
    *("start", "open", "ask-to-train", "train", "see-map", "click", "drag-about"),
    *("interpolate", "export", "show-lattice", "sample", "save", "reopen"),
)


@pytest.fixture(autouse=True)
def _offscreen(monkeypatch, qapp):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def _short_training(monkeypatch):
    whole = defaults.suggest

    def suggest(dataset):
        model, train = whole(dataset)
        model = replace(model, network=Mlp(hidden=(32,)))
        return model, replace(train, epochs=3, batch_size=128, precision="float32")

    monkeypatch.setattr(defaults, "suggest", suggest)


@pytest.mark.usefixtures("_short_training")
def test_the_tour_does_the_main_job_and_shows_each_step(latentlab, monkeypatch, tmp_path):
    monkeypatch.setattr(tour, "DRAG_S", 1.0)
    out = tmp_path / "tour"
    answer = latentlab("tour", "--out", out, "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert json.loads((out / "tour.json").read_text()) == fields
    assert [step["name"] for step in fields["steps"]] == list(STEPS)
    sizes = set()
    for step in fields["steps"]:
        with Image.open(out / step["screenshot"]) as picture:
            sizes.add(picture.size)
    assert sizes == {(1400, 900)}
    assert fields["bound_nats"] < 0
    assert 0 < fields["drag_p50_ms"] <= fields["drag_p99_ms"]
    assert fields["drag_sent"] == RATE_HZ
    assert (out / fields["film"]).exists()
    assert (out / fields["strip"]).exists()
    assert latentlab("decode", out / fields["model"], "--at", "data:3").code == 0


def test_a_folder_with_other_things_is_refused(latentlab, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    answer = latentlab("tour", "--out", tmp_path)
    assert answer.code == 3
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_bench_drag_counts_every_move(latentlab):
    answer = latentlab("bench", "drag", "--data", "digits", "--seconds", 1, "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert set(fields) >= {
        *("p50_ms", "p99_ms", "shown", "sent", "stall_max_ms", "training_speed_kept"),
    }
    assert fields["sent"] == RATE_HZ
    assert 0 < fields["shown"] <= RATE_HZ
    assert fields["training_speed_kept"] is None


def test_bench_drag_while_training_compares_the_speeds(latentlab, monkeypatch):
    monkeypatch.setattr(bench, "ROUNDS", 1)
    answer = latentlab(
        *("bench", "drag", "--while-training", "--data", "digits", "--seconds", 1, "--json")
    )
    assert answer.code == 0, answer.err
    assert answer.json["training_speed_kept"] > 0


def test_bench_map_tells_every_key(latentlab):
    answer = latentlab("bench", "map", "--points", 500, "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert fields["points"] == 500
    for key in ("first_picture_ms", "frame_p50_ms", "frame_p95_ms", "drag_repaint_ms", "lasso_ms"):
        assert fields[key] > 0
    assert fields["nearest_ms"] > 0
    assert fields["bytes_per_point"] is not None


def test_bench_train_measures_every_network_and_batch(latentlab, monkeypatch):
    monkeypatch.setattr(bench, "BATCHES", (256,))
    answer = latentlab("bench", "train", "--data", "digits", "--seconds", 1, "--json")
    assert answer.code == 0, answer.err
    speeds = answer.json["images_per_s"]
    assert set(speeds) == {"mlp", "conv"}
    assert all(speed > 0 for speed in (speeds["mlp"]["256"], speeds["conv"]["256"]))


def test_an_unknown_network_is_wrong_usage(latentlab):
    assert latentlab("bench", "drag", "--network", "rnn").code == 2
