"""Settings: whole or not at all; damaged ones are set aside."""

from __future__ import annotations

import pytest

from latentlab.engine import messages as m
from latentlab.session.session import Session
from latentlab.session.settings import (
    Settings,
    merged,
    read_settings,
    with_recent,
    write_settings,
)
from latentlab.specs import RunConfig, TrainSpec
from latentlab.training.runs import Run


def test_settings_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "folder" / "settings.json"
    settings = Settings(theme="light", recent_files=("a", "b"), geometry="AAA=")
    write_settings(path, settings)
    assert read_settings(path) == (settings, "")


def test_missing_settings_are_defaults_without_a_word(tmp_path):
    assert read_settings(tmp_path / "none.json") == (Settings(), "")


@pytest.mark.parametrize("content", [b"\x00\xff\xfe", b"{", b'{"theme": "pink"}', b"[]", b""])
def test_damaged_settings_are_set_aside_and_said(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings, trouble = read_settings(path)
    assert settings == Settings()
    assert "damaged" in trouble
    assert not path.exists()
    assert (tmp_path / "settings.json.damaged").read_bytes() == content


def test_settings_of_a_newer_version_are_read(tmp_path):
    path = tmp_path / "settings.json"
    path.write_bytes(b'{"theme": "light", "invented_later": 1}')
    assert read_settings(path)[0].theme == "light"


def test_recent_files_are_unique_newest_first_and_few():
    settings = Settings()
    for index in range(30):
        settings = with_recent(settings, f"file {index % 15}")
    assert settings.recent_files[0] == "file 14"
    assert len(settings.recent_files) == len(set(settings.recent_files)) == 10


def test_a_session_writes_its_settings_at_the_latest_when_it_closes(qapp, engine, tmp_path):
    path = tmp_path / "settings.json"
    session = Session(engine, path)
    changes = []
    session.settings_changed.connect(lambda: changes.append(session.settings.theme))
    session.update_settings(theme="dark")
    session.update_settings(theme="dark")
    assert changes == ["dark"]
    session.close()
    assert read_settings(path)[0].theme == "dark"


def test_two_windows_keep_what_each_of_them_changed(qapp, engine, tmp_path):
    path = tmp_path / "settings.json"
    one, other = (Session(engine, path) for _ in range(2))
    one.update_settings(theme="dark", recent_files=("a",), unfinished_run="run of one")
    other.update_settings(smooth=True, recent_files=("b",))
    one.close()
    other.close()
    kept = read_settings(path)[0]
    assert (kept.theme, kept.smooth) == ("dark", True)
    assert kept.recent_files == ("b", "a")
    assert kept.unfinished_run == "run of one"


def test_what_another_window_changed_later_is_not_taken_back(tmp_path):
    start = Settings()
    ours = merged(Settings(theme="dark"), start, start)
    theirs = merged(Settings(theme="light"), start, ours)
    assert merged(Settings(theme="dark", smooth=True), ours, theirs).theme == "light"


def test_a_run_that_another_window_is_writing_stays_noted():
    before, theirs = Settings(unfinished_run="ours"), Settings(unfinished_run="theirs")
    assert merged(Settings(), before, theirs).unfinished_run == "theirs"
    assert merged(Settings(), before, before).unfinished_run == ""


def test_settings_that_cannot_be_written_are_told_and_work_goes_on(qapp, engine, tmp_path):
    (tmp_path / "file").write_text("in the way")
    session = Session(engine, tmp_path / "file" / "settings.json")
    notices = []
    session.notice.connect(notices.append)
    session.update_settings(theme="dark")
    session.close()
    assert session.settings.theme == "dark"
    assert notices[0].level == "warn"


def test_opened_data_become_recent(session, dataset):
    session.apply(m.DataOpened(1, dataset))
    assert session.settings.recent_files == ("six",)


def test_a_run_that_a_crash_cut_short_is_offered_at_the_next_start(
    qapp, engine, tmp_path, dataset, info
):
    path, folder = tmp_path / "settings.json", tmp_path / "run"
    config = RunConfig(
        model=info.spec,
        train=TrainSpec(),
        data=dataset.source,
        checksums=dict(dataset.checksums),
    )
    with Run.create(folder, config) as run:
        run.save_generation(b"w", b"o", b"s")
    first = Session(engine, path)
    first.apply(m.DataOpened(1, dataset))
    first.train(info.spec, TrainSpec(), run=folder)
    ticket = engine.last(m.Train).ticket
    first.apply(m.TrainingStarted(ticket, info, folder, "cpu", "float32", 10, "test"))
    # No word of its end: the program was killed.
    second = Session(engine, path)
    notices = []
    second.notice.connect(notices.append)
    second.start()
    assert (notices[0].action, notices[0].argument) == ("resume_run", str(folder))
    assert second.act(notices[0])
    assert engine.last(m.OpenData).spec == dataset.source
    second.apply(m.DataOpened(engine.last(m.OpenData).ticket, dataset))
    resumed = engine.last(m.Train)
    assert resumed.resume
    assert resumed.run == folder


def test_a_run_that_ended_is_not_offered(qapp, engine, tmp_path, dataset, info):
    path = tmp_path / "settings.json"
    first = Session(engine, path, runs_folder=tmp_path / "runs")
    first.apply(m.DataOpened(1, dataset))
    first.train(info.spec, TrainSpec())
    request = engine.last(m.Train)
    assert request.run.parent == tmp_path / "runs"
    first.apply(m.TrainingStarted(request.ticket, info, request.run, "cpu", "float32", 10, "test"))
    assert read_settings(path)[0].unfinished_run == str(request.run)
    first.apply(m.Trained(request.ticket, info, "stopped", ""))
    assert read_settings(path)[0].unfinished_run == ""
