"""The run folder, in one process."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from latentlab.errors import LatentlabError, RefusedError
from latentlab.files import Disk
from latentlab.specs import DataSpec, ModelSpec, RunConfig, TrainSpec, replace
from latentlab.training import runs
from latentlab.training.records import EpochMetrics, Terms
from latentlab.training.runs import Run

CONFIG = RunConfig(
    model=ModelSpec(shape=(1, 8, 8)), train=TrainSpec(), data=DataSpec(source="digits")
)
TERMS = Terms(bound_nats=-20.0, reconstruction_nats=-15.0, kl_nats=5.0, loss=20.0)


def metrics(epoch: int) -> EpochMetrics:
    return EpochMetrics(epoch, epoch * 7, 1.5, TERMS, TERMS, "test", 1000.0, 1e-3, 1.0)


@pytest.fixture
def run(tmp_path):
    with Run.create(tmp_path / "run", CONFIG) as made:
        yield made


def save(run: Run, number: int) -> int:
    return run.save_generation(b"w%d" % number, b"o%d" % number, b"[%d]" % number)


class FailingDisk(Disk):
    """Raises `code` at the n-th write."""

    def __init__(self, code: int, at: int = 1) -> None:
        self.code, self.left = code, at

    def write(self, descriptor, data):
        self.left -= 1
        if self.left == 0:
            raise OSError(self.code, os.strerror(self.code))
        super().write(descriptor, data)


def test_the_newest_generation_comes_back_whole(run):
    for number in range(1, 6):
        assert save(run, number) == number
    found = run.newest()
    assert (found.number, found.weights, found.optimiser, found.state) == (5, b"w5", b"o5", b"[5]")


def test_three_generations_are_kept(run):
    for number in range(1, 8):
        save(run, number)
    assert run.generations() == (5, 6, 7)
    assert sorted(p.name for p in run.path.glob("generation-*")) == [
        f"generation-{n:06d}" for n in (5, 6, 7)
    ]


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / runs.WEIGHTS).write_bytes(b"other"),
        lambda folder: (folder / runs.OPTIMISER).unlink(),
        lambda folder: (folder / runs.STATE).write_bytes(b""),
        lambda folder: (folder / runs.MANIFEST).unlink(),
        lambda folder: (folder / runs.MANIFEST).write_bytes(b"{"),
        lambda folder: (folder / runs.MANIFEST).write_bytes(b'{"kind": "_Manifest"}'),
    ],
)
def test_a_damaged_generation_is_passed_over(run, harm):
    save(run, 1)
    save(run, 2)
    harm(run.path / "generation-000002")
    assert run.newest().weights == b"w1"


def test_a_manifest_of_another_generation_does_not_count(run):
    save(run, 1)
    save(run, 2)
    (run.path / "generation-000001").rename(run.path / "generation-000009")
    assert run.newest().number == 2


def test_a_run_without_a_whole_generation_says_so(run):
    with pytest.raises(RefusedError, match="no complete checkpoint"):
        run.newest()


def test_a_second_writer_is_refused_and_may_read(run):
    save(run, 1)
    with pytest.raises(LatentlabError, match="Another program"):
        Run.open(run.path)
    with Run.open(run.path, read_only=True) as reader:
        assert reader.newest().weights == b"w1"
        with pytest.raises(LatentlabError, match="read only"):
            save(reader, 2)


def test_another_process_is_refused_until_this_one_lets_go(run):
    code = (
        "from pathlib import Path; from latentlab.training.runs import Run;"
        f"Run.open(Path({str(run.path)!r}))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def other() -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert "Another program is writing" in other().stderr
    run.close()
    assert other().returncode == 0


def test_a_taken_place_is_refused(run, tmp_path):
    with pytest.raises(RefusedError, match="taken"):
        Run.create(run.path, CONFIG)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RefusedError, match="taken"):
        Run.create(tmp_path / "file", CONFIG)
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_folder_is_no_run_and_may_become_one(tmp_path):
    with pytest.raises(RefusedError, match="no run here"):
        Run.open(tmp_path)
    Run.create(tmp_path, CONFIG).close()
    assert Run.open(tmp_path).config == CONFIG


def test_a_bad_config_is_refused_with_its_reason(run):
    (run.path / runs.CONFIG).write_text('{"kind": "RunConfig"}')
    run.close()
    with pytest.raises(RefusedError, match="not valid"):
        Run.open(run.path)
    (run.path / runs.CONFIG).unlink()
    with pytest.raises(RefusedError, match="no run here"):
        Run.open(run.path)


def test_a_refused_open_frees_the_lock(run):
    text = (run.path / runs.CONFIG).read_text()
    run.close()
    (run.path / runs.CONFIG).write_text("{}")
    with pytest.raises(RefusedError):
        Run.open(run.path)
    (run.path / runs.CONFIG).write_text(text)
    Run.open(run.path).close()


@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_full_disk_leaves_the_old_generations_and_no_rubbish(run, write):
    save(run, 1)
    run._disk = FailingDisk(errno.ENOSPC, write)
    with pytest.raises(LatentlabError, match="disk is full"):
        save(run, 2)
    assert run.newest().weights == b"w1"
    assert [p.name for p in run.path.glob("generation-*")] == ["generation-000001"]
    assert save(run, 3) == 2


def test_a_removed_folder_is_named(run):
    save(run, 1)
    run.path.rename(run.path.with_name("moved"))
    with pytest.raises(LatentlabError, match="not there") as caught:
        save(run, 2)
    assert str(run.path) in str(caught.value)


def test_metrics_come_back_as_they_were(run):
    for epoch in (1, 2, 3):
        run.append_metrics(metrics(epoch))
    assert run.read_metrics() == [metrics(1), metrics(2), metrics(3)]


def test_a_line_that_was_cut_short_is_dropped_and_the_next_one_is_whole(run):
    run.append_metrics(metrics(1))
    run.append_metrics(metrics(2))
    path = run.path / runs.METRICS
    path.write_bytes(path.read_bytes()[:-9])
    run.close()
    with Run.open(run.path) as again:
        again.append_metrics(metrics(3))
        assert again.read_metrics() == [metrics(1), metrics(3)]


def test_the_config_can_be_made_more_exact(run):
    exact = replace(CONFIG, train=replace(CONFIG.train, steps=321, threads=2))
    run.save_config(exact)
    run.close()
    assert Run.open(run.path).config == exact


def test_the_newest_run_of_a_folder_is_found(tmp_path):
    assert runs.newest_run(tmp_path) is None
    for place, name in enumerate("ab"):
        Run.create(tmp_path / name, CONFIG).close()
        os.utime(tmp_path / name, (place, place))
    assert runs.newest_run(tmp_path) == tmp_path / "b"
