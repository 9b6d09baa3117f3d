"""The system's dialog for a new file: which ending is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from latentlab.views import choose


@pytest.mark.parametrize(
    ("typed", "kind", "expected"),
    [
        ("a.gif", "GIF (*.gif)", "a.gif"),
        ("a.gif", "MP4 (*.mp4)", "a.mp4"),  # the kind was chosen, the name left as it was
        ("b.webp", "MP4 (*.mp4)", "b.webp"),  # an ending that was typed is meant
        ("b", "PNG frames (*.frames)", "b.frames"),
    ],
)
def test_the_kind_of_file_that_was_chosen_is_the_one_that_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, kind: str, expected: str
) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(_parent: object, *words: str) -> tuple[str, str]:
        asked.append(words)
        return str(tmp_path / typed), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    found = choose.new_file(None, "Export", "film.gif", choose.FILM_FILES)  # type: ignore[arg-type]
    assert found == tmp_path / expected
    assert asked[0][-1] == "GIF (*.gif)"


def test_a_file_that_the_chosen_kind_would_replace_is_asked_about(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    asked: list[tuple[str, ...]] = []

    def answer(_parent: object, *words: str) -> tuple[str, str]:
        asked.append(words)
        again = len(asked) > 1
        return ("", "") if again else (str(tmp_path / "a.gif"), "MP4 (*.mp4)")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    assert choose.new_file(None, "Export", "a.gif", choose.FILM_FILES) is None  # type: ignore[arg-type]
    assert asked[1][1:] == (str(tmp_path / "a.mp4"), choose.FILM_FILES, "MP4 (*.mp4)")
