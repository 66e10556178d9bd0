"""What is odd on a machine costs its own line of the first hour's description, and no other."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .questions import machine


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_icd_files_that_cannot_be_read_are_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.icd").write_bytes(b"libnvidia-opencl.so.1\n\xff")
    (tmp_path / "b.icd").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "c.icd")
    monkeypatch.setattr(machine, "VENDORS", tmp_path)
    told = machine.machine()["icd_files"]
    assert told["a.icd"].startswith("libnvidia-opencl.so.1")
    assert "No such file" in told["b.icd"]
    assert told["c.icd"] == "no regular file"


def test_a_package_without_its_metadata_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken-1.dist-info").mkdir()
    (tmp_path / "numpy-9.9.dist-info").mkdir()
    (tmp_path / "numpy-9.9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 9.9\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert machine.machine()["packages"] == {"numpy": "9.9"}


def test_a_program_that_says_odd_bytes_is_quoted() -> None:
    said = machine._said(sys.executable, "-c", "import sys; sys.stdout.buffer.write(bytes([255, 65]))")
    assert said == "\ufffdA"
