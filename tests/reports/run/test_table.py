"""The table at the end of a run says what was measured, what is unknown, and what is not verified."""

from __future__ import annotations

import io

from msgspec.structs import replace
from rich.console import Console

from hashwatt.bench.result.model import RateTogether, Result, Together
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.reports.run.table import clock_cell, device_lines, run_notes, run_table, together_lines

from ..samples import BAD, GOOD, measured, result, unmeasured


def shown(run: Result, verdict: Verdict = GOOD) -> str:
    console = Console(file=io.StringIO(), width=140)
    console.print(run_table(run, verdict))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_measured_device_shows_its_rate_with_interval_and_origin() -> None:
    table = shown(result())
    assert "25.60 MH/s measured" in table
    assert "95% 25.50–25.70" in table


def test_hashes_and_shares_stand_beside_what_was_expected() -> None:
    table = shown(result())
    assert "1.024 G" in table
    assert "251 found" in table
    assert "244.1 expected" in table


def test_roof_clock_and_temperature_show_where_they_are_known() -> None:
    table = shown(result())
    assert all(figure in table for figure in ("94.2 %", "2.60 GHz", "61 °C"))


def test_what_is_unknown_is_a_dash_and_never_a_zero() -> None:
    run = result(measured(clock_hz=None, temperature_c=None, roof_percent=None))
    assert [clock_cell(run.devices[0]), shown(run).count(" – ")] == ["–\n–", 4]
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
        devices=(measured("cpu"), lost),
        rates=(RateTogether(device="cpu", hashrate_hs=12.8e6, ratio_to_alone=0.5),),
        sum_hs=12.8e6,
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
    nothing = Together(seconds=None, reason="it takes two", devices=(), rates=(), sum_hs=None, warnings=())
    assert together_lines(replace(result(), together=nothing)) == ["Not measured together: it takes two"]
    assert together_lines(result()) == []


def test_refused_checks_are_listed() -> None:
    assert run_notes(result(), BAD) == ["cpu: share 3 does not meet the target"]


def test_a_driver_s_words_reach_the_terminal_neither_as_markup_nor_as_control_characters() -> None:
    run = result(measured(name="evil\x1b[2J\u202e", kernel="[bold]k\x1b[2J"))
    assert "[bold]k\\x1b[2J" in shown(run)
    assert "evil\\x1b[2J\\u202e" in device_lines(run)[0]
    assert "\x1b[2J" not in shown(run) + device_lines(run)[0]
