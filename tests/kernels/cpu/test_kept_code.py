"""Kept object code is run, so whatever is not what this user's generator has written is compiled anew."""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hashwatt.kernels.cpu import jit, kept_code, race
from hashwatt.kernels.cpu.kept_code import DIGEST_BYTES, MOST_BYTES, MOST_FOLDERS
from hashwatt.kernels.cpu.object_code import ScanFunction, emit_object, load_object
from hashwatt.kernels.cpu.variants import SCAN
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.machines import Machine

from .quick import QUICK, QUICK_GRAPH

SYMBOL = jit.symbol_of(QUICK, SCAN)
POSIX = pytest.mark.skipif(os.name != "posix", reason="owners and permissions as POSIX has them")
# In a process of its own: load the kernel, hold it against hashlib, tell where it came from.
LOAD = f"""
from hashwatt.kernels.cpu.race import _checked
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.variants import variant
print(_checked(compile_variant(variant({QUICK.name!r}))).from_cache)
"""


# Compiled once for all tests: what is tried here is what is kept.
compiled_once = functools.cache(emit_object)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setattr(jit, "emit_object", compiled_once)
    # Windows and macOS have their own ways to find it.
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: home / "cache" / "hashwatt")
    return home / "cache"


@pytest.fixture
def kept(cache: Path) -> Path:
    """The file of a kernel that is kept and comes from there."""
    assert not is_from_cache()
    assert is_from_cache()
    (place,) = cache.rglob("*.object")
    return place


def is_from_cache() -> bool:
    """Whether a kernel that is right comes from the cache."""
    return race._checked(jit.compile_variant(QUICK)).from_cache


def flip(place: Path, at: int) -> None:
    content = bytearray(place.read_bytes())
    content[at] ^= 1
    place.write_bytes(content)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.25, 0.5, 0.75, 1.0], ids=lambda share: f"at {share:.1%}")
def test_a_flipped_bit_anywhere_compiles_anew(share: float, kept: Path) -> None:
    flip(kept, int(share * (kept.stat().st_size - 1)))
    assert not is_from_cache()
    # The damage is gone: what is compiled now is kept again.
    assert is_from_cache()


@pytest.mark.parametrize("content", [b"", b"\x7fELF", bytes(DIGEST_BYTES), b"\xff" * 4096])
def test_what_is_no_object_code_never_reaches_the_loader(
    content: bytes, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = kept.read_bytes()[DIGEST_BYTES:]
    loaded: list[bytes] = []

    def load(code: bytes, symbol: str) -> ScanFunction:
        loaded.append(code)
        return load_object(code, symbol)

    monkeypatch.setattr(jit, "load_object", load)
    kept.write_bytes(content)
    assert not is_from_cache()
    assert loaded == [good]


@pytest.mark.parametrize("bytes_left", [DIGEST_BYTES - 1, DIGEST_BYTES, DIGEST_BYTES + 64, -1])
def test_a_truncated_file_compiles_anew(bytes_left: int, kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:bytes_left])
    assert not is_from_cache()


def test_more_than_any_kernel_takes_is_not_read_nor_kept(kept: Path) -> None:
    code = bytes(MOST_BYTES - DIGEST_BYTES + 1)
    kept.write_bytes(kept_code._sealed(jit.generator_hash(), SYMBOL, code))
    assert kept_code.read(jit.generator_hash(), SYMBOL) is None
    kept.unlink()
    kept_code.keep(jit.generator_hash(), SYMBOL, code)
    assert not kept.exists()


def test_another_generator_s_code_under_this_name_compiles_anew(kept: Path) -> None:
    code = kept.read_bytes()[DIGEST_BYTES:]
    kept.write_bytes(kept_code._sealed("0" * 64, SYMBOL, code))
    assert not is_from_cache()


def test_another_kernel_s_code_under_this_name_compiles_anew(kept: Path) -> None:
    jit.compile_variant(QUICK, "clock")
    (other,) = set(kept.parent.glob("*.object")) - {kept}
    kept.write_bytes(other.read_bytes())
    assert kept_code.read(jit.generator_hash(), SYMBOL) is None
    assert not is_from_cache()


def test_object_code_without_the_function_compiles_anew(kept: Path) -> None:
    jit.compile_variant(QUICK, "clock")
    (other,) = set(kept.parent.glob("*.object")) - {kept}
    kept_code.keep(jit.generator_hash(), SYMBOL, other.read_bytes()[DIGEST_BYTES:])
    assert not is_from_cache()


def test_another_cpu_s_code_is_never_loaded(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that several machines share: each has features, a model and kernels of its own."""
    monkeypatch.setattr(jit, "host_attributes", lambda: '"target-cpu"="z80" "target-features"=""')
    jit.generator_hash.cache_clear()
    try:
        assert kept_code.read(jit.generator_hash(), SYMBOL) is None
    finally:
        monkeypatch.undo()
        jit.generator_hash.cache_clear()


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("microarchitecture", "z80"),
        ("name_by_model", "z80"),
        # The same CPU, whose closest ancestor with rows is another one to another archspec.
        ("host_machine", Machine("z80", {})),
        ("host_machine", None),
        ("host_attributes", '"target-cpu"="z80" "target-features"=""'),
    ],
)
def test_what_the_cpu_is_called_is_another_generator(what: str, told: object, monkeypatch: pytest.MonkeyPatch) -> None:
    _is_another_generator(monkeypatch, jit, what, lambda: told)


@pytest.mark.parametrize(
    ("module", "what", "told"),
    [
        ("llvmlite", "__version__", "0.1"),
        ("llvmlite.binding", "llvm_version_info", (3, 2, 1)),
        ("llvmlite.binding", "get_process_triple", lambda: "z80-unknown-cpm"),
        ("platform", "machine", lambda: "z80"),
        ("sys", "version", "2.7"),
    ],
)
def test_what_else_decides_about_object_code_is_another_generator(
    module: str, what: str, told: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    _is_another_generator(monkeypatch, importlib.import_module(module), what, told)


def _is_another_generator(monkeypatch: pytest.MonkeyPatch, place: object, what: str, told: object) -> None:
    before = jit.generator_hash()
    jit.generator_hash.cache_clear()
    monkeypatch.setattr(place, what, told)
    try:
        assert jit.generator_hash() != before
    finally:
        jit.generator_hash.cache_clear()


def test_object_code_without_the_function_beside_the_kernel_compiles_anew() -> None:
    symbol = jit.symbol_of(QUICK_GRAPH, SCAN)
    kept_code.keep(jit.generator_hash(), symbol, emit_object(QUICK_GRAPH.emit(SCAN, symbol)))
    assert not race._checked(jit.compile_variant(QUICK_GRAPH)).from_cache
    assert race._checked(jit.compile_variant(QUICK_GRAPH)).from_cache


@POSIX
@pytest.mark.parametrize("mode", [0o666, 0o622])
def test_a_file_that_others_may_write_is_not_loaded_and_is_replaced(mode: int, kept: Path) -> None:
    kept.chmod(mode)
    assert not is_from_cache()
    assert kept.stat().st_mode & 0o022 == 0
    assert is_from_cache()


@POSIX
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_nothing_is_loaded_from_a_folder_that_others_may_write_to(mode: int, kept: Path) -> None:
    kept.parent.chmod(mode)
    sticky_and_roots = bool(mode & 0o1000) and os.geteuid() == 0
    assert is_from_cache() is sticky_and_roots


@POSIX
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")
def test_another_user_s_file_is_not_loaded(kept: Path) -> None:
    os.chown(kept, 54321, 54321)
    assert not is_from_cache()


@POSIX
def test_a_link_is_not_followed_even_to_the_very_code(kept: Path, tmp_path: Path) -> None:
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    assert not is_from_cache()
    assert not kept.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == before


@POSIX
@pytest.mark.parametrize("make", ["mkdir", "mkfifo"])
def test_what_is_no_file_is_not_waited_for(make: str, kept: Path) -> None:
    kept.unlink()
    getattr(os, make)(kept)
    assert not is_from_cache()


@POSIX
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_folder_that_cannot_be_read_or_written_costs_compiling_only(mode: int, kept: Path) -> None:
    kept.parent.chmod(mode)
    try:
        if os.access(kept.parent, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert not is_from_cache()
    finally:
        kept.parent.chmod(0o700)


def test_a_home_that_is_no_folder_costs_compiling_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "file" / "hashwatt")
    assert not is_from_cache()
    assert not is_from_cache()


@pytest.mark.parametrize("where", ["write", "replace"])
def test_a_full_disk_costs_the_memory_and_leaves_nothing_half(
    where: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if where == "replace":
        monkeypatch.setattr(os, "replace", full)
    else:
        monkeypatch.setattr(os, "fdopen", full)
        monkeypatch.setattr("builtins.open", full)
    assert not is_from_cache()
    assert [path for path in cache.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.name != "posix", reason="other systems find the cache by other means than HOME")
def test_processes_at_once_agree_and_leave_one_whole_file(cache: Path) -> None:
    def load(_: int) -> str:
        return subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True).stdout.strip()

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(load, range(3)))
    assert set(told) <= {"True", "False"}
    assert load(0) == "True"
    assert len([path for path in cache.rglob("*") if path.is_file()]) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.own_process
def test_a_fork_uses_what_was_loaded_and_loads_anew(kept: Path) -> None:
    before = jit.compile_variant(QUICK)
    child = os.fork()
    if not child:
        fine = False
        try:
            race._checked(before)
            fine = is_from_cache()
        finally:
            os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_code_stays_as_long_as_somebody_can_call_it(kept: Path) -> None:
    run = jit.compile_variant(QUICK).run
    again = [jit.compile_variant(QUICK) for _ in range(3)]
    del again
    assert race._checked(jit.Compiled(QUICK, run, 0.0, True)).run is run


def test_each_load_lies_at_another_place(kept: Path) -> None:
    import ctypes

    loads = [jit.compile_variant(QUICK).run for _ in range(4)]
    places = {ctypes.cast(run, ctypes.c_void_p).value for run in loads}  # type: ignore[arg-type]
    assert len(places) == len(loads)


def test_the_oldest_generators_make_room_and_nothing_outside_is_touched(kept: Path, tmp_path: Path) -> None:
    kernels = kept.parent.parent
    for age in range(MOST_FOLDERS + 3):
        folder = kernels / f"{age:016x}"
        folder.mkdir()
        (folder / "code.nbc").write_bytes(b"of Numba's")
        os.utime(folder, (1e9 - age, 1e9 - age))
    others = [*tmp_path.rglob("elsewhere")]
    jit.compile_variant(QUICK, "clock")
    left = {folder.name for folder in kernels.iterdir()}
    assert left == {kept.parent.name, *(f"{age:016x}" for age in range(MOST_FOLDERS - 1))}
    assert [*tmp_path.rglob("elsewhere")] == others
    assert is_from_cache()


@POSIX
def test_a_link_among_the_generators_is_left_alone(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("")
    for number in range(MOST_FOLDERS + 3):
        (kept.parent.parent / f"link{number}").symlink_to(tmp_path / "precious")
    jit.compile_variant(QUICK, "clock")
    assert (tmp_path / "precious" / "file").exists()


def test_what_a_killed_process_left_half_written_goes_in_time(kept: Path) -> None:
    old, new = (kept.parent / f".hashwatt-{name}.part" for name in ("old", "new"))
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))
    jit.compile_variant(QUICK, "clock")
    assert (old.exists(), new.exists()) == (False, True)


def test_what_llvm_refuses_is_an_error_with_its_words() -> None:
    with pytest.raises(DeviceError, match="LLVM does not compile a kernel"):
        emit_object("define i64 @wrong() { ret i32 0 }")


def test_kernels_are_compiled_kept_and_loaded_without_numba() -> None:
    for _ in range(2):
        code = f"import sys; sys.modules['numba'] = None\n{LOAD}"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert told.stdout.strip() in ("True", "False"), told.stderr
