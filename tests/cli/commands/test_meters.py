"""`hashwatt meters` lists what can measure energy, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import hashwatt.bench.api
from hashwatt.bench.energy.meter import Counter, Coverage, Meter, MeterEntry, MeterFound, MeterInfo, MeterMissing

from ..terminal import run_here

Capture = pytest.CaptureFixture[str]

PACKAGE = MeterInfo(
    id="rapl:package",
    name="RAPL CPU packages (package-0)",
    scope="package",
    coverage=Coverage("processor"),
    update_s=0.002,
    bound_source="its step",
    counters=(Counter("package-0", 6e-5, 2000.0),),
)
LOCKED = MeterMissing("nvml:0", "the card \x1b[31mdoes not answer", "check `nvidia-smi`")


def never_opened() -> Meter:
    raise AssertionError


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[[MeterEntry], None]:
    entries: list[MeterEntry] = []
    monkeypatch.setattr(hashwatt.bench.api, "meters", lambda: entries)
    return entries.append


def test_a_meter_is_shown_with_its_scope_and_method(known: Callable[[MeterEntry], None], capsys: Capture) -> None:
    known(MeterFound(PACKAGE, never_opened))
    out = run_here(capsys, "meters").out
    assert all(words in out for words in ("rapl:package", "package", "integrated counter", "RAPL CPU packages"))


def test_a_meter_of_unknown_coverage_is_shown_as_such(known: Callable[[MeterEntry], None], capsys: Capture) -> None:
    known(MeterFound(replace(PACKAGE, id="hwmon:ina3221", scope=None, coverage=Coverage("unknown")), never_opened))
    assert "unknown coverage: no joules a unit of work" in " ".join(run_here(capsys, "meters").out.split())


def test_a_missing_meter_is_shown_with_its_reason_and_mend(
    known: Callable[[MeterEntry], None], capsys: Capture
) -> None:
    known(LOCKED)
    out = run_here(capsys, "meters").out
    assert "does not answer" in out
    assert "what helps: check `nvidia-smi`" in out
    assert "\x1b" not in out


def test_what_can_be_had_anywhere_is_listed_too(capsys: Capture, known: Callable[[MeterEntry], None]) -> None:
    out = run_here(capsys, "meters").out
    assert all(form in out for form in ("shelly://HOST", "tasmota://HOST", "exec:COMMAND", "file:PATH", "estimated:"))


def test_json_has_the_same_fields_for_all(known: Callable[[MeterEntry], None], capsys: Capture) -> None:
    known(MeterFound(PACKAGE, never_opened))
    known(LOCKED)
    found, missing = run_here(capsys, "meters", "--json").document["meters"]
    assert found.keys() == missing.keys()
    assert (found["available"], found["scope"], found["reason"]) == (True, "package", None)
    assert (missing["available"], missing["scope"], missing["remedy"]) == (False, None, "check `nvidia-smi`")


@pytest.mark.parametrize("meter", ["geiger", "shelly://", "exec:", "estimated:lots", "exec+moon:true"])
def test_a_meter_that_is_none_is_bad_input(capsys: Capture, meter: str) -> None:
    outcome = run_here(capsys, "run", "-d", "cpu", "--meter", meter)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("seconds", ["-1", "0.1", "nan", "1e9"])
def test_idling_for_an_impossible_time_is_bad_input(capsys: Capture, seconds: str) -> None:
    outcome = run_here(capsys, "run", "-d", "cpu", "--idle", seconds)
    assert outcome.code == 2
    assert "idle baseline" in outcome.err
