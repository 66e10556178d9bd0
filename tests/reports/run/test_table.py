"""The table at the end of a run says what was measured, what is unknown, and what is not verified."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from hashwatt.bench.result.model import RateTogether, Result, Together
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.checks import check_result
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.reports.run.several_works import WORK
from hashwatt.reports.run.table import (
    clock_cell,
    device_lines,
    run_faults,
    run_table,
    run_warnings,
    together_lines,
    verdict_cell,
)

from ..factory import result as factory_result
from ..factory import streaming, verified
from ..samples import BAD, GOOD, MACHINE, measured, result, unmeasured


def run_notes(run: Result, verdict: Verdict) -> list[str]:
    return [*run_faults(run, verdict), *run_warnings(run)]


def shown(run: Result, verdict: Verdict = GOOD) -> str:
    console = Console(file=io.StringIO(), width=140)
    console.print(run_table(run, verdict))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_measured_device_shows_its_rate_with_interval_and_origin() -> None:
    table = shown(result())
    assert "25.60 MH/s" in table
    assert "measured" in table
    assert "95% 25.50–25.70" in table


def test_the_amount_of_work_and_its_evidence_are_shown() -> None:
    table = shown(result())
    assert all(words in table for words in ("1.024 G", "hashes", "proven", "251 shares"))


def test_the_workload_is_named_where_there_are_several() -> None:
    run = result(measured(), streaming())
    assert WORK not in shown(result())
    table = shown(run)
    assert all(words in table for words in (WORK, "sha256d", "stream", "20.00 GB/s", "checked", "memory"))
    assert device_lines(run) == ["cpu  Test CPU"]


def test_the_work_of_a_busy_cpu_is_told_where_it_is_known() -> None:
    assert "12.50 GB/s a CPU" in shown(result(replace(streaming(), rate_per_cpu_s=12.5e9)))
    assert "a CPU" not in shown(result())


def test_the_machine_is_named_where_there_are_several() -> None:
    other = replace(MACHINE, id="fedcba9876543210")
    run = replace(result(measured(), replace(measured(), machine=other.id)), machines=(MACHINE, other))
    assert all(machine.id in shown(run) for machine in run.machines)
    assert MACHINE.id not in shown(result())


def test_a_check_that_fails_in_one_work_of_a_device_does_not_touch_its_other() -> None:
    good, lie = verified(), replace(streaming(), amount=1)
    run = factory_result(good, lie)
    verdict, _ = check_result(run)
    assert [verdict_cell(entry, run, verdict) for entry in (good, lie)] == ["verified", "not verified"]


def test_what_was_skipped_says_so() -> None:
    run = result(measured(), unmeasured("skipped", "it is asked for by name only"))
    assert "skipped" in shown(run)
    assert run_notes(run, GOOD) == ["opencl:0: skipped: it is asked for by name only"]


def test_in_80_columns_the_figures_stay_whole_and_the_least_ones_give_way() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(run_table(result(measured(kernel="avx512-x16"), streaming()), GOOD))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(figure in text for figure in ("25.60 MH/s", "25.50–25.70", "20.00 GB/s", "94.2 %"))
    assert all(word in text for word in ("evidence", "proven", "verified"))
    assert max(map(len, text.splitlines())) <= 80


LONGEST = measured("opencl:0", kernel="avx512-x16", roof_percent=100.4)
SUITE = (
    LONGEST,
    replace(streaming(), rate_per_cpu_s=12.5e9),
    replace(streaming(), workload="peak", parameters={"number": "float64", "intensity": 0.125}, unit="flop"),
    unmeasured("skipped", "it has no 64-bit floats"),
)


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_of_several_works_no_row_is_taller_than_two_lines(width: int) -> None:
    run = result(*SUITE)
    console = Console(file=io.StringIO(), width=width)
    console.print(run_table(run, GOOD))
    assert isinstance(console.file, io.StringIO)
    every = console.file.getvalue().partition("(no room")[0].splitlines()
    lines = every[next(at for at, line in enumerate(every) if "──" in line) + 1 :]
    assert max(map(len, lines)) <= width
    # Nor is any line between them empty.
    filled = [line for line in lines if line.strip()]
    assert len(SUITE) <= len(filled) <= 2 * len(SUITE)
    text = " ".join(" ".join(filled).split())
    assert all(figure in text for figure in ("25.60 MH/s", "20.00 GB/s", "about 100 %", "verified", "skipped"))
    assert ("a CPU; a wider window" in console.file.getvalue()) == (width < 120)


def test_where_all_rates_are_measured_the_head_says_so() -> None:
    head = run_table(result(*SUITE), GOOD).columns[2]
    assert head == "rate,\nmeasured"


def test_roof_clock_and_temperature_show_where_they_are_known() -> None:
    table = shown(result())
    assert all(figure in table for figure in ("94.2 %", "2.60 GHz", "61 °C"))


def test_what_is_unknown_is_a_dash_and_never_a_zero() -> None:
    run = result(measured(clock_hz=None, temperature_c=None, roof_percent=None))
    assert [clock_cell(run.results[0]), shown(run).count(" – ")] == ["–\n–", 4]
    assert " 0 " not in shown(run)


def test_a_version_rolled_kernel_is_labelled() -> None:
    assert "version-rolled × 16" in shown(result(measured(prefixes=16)))


def test_a_device_whose_proof_fails_is_not_verified() -> None:
    table = shown(result(measured("cpu"), measured("opencl:0")), BAD)
    assert table.count("not verified") == 1
    assert table.count("verified") == 2


def test_a_failed_device_has_no_figures_and_its_reason_below() -> None:
    run = result(measured(), unmeasured("failed", "the driver did not answer"))
    assert "failed" in shown(run)
    assert "opencl:0: failed: the driver did not answer" in run_notes(run, GOOD)


def test_an_interrupted_device_keeps_its_figures_and_says_so() -> None:
    table = shown(result(measured(status="interrupted")))
    assert "25.60 MH/s" in table
    assert "interrupted" in table


def test_warnings_of_the_run_and_of_a_device_are_listed() -> None:
    busy = WarningRecord(code="contention", text="other programs were busy; close them")
    drift = WarningRecord(code="drift", text="the rate fell; let the machine cool")
    notes = run_notes(result(measured(warnings=(drift,)), warnings=(busy,)), GOOD)
    assert notes == ["other programs were busy; close them", "cpu: the rate fell; let the machine cool"]


def test_what_several_devices_share_is_said_once() -> None:
    busy = WarningRecord(code="contention", text="other programs were busy; close them")
    run = result(measured("cpu", warnings=(busy,)), measured("opencl:0", warnings=(busy,)))
    assert run_notes(run, GOOD) == ["cpu, opencl:0: other programs were busy; close them"]


def test_rows_of_a_device_that_cannot_be_measured_for_the_same_reason_say_so_once() -> None:
    rows = (unmeasured("skipped", "cpu: no room for its arrays; close programs", "cpu"),) * 2
    assert run_faults(result(measured(), *rows), GOOD) == ["skipped: cpu: no room for its arrays; close programs"]


def test_rows_that_an_interrupt_left_unmeasured_are_told_of_once_for_each_device() -> None:
    devices = ("cpu", "cpu", "cpu", "opencl:0")
    rows = [unmeasured("interrupted", "the run was interrupted", device) for device in devices]
    assert run_faults(result(measured("cpu"), *rows), GOOD) == [
        "cpu and 2 more: interrupted: the run was interrupted",
        "opencl:0: interrupted: the run was interrupted",
    ]


def test_what_a_cache_may_serve_comes_first() -> None:
    wide = WarningRecord(code="wide_interval", text="the interval is wide")
    near = WarningRecord(code="near_cache", text="arrays of 0.5 times the largest cache")
    notes = run_warnings(result(measured(warnings=(wide,)), replace(streaming(), warnings=(wide, near))))
    places = [next(at for at, note in enumerate(notes) if one.text in note) for one in (near, wide)]
    assert places == sorted(places)


def test_each_id_is_explained_below_the_table() -> None:
    assert device_lines(result(measured("cpu"), measured("opencl:0"))) == [
        "cpu       Test CPU",
        "opencl:0  Test CPU",
    ]


def test_a_device_that_its_sentence_names_is_not_named_twice() -> None:
    run = result(unmeasured("failed", "opencl:0 did not answer"))
    assert run_notes(run, GOOD) == ["failed: opencl:0 did not answer"]


def test_what_the_devices_reach_together_is_shown_beside_what_it_is_of_their_rates_alone() -> None:
    shared = WarningRecord(code="shared_cores", text="cpu and opencl:0 run on the same cores")
    lost = unmeasured("failed", "the driver did not answer")
    together = Together(
        seconds=5.0,
        reason=None,
        results=(measured("cpu"), lost),
        rates=(RateTogether(machine=MACHINE.id, device="cpu", workload="sha256d", rate=12.8e6, ratio_to_alone=0.5),),
        sum_rate=12.8e6,
        unit="hash",
        warnings=(shared,),
    )
    run = replace(result(measured("cpu"), measured("opencl:0")), together=together)
    assert together_lines(run) == [
        "All at once, for 5.0 s:",
        "  cpu  12.80 MH/s measured, 50.0 % of its rate alone",
        "  sum  12.80 MH/s",
    ]
    assert run_notes(run, GOOD) == [
        "together: opencl:0: failed: the driver did not answer",
        "cpu and opencl:0 run on the same cores",
    ]


def test_what_could_not_be_measured_together_says_why() -> None:
    nothing = Together(seconds=None, reason="it takes two", results=(), rates=(), sum_rate=None, unit=None, warnings=())
    assert together_lines(replace(result(), together=nothing)) == ["Not measured together: it takes two"]
    assert together_lines(result()) == []


def test_refused_checks_are_listed() -> None:
    assert run_notes(result(), BAD) == ["cpu: share 3 does not meet the target"]


def test_a_driver_s_words_reach_the_terminal_neither_as_markup_nor_as_control_characters() -> None:
    run = result(measured(name="evil\x1b[2J\u202e", kernel="[bold]k\x1b[2J"))
    assert "[bold]k\\x1b[2J" in shown(run)
    assert "evil\\x1b[2J\\u202e" in device_lines(run)[0]
    assert "\x1b[2J" not in shown(run) + device_lines(run)[0]
