from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hashwatt.bench.api import check_writable, load, save, verify
from hashwatt.bench.result.file import MAX_FILE_BYTES, SchemaViolation, decode, encode
from hashwatt.bench.result.model import Result
from hashwatt.kernels.errors import InputError

posix_only = pytest.mark.skipif(os.name != "posix", reason="permissions and pipes as POSIX has them")


def write(folder: Path, content: bytes) -> Path:
    path = folder / "result.json"
    path.write_bytes(content)
    return path


def test_a_saved_result_loads_as_it_was(honest_result: Result, tmp_path: Path) -> None:
    save(honest_result, tmp_path / "r.json")
    assert load(str(tmp_path / "r.json")) == honest_result
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"not json", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b'{"schema_version": 1, "run_id": NaN}', "is not JSON"),
        (b"[NaN, NaN, Infinity]", "is not JSON"),
        (b"\x00" * 1000, "is not JSON"),
        (b'{"schema_version": 3}', "newer hashwatt"),
        (b'{"schema_version": 999, "whatever": {"is": ["in", "it"]}}', "upgrade hashwatt"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"schema_version": 1, "x": ' + b'{"a":' * 1_000_000, "nested too deeply"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_file_that_is_no_result_is_refused_in_one_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    for reader in (load, verify):
        with pytest.raises(InputError, match=sentence) as raised:
            reader(write(tmp_path, content))
        assert "\n" not in str(raised.value)
        assert len(str(raised.value)) < 500


def test_a_truncated_result_is_refused_wherever_it_is_cut(honest_file: Path, tmp_path: Path) -> None:
    content = honest_file.read_bytes().rstrip()
    for length in range(1, len(content), len(content) // 97):
        with pytest.raises(InputError):
            verify(write(tmp_path, content[:length]))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "none.json")
    with pytest.raises(InputError, match="is not a file"):
        load(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        load("a\0b")


def test_a_gigabyte_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match=f"over {MAX_FILE_BYTES >> 20} MiB"):
        load(path)


@posix_only
def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a file"):
        load(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b'"note": "an honest run"', b'"note": "\\u001b[31mred"', "control characters"),
        (b'"note": "an honest run"', b'"note": "x", "extra": 1', "unknown field"),
        (b'"note": "an honest run"', b'"note": 5', "note"),
        (b'"unit": "hash"', b'"unit": null', "unit"),
        (b'"confidence": 0.95', b'"confidence": 2', "confidence"),
        (b'"schema_version": 2', b'"schema_version": 0', "schema_version"),
        (b'"schema_version": 2', b'"schema_version": 1.5', "schema_version"),
    ],
)
def test_a_schema_violation_names_its_place(
    old: bytes, new: bytes, place: str, honest_file: Path, tmp_path: Path
) -> None:
    content = honest_file.read_bytes()
    assert old in content
    path = write(tmp_path, content.replace(old, new))
    with pytest.raises(SchemaViolation, match=place):
        load(path)
    verdict = verify(path)
    assert not verdict.ok
    assert [check.code for check in verdict.checks] == ["schema"]
    assert place in verdict.checks[0].sentence


def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    honest_result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, b"precious")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        save(honest_result, path)
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


@posix_only
def test_saving_through_a_link_replaces_the_file_and_keeps_the_link(honest_result: Result, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(b"old")
    (tmp_path / "link.json").symlink_to("real.json")
    save(honest_result, tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert load(tmp_path / "real.json") == honest_result


@posix_only
def test_a_saved_file_has_the_users_usual_permissions(honest_result: Result, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save(honest_result, tmp_path / "r.json")
    finally:
        os.umask(before)
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o640


def test_checking_a_path_leaves_nothing_behind_and_touches_no_file(tmp_path: Path) -> None:
    check_writable(tmp_path / "new.json")
    assert list(tmp_path.iterdir()) == []
    path = write(tmp_path, b"precious")
    check_writable(path)
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    "name", ["no/such/folder.json", "", "x" * 300 + ".json", "a\0b"], ids=["folder", "itself", "long", "nul"]
)
def test_a_path_that_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_writable(f"{tmp_path}/{name}")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(tmp_path / "r.json")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a device file")
def test_a_device_file_is_never_replaced() -> None:
    with pytest.raises(InputError, match="not a regular file"):
        check_writable("/dev/null")


def test_a_file_that_fits_is_read_once(honest_result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    # A fleet's file has tens of megabytes.
    data, real, read = encode(honest_result), msgspec.json.decode, list[int]()

    def counted(content: bytes, **options: Any) -> Any:
        read.append(len(content))
        return real(content, **options)

    monkeypatch.setattr(msgspec.json, "decode", counted)
    assert decode(data, "a file") == honest_result
    assert len(read) == 1
