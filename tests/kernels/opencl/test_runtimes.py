"""Runtimes are found without root, and none hides another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from hashwatt.bench import api
from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.opencl import backend
from hashwatt.kernels.opencl.backend import _no_runtime, find
from hashwatt.kernels.opencl.runtimes import caches
from hashwatt.kernels.opencl.runtimes import installed as runtimes

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
    monkeypatch.setattr(runtimes, "SYSTEM_FOLDER", tmp_path / "no such folder")
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
    monkeypatch.setenv(runtimes.VENDORS, str(prefix))
    with runtimes.registered():
        assert os.environ[runtimes.VENDORS] == str(prefix)


def test_a_runtime_whose_library_is_gone_is_not_registered(prefix: Path) -> None:
    (prefix / "lib" / "libintelocl.so").unlink()
    with runtimes.registered():
        assert runtimes.VENDORS not in os.environ


def with_a_driver(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with NVIDIA's library, as a container is given it."""
    folder = prefix / "nvidia"
    folder.mkdir()
    (folder / runtimes.DRIVER_LIBRARY).touch()
    monkeypatch.setattr(runtimes, "DRIVER_FOLDERS", (str(prefix / "nowhere"), str(folder)))
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    return folder / runtimes.DRIVER_LIBRARY


def test_a_drivers_library_is_shown_to_the_loader_where_no_file_names_it(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = with_a_driver(prefix, monkeypatch)
    with runtimes.registered():
        shown = {path.name: path.read_text() for path in Path(os.environ[runtimes.VENDORS]).iterdir()}
    assert shown[runtimes.DRIVER_FILE] == f"{library}\n"


@pytest.mark.parametrize("named", ["libnvidia-opencl.so.1\n", "/elsewhere/libnvidia-opencl.so.550.54\n"])
def test_a_drivers_library_that_a_file_names_is_not_shown_twice(
    named: str, prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_driver(prefix, monkeypatch)
    system = prefix / "system"
    system.mkdir()
    (system / "nvidia.icd").write_text(named)
    monkeypatch.setattr(runtimes, "SYSTEM_FOLDER", system)
    with runtimes.registered() as registration:
        assert runtimes.DRIVER_FILE not in registration.files


def test_a_drivers_library_is_found_by_its_release_where_the_link_to_it_is_missing(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = with_a_driver(prefix, monkeypatch)
    release = library.rename(library.with_name("libnvidia-opencl.so.580.159.04"))
    assert runtimes.drivers_library() == str(release)
    library.touch()
    assert runtimes.drivers_library() == str(library), "the link is what the driver means to be loaded"


def test_a_drivers_library_that_only_the_systems_loader_knows_is_found(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = with_a_driver(prefix, monkeypatch)
    monkeypatch.setattr(runtimes, "DRIVER_FOLDERS", ())
    cache = prefix / "ld.so.cache"
    monkeypatch.setattr(runtimes, "LOADER_CACHE", cache)
    assert runtimes.drivers_library() is None
    cache.write_bytes(f"glibc-ld.so.cache1.1\0/gone/{library.name}\0{library.name}\0{library}\0/lib/x.so\0".encode())
    assert runtimes.drivers_library() == str(library)


def test_a_drivers_library_on_the_path_of_libraries_is_found(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = with_a_driver(prefix, monkeypatch)
    monkeypatch.setattr(runtimes, "DRIVER_FOLDERS", ())
    monkeypatch.setenv("LD_LIBRARY_PATH", f":relative:{library.parent}")
    with runtimes.registered() as registration:
        assert registration.files[runtimes.DRIVER_FILE] == f"{library}\n"
    monkeypatch.setenv(runtimes.VENDORS, str(prefix))
    with runtimes.registered() as registration:
        assert not registration.files, "what the user names is all that is seen"


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "begins with NUL": (lambda path: path.write_bytes(b"\0\0\n"), "names no library"),
    "empty": (Path.touch, "names no library"),
    "far too long": (lambda path: path.write_bytes(b"a" * 100_000), "names no library"),
    **({"a pipe": (lambda path: os.mkfifo(path), "not a regular file")} if hasattr(os, "mkfifo") else {}),
    "a folder": (Path.mkdir, "Is a directory"),
    "a link to nothing": (lambda path: path.symlink_to("/nowhere/at/all"), "No such file"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_file_that_the_loader_may_die_of_is_left_out_and_named_and_the_others_stay(
    what: str, prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, cause = BAD_FILES[what]
    system = prefix / "system"
    system.mkdir()
    (system / "good.icd").write_text("libgood.so\n")
    make(system / "bad.icd")
    monkeypatch.setattr(runtimes, "SYSTEM_FOLDER", system)
    with runtimes.registered() as registration:
        shown = sorted(path.name for path in Path(os.environ[runtimes.VENDORS]).iterdir())
    assert shown == ["good.icd", "pip-intel-cpu.icd"]
    (sentence,) = registration.left_out
    assert sentence.startswith(f"{system}/bad.icd: ")
    assert cause in sentence


def entries_in_a_process(**environment: str) -> list[dict[str, object]]:
    """What `hashwatt devices` says of OpenCL with these variables: a loader looks once in a process."""
    command = [sys.executable, "-m", "hashwatt", "devices", "--json"]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [entry for entry in json.loads(done.stdout)["devices"] if entry["backend"] == "opencl"]


def test_a_file_that_begins_with_nul_hides_no_other_runtime(tmp_path: Path) -> None:
    (tmp_path / "bad.icd").write_bytes(b"\0")
    usual = [
        entry["name"] for entry in entries_in_a_process(OCL_ICD_VENDORS=str(tmp_path / "..")) if entry["available"]
    ]
    entries = entries_in_a_process(OCL_ICD_VENDORS=str(tmp_path))
    assert [entry["name"] for entry in entries if entry["available"]] == usual
    assert [f"{tmp_path}/bad.icd: names no library" in str(entry["reason"]) for entry in entries][-1]


def test_a_runtime_whose_library_cannot_be_loaded_is_named_with_the_cause(tmp_path: Path) -> None:
    (tmp_path / "broken.icd").write_text("/nowhere/libbroken.so\n")
    reasons = [str(entry["reason"]) for entry in entries_in_a_process(OCL_ICD_VENDORS=str(tmp_path))]
    assert any("broken.icd: /nowhere/libbroken.so cannot be loaded" in reason for reason in reasons), reasons


def test_of_a_long_folder_of_runtimes_the_end_is_told() -> None:
    missing = _no_runtime(f"/{'folder/' * 30}vendors")
    assert "/folder/vendors shows no OpenCL runtime" in missing.reason
    assert len(missing.reason) <= 120


def test_a_folder_of_runtimes_that_is_not_there_is_not_called_no_runtime() -> None:
    entries = entries_in_a_process(OCL_ICD_VENDORS="/nowhere/at/all")
    reasons = [str(entry["reason"]) for entry in entries if not entry["available"]]
    assert reasons == [
        "OCL_ICD_VENDORS=/nowhere/at/all is not there, which hides the system's OpenCL runtimes; unset it"
    ]


def test_intel_s_runtime_without_its_libraries_is_told_which_it_lacks(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "version", versions(**{"intel-opencl-rt": "2025.0.5"}))
    (prefix / "lib" / "libintelocl.so").write_text("no library")
    with runtimes.registered() as registration:
        sentences = registration.not_loaded()
    library = prefix / "lib" / "libintelocl.so"
    assert sentences == [
        f"pip-intel-cpu.icd: {library} cannot be loaded ({library}: file too short); "
        'intel-opencl-rt needs intel-cmplr-lib-rt: `pip install ".[intel]"` in a clone of hashwatt'
    ]
    report = next(each for each in runtimes.report_runtimes([]) if each.runtime.extra == "intel")
    assert "but not intel-cmplr-lib-rt, whose libraries it needs" in report.sentence


def versions(**installed: str) -> Callable[[str], str]:
    def version(distribution: str) -> str:
        if distribution not in installed:
            raise PackageNotFoundError(distribution)
        return installed[distribution]

    return version


@pytest.mark.parametrize(
    ("switch", "told"), [(None, "set RUSTICL_ENABLE=llvmpipe"), ("radeon", "with RUSTICL_ENABLE=radeon")]
)
def test_rusticl_without_its_switch_says_so(switch: str | None, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUSTICL_ENABLE", raising=False)
    if switch is not None:
        monkeypatch.setenv("RUSTICL_ENABLE", switch)
    platform = SimpleNamespace(name="rusticl", get_devices=list)
    monkeypatch.setattr("pyopencl.get_platforms", lambda: [platform])
    (reason,) = (entry.reason for entry in find() if isinstance(entry, Missing) and "rusticl" in entry.reason)
    assert told in reason


def test_what_is_installed_and_broken_is_said_by_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    steady = Found(fakes.fake_info("steady"), lambda _: fakes.FakeDevice("steady"))
    entries = [steady, Missing("opencl", "a.icd is broken; delete it", broken=True), Missing("rtl", "no yosys")]
    monkeypatch.setattr(api, "find_all", lambda *_: entries)
    result = api.run(seconds=0.5, meters=["none"])
    assert [warning.text for warning in result.warnings if warning.code == "driver_broken"] == [
        "a.icd is broken; delete it"
    ]


def test_no_pyopencl_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopencl", None)
    (missing,) = find()
    assert isinstance(missing, Missing)
    assert "pip install" in missing.reason


def caches_unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said where caches are; what the test makes them be is taken back."""
    for name in ("PYOPENCL_NO_CACHE", "POCL_CACHE_DIR"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)


def is_spared() -> bool:
    """Whether OpenCL has a cache of this process, and none at home."""
    caches.spare_an_unwritable_home()
    return os.environ.get("PYOPENCL_NO_CACHE") == "1" and Path(os.environ.get("POCL_CACHE_DIR", "nowhere")).is_dir()


def test_an_unwritable_home_costs_no_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where the home should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked / ".cache"))
    caches_unsaid(monkeypatch)
    assert is_spared()


@pytest.mark.parametrize("broken", ["a file", "a link that leads nowhere", "a locked folder", "a locked folder inside"])
def test_a_cache_of_pocl_s_that_it_cannot_use_is_spared_too(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PoCL shows no device then, or calls it the kernel's fault."""
    cache, kept = tmp_path / "pocl", tmp_path / "pocl" / "kcache"
    if broken == "a link that leads nowhere":
        cache.symlink_to(tmp_path / "nowhere")
    elif broken == "a file":
        cache.mkdir()
        kept.touch()
    else:
        kept.mkdir(parents=True)
        locked = cache if broken == "a locked folder" else kept
        # Root may write in every folder.
        monkeypatch.setattr(os, "access", lambda place, _mode: place != locked)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    caches_unsaid(monkeypatch)
    assert is_spared()


@pytest.mark.parametrize("full", ["the disk", "the user's share of it"])
def test_a_home_without_room_is_spared_as_one_that_cannot_be_written(
    full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PoCL makes its files in a full one, too, and then calls it the kernel's fault that they are empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    caches_unsaid(monkeypatch)
    caches.spare_an_unwritable_home()
    assert "POCL_CACHE_DIR" not in os.environ
    if full == "the disk":
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=64 << 10))
    else:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "wb", buffering=0))  # noqa: SIM115
    assert is_spared()


@pytest.mark.elsewhere
def test_no_temporary_folder_costs_no_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    (tmp_path / "home").write_text("a file where the home should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    caches_unsaid(monkeypatch)
    monkeypatch.setattr("tempfile.mkdtemp", nowhere)
    caches.spare_an_unwritable_home()
    assert os.environ["PYOPENCL_NO_CACHE"] == "1"
    assert "POCL_CACHE_DIR" not in os.environ


@pytest.mark.elsewhere
@pytest.mark.skipif(sys.platform != "linux", reason="loaders elsewhere look at no folder")
@pytest.mark.parametrize("has_home", [True, False], ids=["our own folder", "none"])
def test_without_a_temporary_folder_pip_s_runtimes_are_registered_in_our_own(
    has_home: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tempfile.mkdtemp

    def only_in(suffix: object = None, prefix: object = None, dir: Path | None = None) -> str:
        if dir is None:
            raise FileNotFoundError(2, "No usable temporary directory found")
        return str(real(dir=dir))

    home = tmp_path / "ours" if has_home else None
    if home is not None:
        home.mkdir()
    (tmp_path / "vendors").mkdir()
    monkeypatch.delenv(runtimes.VENDORS, raising=False)
    monkeypatch.setattr(runtimes, "SYSTEM_FOLDER", tmp_path / "vendors")
    monkeypatch.setattr(runtimes, "_pip_runtimes", lambda: {"pip.icd": "libOpenCL.so"}.items())
    monkeypatch.setattr(runtimes, "cache_folder", lambda: home)
    monkeypatch.setattr("tempfile.mkdtemp", only_in)
    with runtimes.registered() as found:
        assert ("pip.icd" in found.files) == has_home
        assert (runtimes.VENDORS in os.environ) == has_home
    assert runtimes.VENDORS not in os.environ


@pytest.mark.parametrize(("on_host", "free", "right"), [
    (True, 5 << 30, 5 << 30), (True, 90 << 30, 64 << 30), (True, 0, 0), (True, None, 64 << 30),
    (False, 5 << 30, 64 << 30),
])  # fmt: skip
def test_a_runtime_for_cpus_has_no_more_memory_than_is_free_here(
    on_host: bool, free: int | None, right: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "free_bytes", lambda: free)
    assert backend._memory_bytes(SimpleNamespace(global_mem_size=64 << 30), on_host) == right
