"""What a program that was killed while it wrote leaves beside a project."""

from __future__ import annotations

import os
import time

from latentlab.export import project as files


def test_what_a_killed_program_left_beside_a_project_is_swept_away_and_nothing_else(tmp_path):
    long_ago = time.time() - 7200
    names = (".0123456789abcdef.tmp", ".0123456789abcdef.mp4", ".mine.tmp", "0123456789abcdef.tmp")
    for name in (*names, ".fedcba9876543210.tmp"):
        (tmp_path / name).write_bytes(b"half")
    for name in names:
        os.utime(tmp_path / name, (long_ago, long_ago))
    (tmp_path / ".aaaaaaaaaaaaaaaa.tmp").mkdir()
    os.utime(tmp_path / ".aaaaaaaaaaaaaaaa.tmp", (long_ago, long_ago))
    files.write_project(tmp_path / "a.latentlab", files.ProjectFile())
    left = {entry.name for entry in tmp_path.iterdir()}
    young, folder = ".fedcba9876543210.tmp", ".aaaaaaaaaaaaaaaa.tmp"
    assert left == {"a.latentlab", ".mine.tmp", "0123456789abcdef.tmp", young, folder}
