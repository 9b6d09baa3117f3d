"""Which command a line of words means, its help, and its exit code."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from latentlab import app
from latentlab.cli import opening
from latentlab.cli.commands import app as commands

SIMPLE = [
    *("train", "evaluate", "embed", "sample", "reconstruct", "decode", "interpolate", "render"),
    *("traverse", "outliers", "duplicates", "tour", "doctor"),
]
GROUPS = ("bench", "labels", "directions")
BENCH = [["bench", name] for name in ("drag", "map", "train")]
ALL = [[name] for name in SIMPLE] + BENCH + [["labels", "recover"]]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_an_example_and_the_common_options(latentlab, words):
    answer = latentlab(*words, "--help")
    assert answer.code == 0
    assert f"Example: latentlab {' '.join(words)}" in answer.out.replace("\n  ", " ")
    for option in ("--device", "--seed", "--quiet", "--json", "--debug"):
        assert option in answer.out


def test_the_list_of_commands_is_complete():
    group = typer.main.get_command(commands)
    assert set(group.commands) == {*SIMPLE, *GROUPS, "open"}
    assert {*opening.COMMANDS} == {*SIMPLE, *GROUPS}
    assert group.commands["open"].hidden


def test_help_is_quick_because_it_loads_nothing_heavy():
    code = (
        "import sys\nfrom latentlab.cli.main import main\n"
        "assert main(['--help']) == 0\n"
        "heavy = {'torch', 'PySide6', 'sklearn', 'pyarrow', 'matplotlib', 'rich', 'PIL'}\n"
        "print('loaded:', heavy & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip().endswith("loaded: set()"), answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("word", "nearest"), [("trian", "train"), ("evalute", "evaluate"), ("docter", "doctor")]
)
def test_a_slip_in_a_command_is_wrong_usage_and_names_the_nearest(latentlab, word, nearest):
    answer = latentlab(word, "digits")
    assert answer.code == 2
    assert nearest in answer.err
    assert "Traceback" not in answer.err


def test_a_path_that_is_not_there_is_refused(latentlab):
    answer = latentlab("no/such/data.npz", "--json")
    assert answer.code == 3
    assert answer.json["error"]["where"] == "no/such/data.npz"


@pytest.mark.parametrize(
    "words", [["train", "--nonsense"], ["decode"], ["sample", "x", "--count", "many"]]
)
def test_wrong_options_are_wrong_usage_with_a_json_error(latentlab, words):
    answer = latentlab(*words, "--json")
    assert answer.code == 2
    assert set(answer.json["error"]) == {"what", "where", "do"}
    assert "--help" in answer.err


def test_an_unknown_device_is_wrong_usage(latentlab, model_file):
    answer = latentlab("decode", model_file, "--at", "0,0", "--device", "abacus")
    assert answer.code == 2
    assert "abacus" in answer.err


def test_words_that_are_no_command_open_the_window(latentlab, monkeypatch, tmp_path):
    opened = []

    def run_window(*sources, device):
        opened.append((sources, device))
        return 0

    monkeypatch.setattr(app, "display_works", lambda: True)
    monkeypatch.setattr(app, "run_window", run_window)
    assert latentlab().code == 0
    assert latentlab("digits", tmp_path).code == 0
    assert latentlab("--device", "cpu", "mnist").code == 0
    assert opened == [((), "auto"), (("digits", str(tmp_path)), "auto"), (("mnist",), "cpu")]


def test_without_a_display_the_window_says_so_and_names_the_tour(latentlab, monkeypatch):
    monkeypatch.setattr(app, "display_works", lambda: False)
    answer = latentlab("digits")
    assert answer.code == 1
    assert "display" in answer.err
    assert "tour" in answer.err


def test_an_unforeseen_error_is_a_sentence_and_a_traceback_only_with_debug(
    latentlab, monkeypatch, model_file
):
    def fail(*_args, **_options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("latentlab.cli.looking.api.decode", fail)
    answer = latentlab("decode", model_file, "--at", "0,0", "--json")
    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert "ZeroDivisionError" in answer.json["error"]["what"]
    answer = latentlab("decode", model_file, "--at", "0,0", "--debug")
    assert "Traceback" in answer.err


def test_the_version_is_told(latentlab):
    answer = latentlab("--version")
    assert answer.code == 0
    assert answer.out.startswith("latentlab 0.")


def test_the_module_runs_as_the_program(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "latentlab", "nosuchcommand"], capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert answer.stdout == ""
