"""The house rules of `tests/check_house.py` find what is planted: the check can fail."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

HOUSE = Path(__file__).resolve().parent.parent / "check_house.py"
Write = Callable[[str, str], Path]
# Spelled in pieces, so that the house rules do not find this file.
PLANTED = [
    "import pick" + "le",
    "from job" + "lib import dump",
    "x = np.load(path, allow_pick" + "le=True)",
    "x = torch.load(path, weights_only=Fal" + "se)",
    "x = torch.jit.lo" + "ad(path)",
    "x = yaml.lo" + "ad(text)",
    "x = ev" + "al(text)",
    "ex" + "ec(text)",
    "except" + ":",
    'path = "/wo' + 'rk/data"',
    'path = "/ho' + 'me/me/data"',
]
HARMLESS = [
    "x = torch.load(path, weights_only=True)",
    "model.ev" + "al()",
    "code = application.ex" + "ec()",
    "except OSError:",
    "x = retriev" + "al(text)",
    'path = folder / "home" / "data"',
]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The rules, over a folder of their own."""
    spec = importlib.util.spec_from_file_location("house_under_test", HOUSE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("line", PLANTED)
def test_a_planted_line_is_found_at_its_number(house: ModuleType, write: Write, line: str) -> None:
    path = write("latentlab/planted.py", f'"""A room."""\n\n{line}\n')
    found = house.findings(path)
    assert len(found) == 1
    assert "planted.py:3:" in found[0]


@pytest.mark.parametrize("line", HARMLESS)
def test_a_line_that_only_looks_like_it_is_left_alone(
    house: ModuleType, write: Write, line: str
) -> None:
    assert house.findings(write("latentlab/harmless.py", line + "\n")) == []


def test_400_lines_pass_and_401_do_not(house: ModuleType, write: Write) -> None:
    assert house.findings(write("latentlab/full.py", "x = 1\n" * 400)) == []
    found = house.findings(write("latentlab/long.py", "x = 1\n" * 401))
    assert len(found) == 1
    assert "401 lines" in found[0]


def test_the_whole_check_fails_on_a_planted_file_and_on_a_strange_folder(
    house: ModuleType, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("latentlab/good.py", "x = 1\n")
    assert house.main() == 0
    write("elsewhere/more.py", "x = 1\n")
    assert house.main() == 1
    assert "elsewhere/: no other top-level folder" in capsys.readouterr().out
    (house.ROOT / "elsewhere/more.py").unlink()
    assert house.main() == 0
    write("latentlab/bad.py", PLANTED[0] + "\n")
    assert house.main() == 1
