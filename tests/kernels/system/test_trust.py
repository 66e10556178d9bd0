"""Nothing is loaded from a cache folder that others may have written to."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from hashwatt.kernels.cpu import jit
from hashwatt.kernels.opencl.runtimes import caches
from hashwatt.kernels.system import own_files as files
from hashwatt.kernels.system import trust

from ..cpu.quick import QUICK

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and permissions as POSIX has them")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    return home / "cache"


def test_a_cache_that_is_made_here_is_used_and_closed_to_others(cache: Path) -> None:
    folder = files.cache_folder("kernels", "abc")
    assert folder == cache / "hashwatt" / "kernels" / "abc"
    for place in (folder, folder.parent, folder.parent.parent):
        assert place.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("level", ["home", "cache", "hashwatt", "kernels"])
@pytest.mark.parametrize("mode", [0o777, 0o722, 0o1777])
def test_a_folder_on_the_way_that_others_may_write_to_is_not_used(level: str, mode: int, cache: Path) -> None:
    folder = files.cache_folder("kernels")
    assert folder is not None
    place = next(each for each in (folder, *folder.parents) if each.name == level)
    place.chmod(mode)
    sticky_and_roots = bool(mode & 0o1000) and os.geteuid() == 0
    assert (files.cache_folder("kernels") is not None) is sticky_and_roots


def test_another_user_s_folder_is_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = files.cache_folder("kernels")
    assert folder is not None
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    if folder.stat().st_uid == 0:
        pytest.skip("root's folders are trusted by everybody")
    assert "belongs to another user" in trust.fault_of(folder)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")
def test_a_folder_given_to_another_user_is_not_used(cache: Path) -> None:
    folder = files.cache_folder("kernels")
    assert folder is not None
    os.chown(folder.parent, 54321, 54321)
    assert files.cache_folder("kernels") is None
    assert "belongs to another user (number 54321)" in trust.fault_of(folder)


def test_a_link_to_a_folder_that_others_may_write_to_is_not_used(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "shared" / "mine").mkdir()
    cache.mkdir()
    (cache / "hashwatt").symlink_to(tmp_path / "shared" / "mine")
    assert files.cache_folder("kernels") is None


def test_a_private_group_may_write_as_many_systems_have_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = files.cache_folder("kernels")
    assert folder is not None
    folder.chmod(0o770)
    monkeypatch.setattr(trust, "_is_private_group", lambda group: group == folder.stat().st_gid)
    assert files.cache_folder("kernels") == folder
    monkeypatch.setattr(trust, "_is_private_group", lambda group: False)
    assert files.cache_folder("kernels") is None


def test_the_runtimes_own_caches_are_not_loaded_from_either(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYOPENCL_NO_CACHE", "POCL_CACHE_DIR"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)
    (cache / "pyopencl").mkdir(parents=True)
    caches.spare_an_unwritable_home()
    assert "PYOPENCL_NO_CACHE" not in os.environ
    (cache / "pyopencl").chmod(0o777)
    caches.spare_an_unwritable_home()
    assert os.environ["PYOPENCL_NO_CACHE"] == "1"
    assert Path(os.environ["POCL_CACHE_DIR"]).is_dir()


@pytest.mark.parametrize("answer", [RuntimeError("no home"), Path("~/.cache/hashwatt")], ids=["error", "a tilde"])
def test_without_a_home_there_is_no_cache_and_the_kernel_still_compiles(
    answer: RuntimeError | Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nowhere(*_: object, **__: object) -> Path:
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(platformdirs, "user_cache_path", nowhere)
    assert files.cache_folder("kernels") is None
    assert not jit.compile_variant(QUICK).from_cache
    assert list(tmp_path.iterdir()) == []
