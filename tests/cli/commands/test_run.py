"""`hashwatt run` stores one result file, shows it, and ends as the run did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import hashwatt.bench.api
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Alternated, AlternatedPair, RateTogether, Result, Together
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.kernels.errors import InputError
from tests.reports.samples import BAD, GOOD, measured, result, unmeasured

from ..terminal import run_here

Capture = pytest.CaptureFixture[str]


class Harness:
    """Stands in for the harness: answers with a ready result, and remembers what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer: Result = result()
        self.verdict: Verdict = GOOD
        self.asked: dict[str, Any] = {}
        monkeypatch.setattr(hashwatt.bench.api, "run", self.run)
        monkeypatch.setattr(hashwatt.bench.api, "verify", lambda *given: self.verdict)

    def run(self, device_ids: object, **settings: object) -> Result:
        self.asked = {"device_ids": device_ids, **settings}
        return self.answer


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Harness:
    monkeypatch.chdir(tmp_path)
    return Harness(monkeypatch)


def test_the_result_gets_a_name_of_its_own_in_this_folder(harness: Harness, capsys: Capture) -> None:
    outcome = run_here(capsys, "run")
    assert outcome.code == 0
    (stored,) = Path().iterdir()
    assert stored.name == "hashwatt-20250512T101500Z-1f0c9a3e.json"
    assert f"hashwatt verify {stored.name}" in outcome.out


def test_the_table_shows_the_figures(harness: Harness, capsys: Capture) -> None:
    assert "25.60 MH/s" in run_here(capsys, "run").out


def test_options_reach_the_harness(harness: Harness, capsys: Capture) -> None:
    options = (
        "-d cpu --device opencl:0 -t 2.5 --challenge Ana --note cold --workload sha256d --kernel avx2 --threads 1 "
        "--rolled 16 --retune --together --ab device=cpu,opencl:0 --shares 500 --beacon value.txt "
        "--meter rapl:package --idle 5 -q"
    )
    run_here(capsys, "run", *options.split())
    del harness.asked["progress"]
    assert harness.asked == {
        "device_ids": ["cpu", "opencl:0"],
        "seconds": 2.5,
        "challenge": "Ana",
        "note": "cold",
        "workloads": ["sha256d"],
        "kernel": "avx2",
        "threads": 1,
        "rolled": 16,
        "retune": True,
        "together": True,
        "ab": "device=cpu,opencl:0",
        "shares": 500,
        "sizes": None,
        "suite": False,
        "beacon": "value.txt",
        "meters": ["rapl:package"],
        "idle_s": 5.0,
    }


def test_all_devices_are_measured_unless_some_are_named(harness: Harness, capsys: Capture) -> None:
    run_here(capsys, "run")
    assert harness.asked["device_ids"] is None


def test_a_named_file_is_written_and_nothing_else(harness: Harness, capsys: Capture) -> None:
    run_here(capsys, "run", "-o", "mine.json")
    assert [path.name for path in Path().iterdir()] == ["mine.json"]


def test_a_path_that_cannot_be_written_is_refused_before_anything_is_measured(
    harness: Harness, capsys: Capture
) -> None:
    outcome = run_here(capsys, "run", "-o", "no/such/folder/result.json")
    assert outcome.code == 2
    assert "no/such/folder/result.json" in outcome.err
    assert harness.asked == {}


def test_json_is_one_document_with_the_file_the_verdict_and_the_result(harness: Harness, capsys: Capture) -> None:
    outcome = run_here(capsys, "run", "--json", "-o", "mine.json")
    assert outcome.document["file"] == "mine.json"
    assert outcome.document["verdict"]["ok"] is True
    assert outcome.document["result"] == json.loads(Path("mine.json").read_text(encoding="utf-8"))


def test_two_settings_that_were_alternated_are_judged(harness: Harness, capsys: Capture) -> None:
    told = Alternated(key="threads", a="1", b="2", pairs=(AlternatedPair(a=0, b=1),))
    entries = tuple(
        replace(entry, setting=f"threads={count}", rounds=entry.rounds * 4)
        for entry, count in zip((measured(), measured()), (1, 2), strict=True)
    )
    harness.answer = replace(result(*entries), alternated=told)
    outcome = run_here(capsys, "run", "--ab", "threads=1,2")
    assert "sha256d[cpu]: threads 2 against 1: same" in outcome.out
    assert "threads=2" in outcome.out.partition("sha256d[cpu]:")[0]
    (comparison,) = run_here(capsys, "run", "--ab", "threads=1,2", "--json").document["comparisons"]
    assert comparison["judgement"] == "same"
    assert run_here(capsys, "run", "--json").code == 0


def test_quiet_prints_the_file_s_name_alone(harness: Harness, capsys: Capture) -> None:
    outcome = run_here(capsys, "run", "-q", "-o", "mine.json")
    assert (outcome.out, outcome.err) == ("mine.json\n", "")


def test_warnings_go_to_stderr(harness: Harness, capsys: Capture) -> None:
    harness.answer = result(warnings=(WarningRecord(code="battery", text="on battery; plug it in"),))
    outcome = run_here(capsys, "run")
    assert "! on battery; plug it in" in outcome.err
    assert "battery" not in outcome.out


FAILED = unmeasured("failed", "the driver did not answer; update it")


def test_a_device_that_nobody_named_and_that_failed_is_told_and_no_failure(harness: Harness, capsys: Capture) -> None:
    harness.answer = result(measured(), FAILED)
    outcome = run_here(capsys, "run", "-o", "mine.json")
    assert outcome.code == 0
    assert "25.60 MH/s" in outcome.out
    assert outcome.err.count("the driver did not answer; update it") == 1
    assert Path("mine.json").exists()


@pytest.mark.parametrize("option", ["-q", "--json"])
def test_what_is_missing_is_told_in_one_line_where_there_is_no_table(
    harness: Harness, capsys: Capture, option: str
) -> None:
    harness.answer = result(measured(), FAILED)
    outcome = run_here(capsys, "run", option)
    assert outcome.code == 0
    assert outcome.err == f"not measured: {FAILED.device.id}: the driver did not answer; update it\n"


def test_a_device_that_was_named_and_failed_is_exit_code_1(harness: Harness, capsys: Capture) -> None:
    harness.answer = result(measured(), FAILED)
    outcome = run_here(capsys, "run", "-d", "cpu", "-d", FAILED.device.id, "-o", "mine.json")
    assert outcome.code == 1
    assert f"not measured: {FAILED.device.id}" in outcome.err
    assert Path("mine.json").exists()


def test_no_device_measured_at_all_is_exit_code_1(harness: Harness, capsys: Capture) -> None:
    harness.answer = result(FAILED)
    assert run_here(capsys, "run").code == 1


@pytest.mark.parametrize(
    ("then", "options", "code"),
    [
        ((measured(), FAILED), "", 0),
        ((measured(), FAILED), f"-d cpu -d {FAILED.device.id}", 1),
        ((FAILED,), "", 1),
        ((), "", 1),
    ],
    ids=["one lost", "the named one lost", "all lost", "nothing to measure together"],
)
def test_together_fails_where_nothing_or_not_a_named_device_was_measured_at_once(
    harness: Harness, capsys: Capture, then: tuple[Measurement, ...], options: str, code: int
) -> None:
    rates = tuple(
        RateTogether(
            machine=entry.machine,
            device=entry.device.id,
            workload=entry.workload,
            rate=entry.rate.value,
            ratio_to_alone=1.0,
        )
        for entry in then
        if entry.rate is not None
    )
    together = Together(
        seconds=10.0,
        reason=None if then else "it takes two devices",
        results=then,
        rates=rates,
        sum_rate=rates[0].rate if rates else None,
        unit="hash" if rates else None,
        warnings=(),
    )
    harness.answer = replace(result(measured()), together=together)
    assert run_here(capsys, "run", "--together", *options.split()).code == code


def test_a_result_that_fits_on_no_disk_is_printed(
    harness: Harness, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(what: Result, path: str) -> None:
        raise InputError(f"{path} cannot be written (no space left on device)")

    monkeypatch.setattr(hashwatt.bench.api, "save", full)
    outcome = run_here(capsys, "run", "-o", "mine.json")
    assert outcome.code == 1
    assert "mine.json cannot be written" in outcome.err
    assert outcome.document["run_id"] == harness.answer.run_id


def test_a_result_that_does_not_verify_is_exit_code_1(harness: Harness, capsys: Capture) -> None:
    harness.verdict = BAD
    outcome = run_here(capsys, "run")
    assert outcome.code == 1
    assert "not verified" in outcome.out
    assert "share 3 does not meet the target" in outcome.err


@pytest.mark.parametrize("option", ["-q", "--json"])
def test_a_check_that_failed_is_told_where_there_is_no_table(harness: Harness, capsys: Capture, option: str) -> None:
    harness.verdict = BAD
    outcome = run_here(capsys, "run", option)
    assert outcome.code == 1
    assert outcome.err.endswith("1 of the result's 2 checks failed: cpu: share 3 does not meet the target\n")


def test_which_work_of_a_device_failed_is_told_where_there_are_several(harness: Harness, capsys: Capture) -> None:
    stream = replace(unmeasured("failed", "no memory is free"), workload="stream")
    harness.answer = result(measured(), stream)
    told = f"not measured: {stream.device.id} (stream, triad)"
    assert f"{told}: no memory is free" in run_here(capsys, "run", "-q", "-o", "1.json").err
    assert f"{told};" in run_here(capsys, "run", "-q", "-o", "2.json", "-d", stream.device.id).err


def test_what_a_device_cannot_do_at_all_is_told_but_no_failure_beside_what_it_did(
    harness: Harness, capsys: Capture
) -> None:
    done = measured()
    skipped = replace(unmeasured("skipped", "it computes no float16"), device=done.device, workload="peak")
    harness.answer = result(done, skipped)
    outcome = run_here(capsys, "run", "-q", "-o", "1.json", "-d", done.device.id)
    assert outcome.code == 0
    assert f"{done.device.id} (peak, float64): it computes no float16" in outcome.err
    # Alone it is: nothing was measured.
    harness.answer = result(skipped)
    assert run_here(capsys, "run", "-q", "-o", "2.json", "-d", done.device.id).code == 1


def test_an_interrupted_run_keeps_its_result(harness: Harness, capsys: Capture) -> None:
    harness.answer = result(measured(status="interrupted"))
    outcome = run_here(capsys, "run", "-o", "mine.json")
    assert outcome.code == 130
    assert "25.60 MH/s" in outcome.out
    assert "interrupted" in outcome.err
    assert Path("mine.json").exists()


def test_a_result_that_cannot_be_stored_after_all_is_rescued(
    harness: Harness, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("rescue")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(elsewhere))
    save = hashwatt.bench.api.save

    def full_disk(what: Result, path: str) -> None:
        if path == "mine.json":
            raise InputError("mine.json cannot be written (no space left on device)")
        save(what, path)

    monkeypatch.setattr(hashwatt.bench.api, "save", full_disk)
    outcome = run_here(capsys, "run", "-o", "mine.json")
    (rescued,) = elsewhere.iterdir()
    assert str(rescued) in outcome.err
    assert outcome.code == 0
