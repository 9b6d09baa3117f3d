"""`latentlab train`: what it writes, repeats, resumes and keeps when it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from latentlab import api
from latentlab.training.runs import Run

SMALL = ("--hidden", "16", "--batch-size", "128", "--precision", "float32", "--device", "cpu")
KEYS = {
    *("run", "epochs", "seconds", "images_per_s", "bound_nats", "reconstruction_nats"),
    *("kl_nats", "device", "bound_kind", "extras"),
}


def weights(path):
    with Run.open(path, read_only=True) as run:
        return run.newest().weights


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of 30 steps that was never stopped."""
    path = tmp_path_factory.mktemp("train") / "whole"
    api.train("digits", out=path, steps=30, hidden=(16,), batch_size=128, precision="float32")
    return path


def test_train_writes_a_run_and_tells_every_key(latentlab, tmp_path):
    out = tmp_path / "run"
    answer = latentlab("train", "digits", "--out", out, "--epochs", 2, *SMALL, "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert set(fields) == KEYS
    assert fields["run"] == str(out)
    assert fields["epochs"] == pytest.approx(2, abs=0.1)
    assert fields["bound_nats"] == pytest.approx(
        fields["reconstruction_nats"] - fields["kl_nats"], abs=1e-3
    )
    assert fields["device"] == "cpu"
    assert latentlab("decode", out, "--at", "0,0").code == 0


def test_an_existing_out_is_refused_and_stays(latentlab, whole):
    before = weights(whole)
    answer = latentlab("train", "digits", "--out", whole, *SMALL, "--json")
    assert answer.code == 3
    assert "--resume" in answer.json["error"]["do"]
    assert weights(whole) == before


def test_a_resumed_run_ends_with_the_bytes_of_one_that_was_never_stopped(
    latentlab, tmp_path, whole
):
    out = tmp_path / "stopped"
    asked = iter(range(1000))
    api.train(
        *("digits",),
        out=out,
        steps=30,
        hidden=(16,),
        batch_size=128,
        precision="float32",
        stop=lambda: next(asked) == 11,
    )
    assert weights(out) != weights(whole)
    answer = latentlab("train", "digits", "--out", out, "--resume", "--json")
    assert answer.code == 0, answer.err
    assert weights(out) == weights(whole)


def test_a_config_repeats_a_run_to_the_byte(latentlab, tmp_path, whole):
    out = tmp_path / "again"
    answer = latentlab("train", "--config", whole / "config.json", "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert weights(out) == weights(whole)


def test_another_seed_gives_another_model(latentlab, tmp_path, whole):
    out = tmp_path / "other"
    config = whole / "config.json"
    assert latentlab("train", "--config", config, "--out", out, "--seed", 7).code == 0
    assert weights(out) != weights(whole)


def test_a_resume_that_would_change_the_model_is_wrong_usage(latentlab, whole):
    before = weights(whole)
    answer = latentlab("train", "digits", "--out", whole, "--resume", "--latent-dim", 5)
    assert answer.code == 2
    assert "its own configuration" in answer.err
    assert weights(whole) == before


@pytest.mark.parametrize("length", [("--steps", 31), ("--epochs", 3), ("--time-limit", "5s")])
def test_a_resume_that_would_change_the_length_is_wrong_usage(latentlab, whole, length):
    before = weights(whole)
    answer = latentlab("train", "digits", "--out", whole, "--resume", *length)
    assert answer.code == 2
    assert "its own length, 30 steps" in answer.err
    assert weights(whole) == before


def test_a_resume_of_the_same_length_has_nothing_to_do(latentlab, whole):
    before = weights(whole)
    answer = latentlab("train", "digits", "--out", whole, "--resume", "--steps", 30)
    assert answer.code == 0, answer.err
    assert weights(whole) == before


def test_resume_without_a_run_is_refused(latentlab, tmp_path):
    answer = latentlab("train", "digits", "--out", tmp_path / "none", "--resume")
    assert answer.code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("--posterior", "bent"),
        ("--posterior", "vq", "--objective", "elbo"),
        ("--prior", "flow", "--posterior", "categorical"),
        ("--likelihood", "gaussian", "--binarize", "static"),
        ("--objective", "iwae", "--posterior", "none"),
        ("--network", "transformer"),
        ("--categories", "8", "--posterior", "full"),
        ("--set", "posterior.nonsense=3"),
        ("--set", "nonsense"),
        ("--labelled", "some"),
        ("--labelled", "2"),
        ("--time-limit", "soon"),
        ("--hidden", "wide"),
        ("--precision", "float7"),
        ("--learning-rate-schedule", "wild"),
        ("--beta", "-1"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_one_sentence_and_leaves_nothing(latentlab, tmp_path, words):
    out = tmp_path / "run"
    answer = latentlab("train", "digits", "--out", out, *words, "--json")
    assert answer.code == 2, answer.err
    assert answer.json["error"]["what"]
    assert "Traceback" not in answer.err
    assert not out.exists()


def test_missing_data_or_out_is_wrong_usage(latentlab, tmp_path):
    assert latentlab("train", "digits").code == 2
    assert latentlab("train", "--out", tmp_path / "run").code == 2
    assert latentlab("train", tmp_path / "none.npz", "--out", tmp_path / "run").code == 3


def test_a_saved_model_opens_with_its_map_and_lattice(latentlab, tmp_path):
    out, file = tmp_path / "run", tmp_path / "sample.safetensors"
    answer = latentlab(
        *("train", "digits", "--out", out, "--steps", 5, *SMALL, "--save", file, "--json")
    )
    assert answer.code == 0, answer.err
    assert answer.json["saved"] == str(file)
    model = api.load_model(file)
    assert model.stored_map is not None
    assert model.stored_map.codes.shape == (1797, 2)
    assert model.stored_map.codes.dtype == "float16"
    assert model.stored_lattice is not None
    assert model.stored_lattice.images.shape == (20, 20, 8, 8)
    assert model.header.label_names[3] == "3"


def test_a_time_limit_becomes_steps_that_the_config_records(latentlab, tmp_path):
    out = tmp_path / "run"
    answer = latentlab("train", "digits", "--out", out, "--time-limit", "1s", *SMALL)
    assert answer.code == 0, answer.err
    train = json.loads((out / "config.json").read_text())["train"]
    assert train["steps"] >= 1
    assert train["precision"] == "float32"
    assert train["threads"] >= 1


def test_progress_goes_to_standard_error_and_quiet_says_nothing(latentlab, tmp_path):
    words = ("train", "digits", "--epochs", 1, *SMALL)
    assert "held-out bound" in latentlab(*words, "--out", tmp_path / "a").err
    assert latentlab(*words, "--out", tmp_path / "b", "--quiet").err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupted_training_keeps_what_it_learned(tmp_path):
    out = tmp_path / "run"
    words = ("train", "digits", "--out", str(out), "--epochs", "100000", *SMALL, "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "latentlab", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        metrics = out / "metrics.jsonl"
        while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    fields = json.loads(stdout)
    assert set(fields) == KEYS | {"error"}
    assert fields["epochs"] > 0
    assert "Traceback" not in stderr
    assert api.decode(out, [0.0, 0.0]).shape == (1, 1, 8, 8)


@pytest.mark.parametrize(
    ("option", "word", "keys"),
    [
        (("--objective", "made"), "log-likelihood", {"bound_nats"}),
        (("--posterior", "none"), "reconstruction", {"reconstruction_nats"}),
        (("--posterior", "full"), "bound", {"bound_nats", "reconstruction_nats", "kl_nats"}),
    ],
)
def test_what_is_no_bound_is_not_called_one(latentlab, tmp_path, option, word, keys):
    words = ("--hidden", 16, "--epochs", 1, "--precision", "float32", "--device", "cpu", "--json")
    answer = latentlab("train", "digits", "--out", tmp_path / "run", *option, *words)
    assert answer.code == 0, answer.err
    figures = ("bound_nats", "reconstruction_nats", "kl_nats")
    assert {name for name in figures if answer.json[name] is not None} == keys
    line = next(line for line in answer.err.splitlines() if "epoch 1:" in line)
    assert f"held-out {word} -" in line
    assert ("KL" in line) == (word == "bound")
