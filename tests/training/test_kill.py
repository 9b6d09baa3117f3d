"""Whatever instant a program dies at, its run can be read and nothing finished is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("kill_harness.py")
KILLS = int(os.environ.get("LATENTLAB_KILLS", "200"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks")


def killed(folder: Path, *options: str) -> dict:
    root = HARNESS.parents[2]
    command = [sys.executable, str(HARNESS), str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    answer = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=3600
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.timeout(3600)
def test_random_kills_leave_every_run_readable(tmp_path):
    answer = killed(tmp_path, "--kills", str(KILLS))
    assert answer == {"kills": KILLS, "bad": [], "operations": 0, "torch": False}


def test_a_death_at_every_single_file_operation_leaves_every_run_readable(tmp_path):
    answer = killed(tmp_path, "--every-operation")
    assert answer["operations"] > 100
    assert answer["bad"] == []


@pytest.mark.parametrize("mode", [("--every-operation",), ("--kills", "60")])
def test_the_naive_writer_fails_the_same_checks(tmp_path, mode):
    assert killed(tmp_path, "--writer", "naive", *mode)["bad"]


def test_a_writer_that_forgets_to_fsync_fails_the_same_check(tmp_path):
    assert killed(tmp_path, "--writer", "unsynced", "--every-operation")["bad"]
