"""-v shows a driver's whole build log on stderr, and its control characters as text."""

from __future__ import annotations

from pathlib import Path

import pytest

import hashwatt.bench.api
from hashwatt.bench import api
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.fakes.device import FakeDevice, fake_info

from .terminal import run_here

Capture = pytest.CaptureFixture[str]
LOG = ("kernel.cl:1: error: no such instruction\\x1b[2J", "kernel.cl:2: note: see line 1")


def opened(_options: DeviceOptions) -> FakeDevice:
    return FakeDevice("unready")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = Found(fake_info("unready"), opened)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hashwatt.bench.api, "devices", lambda: [found])
    monkeypatch.setattr(api, "find_all", lambda *_: [found])


COMMANDS = [
    ("run", "-t", "0.5", "--meter", "none"),
    ("devices", "--kernels"),
    ("scan", "--header", "00" * 80, "--zero-bits", "20", "--count", "9"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_build_log_is_shown_when_asked_for_and_only_then(capsys: Capture, command: tuple[str, ...]) -> None:
    asked = run_here(capsys, *command, "-v")
    lines = asked.err.splitlines()
    assert all(line in lines for line in LOG), asked.err
    assert "cannot compile its kernel" in asked.err
    not_asked = run_here(capsys, *command)
    assert not any(line in not_asked.err for line in LOG)
    assert not_asked.code == asked.code


def test_json_stays_one_document(capsys: Capture) -> None:
    outcome = run_here(capsys, "run", "-t", "0.5", "--meter", "none", "-v", "--json")
    assert outcome.document["result"]["results"][0]["status"] == "failed"
    assert LOG[1] in outcome.err
