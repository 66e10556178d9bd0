"""What devices did at once is in every report, with its meaning, and only where it verifies."""

from __future__ import annotations

import csv
import io
from functools import cache

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.model import RateTogether, Result, Together
from hashwatt.bench.verification.verdict import Check
from hashwatt.reports.collect.gather import Collection, checks_of, collect, entries_of
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for
from hashwatt.reports.layout.together_tables import MEANING, together_tables

from ..samples import measured, result, unmeasured
from ..shown import leave_out_the_ladder

AT_ONCE = 20_480_000.0


def at_once(reason: str | None = None) -> Result:
    """Two devices that keep 80 % of their rates beside each other, or were not measured so."""
    devices = (measured(), measured("opencl:0", name="Test GPU"))
    rates = tuple(
        RateTogether(
            machine=each.machine, device=each.device.id, workload=each.workload, rate=AT_ONCE, ratio_to_alone=0.8
        )
        for each in devices
    )
    together = Together(
        seconds=None if reason else 10.0,
        reason=reason,
        results=() if reason else devices,
        rates=() if reason else rates,
        sum_rate=None if reason else 2 * AT_ONCE,
        unit=None if reason else "hash",
        warnings=(),
    )
    return replace(result(*devices), together=together)


def collected(given: Result, *checks: Check) -> Collection:
    return collect([given], entries_of(given, checks), [])


@cache
def shown(suffix: str) -> str:
    return format_for(f"x{suffix}").render(report_on(collected(at_once()))).decode("utf-8-sig")


def test_each_device_has_its_rate_beside_the_others_and_what_it_kept() -> None:
    (table,) = together_tables(collected(at_once()))
    assert table.caption == "sha256d, all at once, for 10.0 s, run 1f0c9a3e"
    assert table.rows == (
        ("Test CPU\ncpu", "20.48 MH/s\n● measured", "80.0 %"),
        ("Test GPU\nopencl:0", "20.48 MH/s\n● measured", "80.0 %"),
        ("sum of 2", "40.96 MH/s\n● measured", "–"),
    )


def test_runs_without_it_have_no_table() -> None:
    assert together_tables(collected(result())) == []


def test_what_was_not_measured_at_once_has_its_reason() -> None:
    (table,) = together_tables(collected(at_once("the CPU was \x1b[2Jgone")))
    assert table.rows == (("all at once", "–", "not measured\nthe CPU was \\x1b[2Jgone"),)


@pytest.mark.parametrize(
    "check",
    [
        Check(code="together", ok=False, sentence="the rates add up to less"),
        Check(code="amount", ok=False, sentence="the rates add up to less", device="together cpu"),
        Check(code="schema", ok=False, sentence="the rates add up to less"),
        Check(code="amount", ok=False, sentence="the rates add up to less", device="cpu"),
    ],
)
def test_no_figure_that_does_not_verify_is_shown(check: Check) -> None:
    (table,) = together_tables(collected(at_once(), check))
    assert table.rows == (("all at once", "–", "not verified\nthe rates add up to less"),)


def test_a_forged_rate_is_found_by_the_checks_themselves() -> None:
    given = at_once()
    (table,) = together_tables(collect([given], entries_of(given, checks_of(given)), []))
    # The sample's shares are those of no real run.
    assert table.rows[0][2].startswith("not verified")


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_a_reader_finds_it_with_its_meaning(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_the_ladder(monkeypatch)
    text = shown(suffix)
    assert "All at once" in text
    assert MEANING in text
    assert "40.96" in text


def test_tables_of_figures_have_it_and_leave_it_blank_elsewhere() -> None:
    rows = list(csv.DictReader(io.StringIO(shown(".csv"))))
    assert [(row["together_per_s"], row["together_of_alone"]) for row in rows] == [("20480000.0", "0.8")] * 2
    alone = format_for("x.csv").render(report_on(collected(result(measured(), unmeasured("failed", "gone")))))
    for row in csv.DictReader(io.StringIO(alone.decode("utf-8-sig"))):
        assert (row["together_per_s"], row["together_of_alone"]) == ("", "")
