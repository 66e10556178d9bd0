"""In an interpreter a result is a few lines with its figures, and none of its parts prints thousands of samples."""

from __future__ import annotations

import msgspec
import pytest
from rich.pretty import pretty_repr

from hashwatt.bench.result.brief import SHOWN_CHARACTERS, SHOWN_LINES
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_result
from hashwatt.kernels.workloads.evidence import Shares

from ..fakes import FAST_HS, measured


@pytest.fixture(scope="module")
def result() -> Result:
    return measured("steady", "broken", seconds=1.0, rate_hs=FAST_HS)


def test_a_result_shows_when_where_and_a_line_for_each_measurement(result: Result) -> None:
    first, steady, broken = repr(result).splitlines()
    assert result.created in first
    assert result.run_id[:8] in first
    assert "fake:steady, sha256d(prefixes=1): 5" in steady
    assert "kH/s measured (" in steady
    assert "% of its roof" in steady
    assert broken.strip().startswith("fake:broken, sha256d(prefixes=1): failed, ")
    assert str(result.results[1].reason)[:40] in broken


def test_rich_shows_the_same(result: Result) -> None:
    assert pretty_repr(result) == repr(result)
    assert pretty_repr(result.results[0]) == repr(result.results[0])


def test_no_part_is_longer_than_a_screen(result: Result) -> None:
    entry = result.results[0]
    assert isinstance(entry.evidence, Shares)
    assert len(entry.evidence.shares) > 80
    assert len(entry.rounds[0].samples) > 3
    for part in (entry, entry.evidence, entry.rounds, entry.energy, result.machines, check_result(result)[0]):
        assert len(repr(part)) < 2000, part
    assert f"… {len(entry.rounds[0].samples):,} in all)" in repr(entry.rounds[0])


def test_a_part_shows_its_short_fields_as_they_are(result: Result) -> None:
    entry = result.results[0]
    assert f"id={entry.device.id!r}" in repr(entry.device)
    assert f"value={entry.rate.value!r}" in repr(entry.rate) if entry.rate else False


def test_many_measurements_and_long_reasons_are_cut_short_and_counted(result: Result) -> None:
    long = msgspec.structs.replace(result.results[1], reason="because " * 100)
    many = msgspec.structs.replace(result, results=(long,) * 40)
    lines = repr(many).splitlines()
    assert len(lines) == 1 + SHOWN_LINES + 1
    assert lines[-1].strip() == f"… and {40 - SHOWN_LINES} more"
    assert max(map(len, lines)) <= SHOWN_CHARACTERS + 2


def test_measurements_of_several_machines_name_theirs(result: Result) -> None:
    other = msgspec.structs.replace(result.machines[0], id="f" * 16)
    both = msgspec.structs.replace(result, machines=(result.machines[0], other))
    first, steady, _ = repr(both).splitlines()
    assert "2 machines" in first
    assert steady.strip().startswith(result.machines[0].id)


def test_no_share_of_a_roof_that_cannot_be_right_is_shown() -> None:
    entry = measured("low-roofed", seconds=1.0, rate_hs=FAST_HS).results[0]
    assert entry.roof is not None
    assert "%" not in repr(entry)


def test_a_verdict_counts_what_holds_and_names_what_does_not(result: Result) -> None:
    verdict = check_result(result)[0]
    assert repr(verdict) == f"Verdict: verified, {len(verdict.checks)} of {len(verdict.checks)} checks hold"
    less = msgspec.structs.replace(result.results[0], amount=result.results[0].amount - 1)
    refused = check_result(msgspec.structs.replace(result, results=(less,)))[0]
    lines = repr(refused).splitlines()
    assert lines[0].startswith("Verdict: refused, ")
    failed = [check for check in refused.checks if not check.ok]
    assert len(lines) == 1 + len(failed)
    assert all(check.sentence in line for check, line in zip(failed, lines[1:], strict=True))
