"""Where hashwatt cannot run, its installation says so in one sentence; elsewhere the marked needs are those it has."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.elsewhere

TREE = Path(__file__).parents[2]
Refusal = Callable[[str, tuple[int, int], str, str, int, str, bool], str | None]


def refusal() -> Refusal:
    found: Refusal = runpy.run_path(str(TREE / "setup.py"), run_name="setup_of_hashwatt")["refusal"]
    return found


HERE = ("CPython", (3, 12))


@pytest.mark.parametrize(
    ("where", "word"),
    [
        (("PyPy", (3, 11), "linux", "x86_64", 64, "gnu", True), "PyPy"),
        ((*HERE, "linux", "i686", 32, "gnu", True), "32-bit"),
        ((*HERE, "win32", "AMD64", 32, "", True), "32-bit"),
        ((*HERE, "linux", "armv7l", 32, "gnu", True), "32-bit"),
        ((*HERE, "linux", "riscv64", 64, "gnu", True), "riscv64"),
        ((*HERE, "linux", "x86_64", 64, "x86_64-pc-linux-musl", True), "musl"),
        ((*HERE, "freebsd14", "amd64", 64, "", True), "freebsd14"),
        (("CPython", (3, 14), "darwin", "x86_64", 64, "", True), "Python 3.13"),
        (("CPython", (3, 11), "win32", "ARM64", 64, "", True), "Python 3.12"),
        (("CPython", (3, 13), "linux", "x86_64", 64, "gnu", False), "free-threaded"),
        (("CPython", (3, 14), "darwin", "arm64", 64, "", False), "free-threaded"),
    ],
)
def test_what_has_no_numba_is_refused_with_what_helps(
    where: tuple[str, tuple[int, int], str, str, int, str, bool], word: str
) -> None:
    sentence = refusal()(*where)
    assert sentence is not None
    assert word in sentence
    assert "use " in sentence
    assert len(sentence) <= 120


@pytest.mark.parametrize(
    "where",
    [
        (*HERE, "linux", "x86_64", 64, "x86_64-pc-linux-gnu", True),
        (*HERE, "linux", "aarch64", 64, "aarch64-unknown-linux-gnu", True),
        (*HERE, "win32", "AMD64", 64, "", True),
        (*HERE, "win32", "ARM64", 64, "", True),
        (*HERE, "darwin", "arm64", 64, "", True),
        (*HERE, "darwin", "x86_64", 64, "", True),
        (("CPython", (3, 14), "win32", "AMD64", 64, "", False)),
    ],
)
def test_what_has_numba_is_not(where: tuple[str, tuple[int, int], str, str, int, str, bool]) -> None:
    assert refusal()(*where) is None


def test_the_installer_ends_with_the_sentence_before_anything_is_built(tmp_path: Path) -> None:
    imitated = (
        "import importlib.util, platform, runpy; importlib.util.find_spec = lambda name: None; "
        "platform.python_implementation = lambda: 'PyPy'; "
        f"runpy.run_path({str(TREE / 'setup.py')!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", imitated], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("hashwatt cannot be installed here: PyPy cannot run Numba")
    assert "Traceback" not in ended.stderr


def needs(**environment: str) -> set[str]:
    """What pip installs there beside hashwatt, by name."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parsed = [Requirement(need) for need in project["dependencies"]]
    return {need.name for need in parsed if need.marker is None or need.marker.evaluate({**environment, "extra": ""})}


def test_each_system_is_asked_for_what_it_has_wheels_for() -> None:
    everywhere = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    python = {**everywhere, "python_version": "3.12", "python_full_version": "3.12.0"}
    arm_windows = needs(**python, sys_platform="win32", platform_machine="ARM64", os_name="nt")
    assert "pyopencl" not in arm_windows
    assert "numba" in arm_windows
    assert "pyopencl" in needs(**python, sys_platform="win32", platform_machine="AMD64", os_name="nt")
    assert "pocl-binary-distribution" not in arm_windows
    mac = needs(**python, sys_platform="darwin", platform_machine="arm64", os_name="posix")
    assert "zeus-apple-silicon" in mac
    newer = {**python, "python_version": "3.14", "python_full_version": "3.14.0"}
    assert "zeus-apple-silicon" not in needs(**newer, sys_platform="darwin", platform_machine="arm64", os_name="posix")
    linux = needs(**python, sys_platform="linux", platform_machine="x86_64", os_name="posix")
    assert {"pocl-binary-distribution", "pyopencl"} <= linux


def test_each_system_s_tests_ask_for_what_it_has_wheels_for() -> None:
    groups = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]

    def asked(group: str, **environment: str) -> set[str]:
        own = [Requirement(need) for need in groups[group] if isinstance(need, str)]
        others = (asked(need["include-group"], **environment) for need in groups[group] if isinstance(need, dict))
        return {need.name for need in own if need.marker is None or need.marker.evaluate(environment)}.union(*others)

    windows = {"sys_platform": "win32", "platform_machine": "AMD64", "python_version": "3.12"}
    linux = {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": "3.12"}
    python = {"platform_python_implementation": "CPython"}
    # The README's line for the tests installs these two.
    assert "pyosys" not in asked("test", **windows, **python) | asked("rtl", **windows, **python)
    assert "amaranth" in asked("rtl", **windows, **python)
    assert "pyosys" in asked("rtl", **linux, **python)


def test_the_readme_s_lines_for_windows_hold_in_cmd_and_every_powershell() -> None:
    told = re.findall(r"```bat\n(.*?)```", (TREE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in told for line in block.splitlines()]
    assert len(lines) >= 6
    for line in lines:
        # PowerShell 5.1 has neither && nor ||; what cmd or PowerShell alone expand or quote means another thing there.
        assert not set(line) & set("&|;$%'`^()"), line
        assert line.startswith(("py -m venv ", ".venv"))
