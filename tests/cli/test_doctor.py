"""`latentlab doctor`: what it looks at, and what it says where something is missing."""

from __future__ import annotations

import pytest

from latentlab.cli import doctor


def test_doctor_tells_versions_devices_folders_and_speed(latentlab, monkeypatch, tmp_path):
    monkeypatch.setenv("LATENTLAB_DATA", str(tmp_path))
    answer = latentlab("doctor", "--json")
    fields = answer.json
    assert set(fields) >= {"ok", "problems", "versions", "devices", "folders", "speed"}
    assert fields["ok"] == (fields["problems"] == [])
    assert answer.code == (0 if fields["ok"] else 1)
    assert fields["versions"]["torch"]
    assert "cpu" in fields["devices"]
    assert fields["speed"]["decode_ms"] > 0


def test_missing_libraries_come_with_the_line_that_installs_them(monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_loads", lambda name: "cursor" not in name and "EGL" not in name)
    problems: list[dict[str, str]] = []
    assert doctor.missing_libraries(problems) == ["libEGL.so.1", "libxcb-cursor.so.0"]
    assert problems[0]["do"].endswith("apt-get install -y libegl1 libxcb-cursor0")


def test_the_qt_that_ends_the_program_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "6.12.0")
    monkeypatch.setattr(doctor.sys, "version_info", (3, 11, 7))
    problems: list[dict[str, str]] = []
    doctor.versions(problems)
    assert "6.12.0" in problems[0]["what"]


def test_a_problem_is_exit_1_with_result_and_error(latentlab, monkeypatch):
    monkeypatch.setenv("LATENTLAB_DATA", "/no/such/folder")
    answer = latentlab("doctor", "--json")
    assert answer.code == 1
    assert answer.json["ok"] is False
    assert any("LATENTLAB_DATA" in problem["what"] for problem in answer.json["problems"])
    assert answer.json["error"]["where"] == "doctor"


@pytest.mark.parametrize("library", ["libc.so.6", "no-such-library.so.9"])
def test_libraries_are_tried_by_loading_them(library):
    if doctor.sys.platform.startswith("linux"):
        assert doctor._loads(library) == (library == "libc.so.6")
