"""A clone as Git makes it on Windows: text files in the place of links, and lines that end with CR and LF."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.linked import FOLDERS, has_links

pytestmark = [
    pytest.mark.elsewhere,
    pytest.mark.timeout(1800),
    pytest.mark.slow,  # builds a wheel, and checks every type: minutes on a busy machine
    pytest.mark.skipif(shutil.which("git") is None, reason="needs git"),
]

TREE = Path(__file__).parents[2]
LIMIT_S = 900


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree's last commit, cloned without links and with CRLF. Skips where the tree is no clone itself."""
    folder = tmp_path_factory.mktemp("clone")
    settings = ["-c", "core.symlinks=false", "-c", "core.autocrlf=true"]
    made = run(["git", *settings, "clone", "-q", "--no-hardlinks", str(TREE), "clone"], folder)
    if made.returncode:
        pytest.skip(f"the tree cannot be cloned ({made.stderr.strip()[-200:]})")
    return folder / "clone"


def test_it_is_what_windows_has(clone: Path) -> None:
    assert not has_links(clone)
    for name in FOLDERS:
        assert (clone / "src" / "hashwatt" / name).is_file()
    assert b"\r\n" in (clone / "kernels" / "device.py").read_bytes()


def test_its_wheel_holds_what_this_tree_s_does(clone: Path, tmp_path: Path) -> None:
    for tree in (clone, TREE):
        target = tmp_path / tree.name
        # From a copy: setuptools builds inside the tree.
        shutil.copytree(tree, tmp_path / f"of-{tree.name}", symlinks=True, ignore=shutil.ignore_patterns(".*", "build"))
        built = run(
            [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(target), f"./of-{tree.name}"], tmp_path
        )
        assert built.returncode == 0, built.stderr
    names = [
        {
            name
            for name in zipfile.ZipFile(next((tmp_path / tree.name).glob("*.whl"))).namelist()
            if "dist-info" not in name
        }
        for tree in (clone, TREE)
    ]
    assert names[0] == names[1]


@pytest.mark.skipif(find_spec("mypy") is None, reason="needs mypy (`pip install --group types`)")
@pytest.mark.parametrize("arguments", [(), ("-p", "tests")], ids=["the package", "its tests"])
def test_its_types_are_checked_as_this_tree_s_are(arguments: tuple[str, ...], clone: Path) -> None:
    ended = run([sys.executable, "tests/linked.py", sys.executable, "-m", "mypy", *arguments], clone)
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert "no issues found in" in ended.stdout


def test_its_data_are_read_as_this_tree_s_are(clone: Path) -> None:
    code = "from hashwatt.kernels.machines import machines; print(len(machines()), sorted(machines())[0])"
    told = run([sys.executable, "-c", code], TREE).stdout
    (clone / "here" / "hashwatt").mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(clone / name, clone / "here" / "hashwatt" / name)
    for path in (clone / "src" / "hashwatt").glob("*.py"):
        shutil.copy(path, clone / "here" / "hashwatt")
    ended = run([sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, 'here'); {code}"], clone)
    assert ended.stdout == told, ended.stderr
