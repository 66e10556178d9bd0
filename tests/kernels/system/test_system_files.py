"""Small files of the system: what cannot be read is unknown, and nothing is taken for a number that is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hashwatt.kernels.system.system_files import (
    PAGE_BYTES,
    ROOT_VARIABLE,
    count_or_none,
    located,
    noting_reads,
    read_count,
    read_line,
    read_text,
    text_or_none,
)


def test_the_first_line_is_read_without_the_space_around_it(tmp_path: Path) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"  QEMU \0\nsecond\n")
    assert read_line(str(path)) == "QEMU"
    assert read_text(path).endswith("second")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0"])
def test_an_empty_file_is_as_unknown_as_a_missing_one(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(content)
    for path in (tmp_path / "empty", tmp_path / "missing", tmp_path):
        assert text_or_none(path) is None
        assert read_line(path) is None


@pytest.mark.parametrize("content", ["-1", "1.5", "٣", "x", "", "9" * 21, "0x10"])
def test_only_plain_counts_are_counts(content: str, tmp_path: Path) -> None:
    path = tmp_path / "energy_uj"
    path.write_text(content, encoding="utf-8")
    assert count_or_none(path) is None
    with pytest.raises(ValueError, match="where a count was expected"):
        read_count(path)
    path.write_text("1234\n")
    assert read_count(path) == count_or_none(path) == 1234


def test_no_more_than_a_page_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"1" * (PAGE_BYTES + 10))
    assert len(read_text(path)) == PAGE_BYTES


def test_what_is_read_is_noted_and_what_may_not_be_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open").write_text("7")
    (tmp_path / "closed").write_text("8")

    def opened(path: Path, flags: int) -> int:
        if path.name == "closed":
            raise PermissionError
        return true_open(path, flags)

    true_open = os.open
    monkeypatch.setattr("os.open", opened)
    with noting_reads() as noted:
        for name in ("open", "closed", "missing"):
            text_or_none(tmp_path / name)
    text_or_none(tmp_path / "open")
    assert noted == {str(tmp_path / "open"): b"7", str(tmp_path / "closed"): None}


def test_only_the_system_s_own_folders_are_moved_below_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert located("/proc/cpuinfo") == Path("/proc/cpuinfo")
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    assert located("/proc/cpuinfo") == tmp_path / "proc/cpuinfo"
    assert located("/sys/class/hwmon") == tmp_path / "sys/class/hwmon"
    assert located("/procedures/x") == Path("/procedures/x")
    assert located(tmp_path / "sys/class") == tmp_path / "sys/class"
