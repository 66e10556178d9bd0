"""Names that Windows' and macOS' files can have: of what is tracked, and of what tests make."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from ..bench.energy.meters import trees

pytestmark = pytest.mark.elsewhere

TREE = Path(__file__).parents[2]
FORBIDDEN = frozenset('<>:"|?*\\')
DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(1, 10))}


def faults_of(path: str) -> list[str]:
    """What Windows refuses in a path."""
    parts = PurePosixPath(path).parts
    return [
        part
        for part in parts
        if FORBIDDEN & set(part) or part.endswith((".", " ")) or part.lower().partition(".")[0] in DEVICES
    ]


@pytest.mark.parametrize("path", ["docs/a:b.md", "nul.txt", "docs/COM1", "a./b", "what?", "x/Aux.py"])
def test_what_windows_refuses_is_seen(path: str) -> None:
    assert faults_of(path)


def test_every_tracked_file_can_be_checked_out_elsewhere() -> None:
    if shutil.which("git") is None or not (TREE / ".git").exists():
        pytest.skip("this tree is no clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TREE, capture_output=True, check=True, text=True).stdout
    paths = listed.split("\0")[:-1]
    assert len(paths) > 500
    assert [path for path in paths if faults_of(path)] == []
    # Systems that know no capitals from small letters have one file of two.
    assert [path for path, count in Counter(path.lower() for path in paths).items() if count > 1] == []


def test_a_zone_whose_name_has_a_colon_skips_its_test_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "os", SimpleNamespace(name="nt"))
    with pytest.raises(pytest.skip.Exception, match="intel-rapl:0"):
        trees.rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    assert list(tmp_path.iterdir()) == []
