"""What becomes of a habitat is told as it was: what is right, what is wrong, what dies, what hangs."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits

from .fake_python import SUITE, Action, fake_home, healthy
from .habitats import Habitat
from .homes import Home
from .living import (
    HEADER,
    START,
    ZERO_BITS,
    CutOff,
    Deadlines,
    Ended,
    Outcome,
    by_hashlib,
    live,
    said,
    suite_words,
)

COUNT = 300
HABITAT = Habitat("fake", "a fake", scan_nonces=COUNT)
IMPATIENT = Deadlines(scan_s=1.0, suite_s=1.0, quiet_devices_s=60.0)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fakes are scripts with a first line as POSIX has it")


def lived(folder: Path, habitat: Habitat = HABITAT, deadlines: Deadlines | None = None, **actions: Action) -> Outcome:
    home = fake_home(folder, {**healthy(COUNT), **actions})
    return live(habitat, home, deadlines or Deadlines())


def test_a_healthy_habitat_is_told_with_its_rate(tmp_path: Path) -> None:
    outcome = lived(tmp_path)
    (device,) = outcome.devices
    assert outcome.run.startswith("exit 0 in ")
    assert outcome.run.endswith(", verified")
    assert (device.run, device.rate_hs, device.kernel) == ("measured", 65.4e6, "opencl-x16")
    assert (device.scan, device.suite) == ("right", "2 passed")


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"nonces": [], "xor_h7": 0, "hashes": 300}'])
def test_a_scan_that_is_not_hashlibs_is_wrong(tmp_path: Path, answer: str) -> None:
    assert lived(tmp_path, scan={"out": answer}).devices[0].scan == "WRONG"


def test_a_result_that_does_not_verify_is_told(tmp_path: Path) -> None:
    assert "NOT verified (exit 1)" in lived(tmp_path, verify={"code": 1}).run


def test_what_dies_is_told_with_its_signal_and_its_last_words(tmp_path: Path) -> None:
    dies: Action = {"err": "internal error 42", "signal": int(signal.SIGSEGV)}
    outcome = lived(tmp_path, run=dies, scan=dies)
    assert "died of SIGSEGV" in outcome.run
    assert "no result: internal error 42" in outcome.run
    assert outcome.devices[0].scan == "died of SIGSEGV internal error 42"
    assert outcome.devices[0].suite == "2 passed", "what comes after is tried all the same"


def test_what_hangs_is_cut_off(tmp_path: Path) -> None:
    hangs: Action = {"sleep_s": 60}
    outcome = lived(tmp_path, deadlines=IMPATIENT, scan=hangs, pytest=hangs)
    assert outcome.devices[0].scan == "cut off after 1 s"
    assert outcome.devices[0].suite == "no test ran, cut off after 1 s"
    assert outcome.seconds < 50


def test_where_the_first_command_is_slow_the_others_get_more_time_up_to_a_bound(tmp_path: Path) -> None:
    slow = Deadlines(scan_s=1.0, quiet_devices_s=0.001, most_patience=2.0)
    assert lived(tmp_path, deadlines=slow, scan={"sleep_s": 60}).devices[0].scan == "cut off after 2 s"


def test_who_leaves_the_zoo_leaves_no_inhabitant_behind(tmp_path: Path) -> None:
    home = fake_home(tmp_path, {**healthy(COUNT), "devices": {"sleep_s": 60}})
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        live(HABITAT, home)
    assert not [child for child in psutil.Process().children() if str(home.python) in child.cmdline()]


def test_a_habitat_without_devices_tells_every_reason(tmp_path: Path) -> None:
    listing = '{"devices": [{"id": null, "name": null, "backend": "opencl", "available": false, "reason": "nothing"}]}'
    outcome = lived(tmp_path, devices={"out": listing}, run={"code": 1, "err": "no device"})
    assert outcome.reasons == ["nothing"]
    assert outcome.devices == []
    assert outcome.run.startswith("exit 1 in ")


def test_a_habitat_in_which_not_even_the_devices_are_listed_says_how_that_ended(tmp_path: Path) -> None:
    outcome = lived(tmp_path, devices={"signal": int(signal.SIGABRT), "err": "terminate called"})
    assert outcome.reasons == ["`devices`: died of SIGABRT terminate called"]
    assert [device.id for device in outcome.devices] == ["opencl:0"], "the run's own are told all the same"


def test_the_main_job_is_left_out_where_it_would_say_nothing(tmp_path: Path) -> None:
    outcome = lived(tmp_path, Habitat("fake", "a fake", run=False, scan_nonces=COUNT))
    assert outcome.run == "–"
    assert outcome.devices[0].rate_hs is None


def test_a_suite_names_what_failed_of_each_device() -> None:
    out = SUITE.format(id="cpu") + SUITE.format(id="opencl:1").replace("names_its_kernel] PASSED", "names_it] FAILED")
    ended = Ended(1, out, "", 3.0)
    assert suite_words(ended, "cpu") == "2 passed"
    assert suite_words(ended, "opencl:1") == "1 passed, 1 FAILED (names_it)"
    assert suite_words(ended, "opencl:7") == "no test ran"
    assert suite_words(ended, None) == "3 passed, 1 FAILED (names_it)"
    assert suite_words(Ended(None, out, "", 300.0), "cpu") == "2 passed, cut off after 300 s"
    assert suite_words(Ended(4, "", "", 1.0), "cpu") == "no test ran, exit 4"


def test_a_suite_that_names_no_devices_is_read_too() -> None:
    out = "tests/kernels/opencl/test_oclgrind.py::test_a_kernel_runs_clean[x1-rotate-select-standard] PASSED [ 33%]\n"
    assert suite_words(Ended(0, out, "", 3.0), None) == "1 passed"


def test_what_failed_checks_said_is_kept_whole(tmp_path: Path) -> None:
    reason = f"kernels.errors.DeviceFailed: {'so long a sentence, ' * 12}and its end"
    failed = "tests/kernels/test_conformance.py::test_device[opencl:0-names_its_kernel]"
    outcome = lived(tmp_path, pytest={"out": f"{failed} FAILED [ 20%]\nFAILED {failed} - {reason}\n", "code": 1})
    assert outcome.failures == [f"opencl:0-names_its_kernel: {reason}"]
    assert outcome.devices[0].suite == "0 passed, 1 FAILED (names_its_kernel)"


def test_a_suite_about_one_runtime_says_nothing_of_the_cpu(tmp_path: Path) -> None:
    listing = [{"id": name, "name": name, "backend": name[:3], "available": True} for name in ("cpu", "opencl:0")]
    habitat = Habitat("fake", "a fake", run=False, scan_nonces=COUNT, suite="tests/kernels/opencl/test_oclgrind.py")
    outcome = lived(tmp_path, habitat, devices={"out": json.dumps({"devices": listing})})
    assert [device.suite for device in outcome.devices] == ["–", "2 passed"]


def test_what_scans_are_held_against_is_what_the_project_s_oracle_says() -> None:
    nonces = range(START, START + COUNT)
    hits, checksum = reference_scan(Job((HEADER[:76],), target_from_zero_bits(ZERO_BITS)), nonces)
    assert by_hashlib(nonces) == ([nonce for _, nonce in hits], checksum)
    assert hits, "a range without any share would show little"


@pytest.mark.parametrize(
    ("then", "words"),
    [("time.sleep(600)", r"said nothing for 2 s after"), ("sys.exit(3)", "ended with 3 after saying 'one'")],
)
def test_a_program_that_falls_silent_or_fails_is_cut_off_with_its_last_words(
    then: str, words: str, tmp_path: Path
) -> None:
    home = Home(Path(sys.executable), dict(os.environ), tmp_path)
    with pytest.raises(CutOff, match=words):
        list(said(home, 2.0 if "sleep" in then else 60.0, "-c", f"import sys, time; print('one', flush=True); {then}"))


def test_lines_are_told_as_they_are_said(tmp_path: Path) -> None:
    home = Home(Path(sys.executable), dict(os.environ), tmp_path)
    assert list(said(home, 60.0, "-c", "print('one'); print('two')")) == ["one", "two"]
