"""The command of fleets: it takes every option of `run`, says what is missing, and ends as the machines did."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec.structs import replace

import hashwatt.bench.api
from hashwatt.bench.fleet.extra import MISSING
from hashwatt.bench.fleet.fleet import Fleet, Listing
from hashwatt.bench.result.fleet import FleetRecord, Lost, Member
from hashwatt.bench.result.model import Result
from hashwatt.cli.commands.fleet import API_NAMES, OURS, RENAMED, as_asked, options_of_run, run_fleet
from hashwatt.cli.commands.run import run
from tests.fleet.fake_link import host
from tests.reports.factory import machine, on_machine, result, verified, with_energy

from ..terminal import run_here

Capture = pytest.CaptureFixture[str]
LOST = Lost(machine=None, name="node7", address="tcp://10.0.0.7:4", reason="its worker has gone; run again")


def a_fleets_result(**changes: Any) -> Result:
    """Two machines that measured, and one that is lost."""
    ids = ("a" * 16, "b" * 16)
    entries = [on_machine(with_energy(verified(), 2e6, covers="the device"), one) for one in ids]
    members = tuple(
        Member(machine=one, name=f"node{number}", workers=1, created="2025-05-12T10:15:00Z", clock_ahead_s=0.0,
               started_s=None, libraries={}, warnings=())
        for number, one in enumerate(ids)
    )  # fmt: skip
    fleet = FleetRecord(trial=False, together=False, spread_s=None, members=members, lost=(LOST,))
    made = result(*entries, machines=tuple(machine(id=one) for one in ids), fleet=fleet)
    return replace(made, **changes)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A fleet that measures at once: what it was asked is kept."""
    asked: dict[str, Any] = {}

    def answer(_fleet: Fleet, **options: Any) -> Result:
        asked.update(options)
        return a_fleets_result()

    monkeypatch.setattr(Fleet, "__enter__", lambda fleet: fleet)
    monkeypatch.setattr(Fleet, "__exit__", lambda *_: None)
    monkeypatch.setattr(Fleet, "run", answer)
    return asked


def test_every_option_of_run_is_one_of_a_fleet() -> None:
    ours = {option.name for option in run_fleet.params}
    assert {RENAMED.get(str(option.name), option.name) for option in run.params} <= ours
    assert len(ours) == len(run_fleet.params), "none stands twice"


def test_every_option_that_goes_to_the_machines_is_one_of_the_python_api() -> None:
    """Where this fails, `run` has an option that its Python API calls otherwise: see API_NAMES."""
    known = set(inspect.signature(hashwatt.bench.api.run).parameters)
    back = {name: original for original, name in RENAMED.items()}
    for option in options_of_run():
        assert isinstance(option, click.Option)
        name = str(option.name)
        if option.expose_value and name not in OURS:
            assert API_NAMES.get(name, back.get(name, name)) in known, name


def test_options_are_handed_on_as_the_api_takes_them() -> None:
    assert as_asked({"devices": ("cpu",), "meters": (), "seconds": 2.0, "path": "x", "quiet": True, "new": None}) == {
        "device_ids": ["cpu"], "meters": None, "seconds": 2.0, "new": None,
    }  # fmt: skip


def test_a_run_stores_one_file_with_all_machines_and_tells_sums_and_the_lost(
    measured: dict[str, Any], tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "fleet.json"
    outcome = run_here(
        capsys, "fleet", "run", "tcp://head:8786", "-d", "cpu", "-t", "3", "--together", "--devices-together",
        "-o", str(path),
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert measured["device_ids"] == ["cpu"]
    assert (measured["seconds"], measured["together"], measured["devices_together"]) == (3.0, True, True)
    assert hashwatt.bench.api.load(path) == a_fleets_result()
    assert "All 2 machines, sha256d: " in outcome.out
    assert "package: " in outcome.out
    assert "lost: node7: its worker has gone; run again" in outcome.err


def test_an_existing_file_is_not_written_over(measured: dict[str, Any], tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "there.json"
    path.write_text("mine")
    outcome = run_here(capsys, "fleet", "run", "tcp://head:8786", "-o", str(path))
    assert outcome.code == 2
    assert path.read_text() == "mine"
    assert not measured, "before anything is measured"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "either a scheduler's address"),
        (("tcp://head:8786", "--local", "2"), "either a scheduler's address"),
        (("--local", "0"), "1 to 64 local workers"),
        (("nonsense://",), "no Dask scheduler answers at nonsense://"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: tuple[str, ...], says: str, capsys: Capture) -> None:
    outcome = run_here(capsys, "fleet", "devices", *arguments)
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


def test_where_dask_is_missing_that_is_said(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = run_here(capsys, "fleet", "run", "tcp://head:8786")
    assert outcome.code == 2
    assert outcome.err == f"hashwatt: {MISSING}\n"


def test_nothing_of_dask_is_imported_before_it_is_asked_for() -> None:
    script = "import sys, hashwatt.cli.app, hashwatt; hashwatt.Fleet; print({'distributed', 'dask'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout == "set()\n"


def test_listings_name_each_machine_s_devices_and_who_could_not_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    told = {"devices": [{"id": "cpu", "name": "Some \x1b[31mCPU", "driver": "numba"}, "no entry"]}
    listing = Listing(machines=((host("node1"), told),), lost=(LOST,))
    monkeypatch.setattr(Fleet, "__enter__", lambda fleet: fleet)
    monkeypatch.setattr(Fleet, "__exit__", lambda *_: None)
    monkeypatch.setattr(Fleet, "devices", lambda _: listing)
    outcome = run_here(capsys, "fleet", "devices", "tcp://head:8786")
    assert outcome.code == 0
    assert "node1" in outcome.out
    assert "\x1b" not in outcome.out
    assert "! lost: node7: its worker has gone; run again" in outcome.err


def test_verify_tells_the_checks_of_each_machine(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "fleet.json"
    hashwatt.bench.api.save(a_fleets_result(), path)
    outcome = run_here(capsys, "verify", str(path), "--effort", "0")
    assert outcome.code == 0, outcome.err
    assert f"machine {'a' * 16}, cpu: " in outcome.out
    assert f"machine {'b' * 16}, cpu: " in outcome.out
