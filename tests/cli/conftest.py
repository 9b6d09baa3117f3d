from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from latentlab import api
from latentlab.cli.main import main


@dataclass
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, which must be one JSON object and nothing else."""
        lines = self.out.strip().splitlines()
        assert len(lines) == 1, self.out
        fields = json.loads(lines[0])
        assert isinstance(fields, dict)
        return fields


@pytest.fixture
def latentlab(capsys) -> Callable[..., Answer]:
    """Run a command line in this process."""

    def run(*words: object) -> Answer:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory) -> Path:
    """A run of a small model on digits."""
    path = tmp_path_factory.mktemp("cli") / "run"
    api.train("digits", out=path, steps=40, hidden=(32,), batch_size=128, precision="float32")
    return path


@pytest.fixture(scope="session")
def model_file(run_folder) -> Path:
    """The same model as a file with its map inside."""
    return api.save_model(run_folder, run_folder.parent / "model.safetensors", data="digits")
