"""`hashwatt snapshot`, and a root that is none."""

from __future__ import annotations

import json
import os
import sys
import tarfile
from pathlib import Path

import pytest

from hashwatt.bench.api import save
from hashwatt.cli.app import execute
from hashwatt.kernels.system.system_files import ROOT_VARIABLE

from ...bench.fakes import measured, this_machine


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Kept for other tests, which are to see this machine.
    this_machine()
    root = tmp_path / "tree"
    (root / "proc").mkdir(parents=True)
    (root / "proc/cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU\n")
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    return root


@pytest.mark.usefixtures("tree")
def test_it_writes_an_archive_and_says_how_to_look_into_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "machine.tar"
    assert execute(["snapshot", "-o", str(target)]) == 0
    assert "tar -tf" in capsys.readouterr().out
    with tarfile.open(target) as archive:
        assert "proc/cpuinfo" in archive.getnames()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such name")
@pytest.mark.usefixtures("tree")
def test_a_name_that_is_no_text_is_text_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["snapshot", "-o", os.fsdecode(bytes(tmp_path) + b"/\xff.tar"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == f"{tmp_path}/\ufffd.tar"


@pytest.mark.usefixtures("tree")
def test_it_writes_over_nothing_unless_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "thesis.txt"
    target.write_text("years of work")
    assert execute(["snapshot", "-o", str(target)]) == 2
    assert "exists already; choose another name, or write over it with --force" in capsys.readouterr().err
    assert target.read_text() == "years of work"
    assert execute(["snapshot", "-o", str(target), "--force"]) == 0
    assert tarfile.is_tarfile(target)


@pytest.mark.usefixtures("tree")
def test_it_does_not_overwrite_a_measurement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "result.json"
    save(measured("steady", seconds=2.0), target)
    before = target.read_bytes()
    assert execute(["snapshot", "-o", str(target)]) == 2
    assert "holds a measurement" in capsys.readouterr().err
    assert target.read_bytes() == before


def test_a_root_that_is_none_is_bad_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, "/no/such/folder")
    assert execute(["meters"]) == 2
    assert "HASHWATT_ROOT names no folder" in capsys.readouterr().err
