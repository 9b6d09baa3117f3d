"""Freed memory is kept for the next step."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from latentlab.models import heap

GLIBC = platform.libc_ver()[0] == "glibc"
# Blocks as a step makes them, all freed at its end.
STEPS = """
import resource, sys, torch
from latentlab.models.heap import keep_freed
if sys.argv[1] == "kept":
    assert keep_freed()
def step():
    blocks = [torch.empty(500, 784).fill_(1.0) for _ in range(12)]
for _ in range(20):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 50)
"""


# glibc's own beginning, held: left alone it moves with what a process has freed before.
BEGINNING = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


def faults(how: str) -> float:
    """Page faults of a step, in a process of its own."""
    command = [sys.executable, "-c", STEPS, how]
    environment = os.environ | BEGINNING
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


@pytest.mark.skipif(not GLIBC, reason="glibc alone is told; this C library is another one")
def test_steps_take_no_pages_from_the_system():
    assert faults("as it is") > 1000
    assert faults("kept") < 50


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _name: object())
    assert not heap.keep_freed.__wrapped__()
