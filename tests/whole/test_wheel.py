"""The wheel carries what is not code, and the installed program finds it there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_SAMPLE_BYTES = 5 * 2**20
FIND = """
import pathlib, sys
import latentlab
from latentlab import resources
home = pathlib.Path(sys.argv[1]).resolve()
print(pathlib.Path(latentlab.__file__).resolve().is_relative_to(home))
print(pathlib.Path(resources.sample_path()).resolve().relative_to(home).as_posix())
for name in sys.argv[2:]:
    print(resources.resource_path(name).resolve().relative_to(home).as_posix())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network and in this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    ended = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    (built,) = folder.glob("latentlab-*.whl")
    return built


def resource_names() -> list[str]:
    folder = ROOT / "resources"
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_every_module_and_every_resource_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert any(name.startswith("icons/") and name.endswith(".svg") for name in resource_names())
    assert {f"latentlab/_resources/{name}" for name in resource_names()} <= inside
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "latentlab").rglob("*.py")}
    assert modules <= inside
    assert not [name for name in inside if name.startswith(("tests/", "assets/", "resources/"))]
    assert not [name for name in inside if "__pycache__" in name]


def test_the_sample_model_is_in_the_wheel_and_small(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entry = archive.getinfo("latentlab/_resources/sample.safetensors")
        content = archive.read(entry)
    assert 0 < entry.file_size <= MOST_SAMPLE_BYTES
    assert content == (ROOT / "assets/sample.safetensors").read_bytes()


def test_the_wheel_has_its_command_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = archive.namelist()
        (entries,) = [name for name in inside if name.endswith("entry_points.txt")]
        commands = archive.read(entries).decode()
    assert "latentlab = latentlab.__main__:main" in commands
    assert [name for name in inside if name.endswith("licenses/LICENSE")]


def find(home: Path, cwd: Path, names: list[str]) -> list[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ended = subprocess.run(
        [sys.executable, "-c", FIND, str(home), *names],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_the_installed_program_finds_its_files_where_the_wheel_put_them(
    wheel: Path, tmp_path: Path
) -> None:
    home, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home)
    names = resource_names()
    mine, sample, *found = find(home, elsewhere, names)
    assert mine == "True"
    assert sample == "latentlab/_resources/sample.safetensors"
    assert found == [f"latentlab/_resources/{name}" for name in names]


def test_the_checkout_finds_its_files_by_path_alone(tmp_path: Path) -> None:
    names = resource_names()
    mine, sample, *found = find(ROOT, tmp_path, names)
    assert mine == "True"
    assert sample == "assets/sample.safetensors"
    assert found == [f"resources/{name}" for name in names]
