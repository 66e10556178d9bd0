"""A release: the wheel and the source distribution, built from what is tracked, installed alone, and used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
# They lead to folders that are there anyway; tests/linked.py makes do without them.
LINKS = {f"src/hashwatt/{name}" for name in ("bench", "kernels", "reports")}
# What setuptools adds to a source distribution.
MADE = ("PKG-INFO", "setup.cfg", "hashwatt.egg-info/")
BUILD = "import sys, setuptools.build_meta as build; print(getattr(build, 'build_' + sys.argv[1])(sys.argv[2]))"

pytestmark = [
    # Two environments with all dependencies, which pip fetches or has in its cache: minutes.
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(shutil.which("git") is None or not (TREE / ".git").exists(), reason="this is no clone"),
]


def run(*command: str | Path, cwd: Path) -> str:
    # What is on the path of these tests is not to be seen by the new environment.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def environment_in(folder: Path) -> Path:
    """A new environment; its folder of programs."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def tracked() -> list[str]:
    return run("git", "ls-files", "-z", cwd=TREE).rstrip("\0").split("\0")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the source distribution of a copy that has what is tracked and nothing else."""
    folder = tmp_path_factory.mktemp("release")
    copy, out = folder / "tree", folder / "dist"
    for name in tracked():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TREE / name, target, follow_symlinks=False)
    programs = environment_in(folder / "builder")
    needs = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    run(programs / "python", "-m", "pip", "install", "-q", *needs, cwd=folder)
    for kind in ("sdist", "wheel"):
        run(programs / "python", "-c", BUILD, kind, out, cwd=copy)
        shutil.rmtree(copy / "build", ignore_errors=True)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_the_source_distribution_has_what_is_tracked_and_nothing_stray(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as file:
        names = {name.partition("/")[2] for name in (entry.name for entry in file if not entry.isdir())}
    assert {name for name in names if not name.startswith(MADE)} == {*tracked()} - LINKS


def test_the_wheel_has_the_package_and_its_papers_alone(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as file:
        tops = {name.partition("/")[0] for name in file.namelist()}
    version = built["wheel"].name.split("-")[1]
    assert tops == {"hashwatt", f"hashwatt-{version}.dist-info"}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_what_is_installed_measures_and_verifies(built: dict[str, Path], kind: str, tmp_path: Path) -> None:
    programs = environment_in(tmp_path / "venv")
    run(programs / "python", "-m", "pip", "install", "-q", built[kind], cwd=tmp_path)
    version = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert run(programs / "hashwatt", "--version", cwd=tmp_path).split() == ["hashwatt", version]
    told = json.loads(run(programs / "hashwatt", "run", "-d", "cpu", "-t", "1", "--json", "-o", "a.json", cwd=tmp_path))
    assert told["verdict"]["ok"]
    assert told["result"]["hashwatt_version"] == version
    assert "proven" in run(programs / "hashwatt", "verify", "a.json", cwd=tmp_path)
