"""Runtimes are found without root, and none hides another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hashwatt.kernels.device import Missing
from hashwatt.kernels.opencl import caches, runtimes
from hashwatt.kernels.opencl.backend import find

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason=".icd files are Linux's way")


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment into which pip has installed one runtime, with the path of the machine it was built on."""
    vendors = tmp_path / "etc" / "OpenCL" / "vendors"
    vendors.mkdir(parents=True)
    (vendors / "intel-cpu.icd").write_text("/opt/anaconda1anaconda2anaconda3/lib/libintelocl.so\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libintelocl.so").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.delenv(runtimes.VENDORS, raising=False)
    return tmp_path


def test_a_runtime_of_pip_is_shown_to_the_loader_with_its_true_path(prefix: Path) -> None:
    with runtimes.registered():
        file = Path(os.environ[runtimes.VENDORS]) / "pip-intel-cpu.icd"
        assert file.read_text() == f"{prefix}/lib/libintelocl.so\n"
    assert runtimes.VENDORS not in os.environ, "a child process must not inherit a folder that is gone"


def test_the_systems_runtimes_are_carried_over(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = prefix / "system"
    system.mkdir()
    (system / "nvidia.icd").write_text("libnvidia-opencl.so.1\n")
    monkeypatch.setattr(runtimes, "SYSTEM_FOLDER", system)
    with runtimes.registered():
        assert (Path(os.environ[runtimes.VENDORS]) / "nvidia.icd").read_text() == "libnvidia-opencl.so.1\n"


def test_what_the_user_set_is_left_alone(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(runtimes.VENDORS, "/my/own")
    with runtimes.registered():
        assert os.environ[runtimes.VENDORS] == "/my/own"


def test_a_runtime_whose_library_is_gone_is_not_registered(prefix: Path) -> None:
    (prefix / "lib" / "libintelocl.so").unlink()
    with runtimes.registered():
        assert runtimes.VENDORS not in os.environ


def test_no_pyopencl_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopencl", None)
    (missing,) = find()
    assert isinstance(missing, Missing)
    assert "pip install" in missing.reason


def test_an_unwritable_home_costs_no_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where the home should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked / ".cache"))
    for name in ("PYOPENCL_NO_CACHE", "POCL_CACHE_DIR"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)
    caches.spare_an_unwritable_home()
    assert os.environ["PYOPENCL_NO_CACHE"] == "1"
    assert Path(os.environ["POCL_CACHE_DIR"]).is_dir()
