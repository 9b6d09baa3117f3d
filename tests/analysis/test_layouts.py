"""Layouts in a process of their own: what comes of them, what is said, and that they end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

from latentlab.analysis import layouts
from latentlab.analysis.layouts import Fitting, lay_out
from latentlab.errors import CancelledError, LatentlabError, UsageError

UMAP = """
import sys
import numpy as np

class UMAP:
    def __init__(self, **options):
        self.options = options

    def fit_transform(self, z):
        print("Epochs completed:  50%| #####      5/10", file=sys.stderr)
        return np.column_stack([z[:, 0], -z[:, 0]]) * self.options["n_neighbors"]
"""


def groups(count: int = 240, latents: int = 4) -> np.ndarray:
    source = np.random.default_rng(0)
    middles = 12.0 * np.eye(latents)[np.arange(count) % 3]
    return (middles + source.normal(size=(count, latents))).astype(np.float32)


@pytest.fixture
def umap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that the process finds under UMAP's name: what is tested is the way to it."""
    (tmp_path / "umap").mkdir()
    (tmp_path / "umap" / "__init__.py").write_text(textwrap.dedent(UMAP))
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "STEPS", 250)


def test_tsne_keeps_groups_together_and_says_how_far_it_is() -> None:
    z, told = groups(), []
    xy = Fitting("tsne", z, most=1000).run(lambda text, share: told.append((text, share)))
    assert xy.shape == (240, 2)
    assert np.isfinite(xy).all()
    middles = np.array([xy[k::3].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(xy[:, None] - middles, axis=-1).argmin(axis=1)
    assert (nearest == np.arange(240) % 3).mean() > 0.98
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert len(shares) > 5
    assert told[0][0] == "Laying out 240 points by t-SNE"


def test_of_too_many_some_are_laid_out_and_the_others_lie_among_them(quick: None) -> None:
    z = groups(300)
    z[7] = np.nan
    z[11] = z[8] + 1e-4  # next to each other
    xy = lay_out("tsne", z, 60, 0, lambda share: None)
    laid = Fitting("tsne", z, 60)
    assert laid.fitted == 60
    assert np.isnan(xy[7]).all()
    assert np.isfinite(np.delete(xy, 7, axis=0)).all()
    middles = np.array([np.nanmedian(xy[k::3], axis=0) for k in range(3)])
    nearest = np.linalg.norm(np.nan_to_num(xy)[:, None] - middles, axis=-1).argmin(axis=1)
    assert (nearest == np.arange(300) % 3).mean() > 0.95


def test_what_is_said_names_the_subsample(umap: None) -> None:
    fitting, told = Fitting("umap", groups(200), most=30), []
    fitting.run(lambda text, share: told.append(text))
    assert set(told) == {"Laying out 30 of 200 points by UMAP"}


def test_the_same_seed_gives_the_same_layout(quick: None) -> None:
    z = groups(90)
    first, second = (lay_out("tsne", z, 40, 5, lambda share: None) for _ in range(2))
    assert np.array_equal(first, second)


def test_umap_is_used_where_it_is_installed(umap: None) -> None:
    z, told = groups(50), []
    xy = Fitting("umap", z, most=1000).run(lambda text, share: told.append(share))
    assert np.allclose(xy[:, 0], 15 * z[:, 0])
    assert any(share is not None and 0.4 < share < 0.7 for share in told)


def test_without_umap_a_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "has_umap", lambda: False)
    with pytest.raises(UsageError) as refused:
        Fitting("umap", groups(), 100)
    assert "pip install 'latentlab[umap]'" in str(refused.value)


def test_too_few_data_are_refused() -> None:
    z = np.full((9, 3), np.nan, np.float32)
    z[:3] = 0.0
    with pytest.raises(UsageError, match="3 data"):
        Fitting("tsne", z, 100)


def test_called_off_it_ends_at_once_and_leaves_no_process() -> None:
    fitting = Fitting("tsne", np.random.default_rng(0).normal(size=(6000, 8)).astype("f4"), 6000)
    begun, ended = threading.Event(), []

    def run() -> None:
        try:
            fitting.run(lambda text, share: begun.set() if share else None)
        except CancelledError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(60)
    process = fitting._process
    assert process is not None
    assert process.poll() is None
    fitting.call_off()
    thread.join(10)
    assert len(ended) == 1
    assert process.returncode is not None
    with pytest.raises(CancelledError):
        fitting.run()


def test_a_process_that_dies_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.buffer.read(40)"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    monkeypatch.setattr(layouts, "_start", dies)
    with pytest.raises(LatentlabError, match="came to nothing"):
        Fitting("tsne", groups(), 100).run()


def test_it_does_not_outlive_the_program_that_started_it() -> None:
    z = np.random.default_rng(0).normal(size=(4000, 6)).astype(np.float32)
    process = layouts._start()
    assert process.stdin is not None
    assert process.stdout is not None
    head = '{"kind": "tsne", "shape": [4000, 6], "most": 4000, "seed": 0}\n'
    process.stdin.write(head.encode() + z.tobytes())
    process.stdin.flush()
    assert b"progress" in process.stdout.readline()
    process.stdin.close()  # as when the program is gone
    process.wait(10)
    process.stdout.close()
    assert process.returncode == 1


def test_its_process_loads_neither_torch_nor_qt() -> None:
    code = (
        "import sys, latentlab.analysis.layouts;"
        "print([m for m in ('torch', 'PySide6', 'sklearn') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert found.stdout.strip() == "[]"
