"""A driver that crashes, hangs, prints or is killed costs its own result only. Real processes, real time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashwatt.bench.api import measure, verify
from hashwatt.bench.isolation.deadlines import Deadlines
from hashwatt.bench.isolation.device import IsolatedDevice, find_all, find_isolated, opener
from hashwatt.bench.isolation.endings import exit_words
from hashwatt.bench.isolation.messages import Entries, Entry, Prepared, Reply, sound
from hashwatt.bench.result.measurement import Measurement
from hashwatt.kernels.device import Candidate, DeviceOptions, Found, KernelInfo, Missing, Scans
from hashwatt.kernels.errors import DeviceCrashed, DeviceError, DeviceHung, InputError, details_of
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.headers.job import NONCES, PREFIX_BYTES, Job, roll_versions
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits

MODULE = fakes.__name__
# Short only where the fake device hangs: on a busy machine everything else may take its time.
IMPATIENT = Deadlines(scan_s=2.0)
JOB = Job(roll_versions(bytes(PREFIX_BYTES), 2), target_from_zero_bits(6))
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def deadlines(behaviour: str) -> Deadlines:
    return Deadlines(open_s=1.0) if behaviour == "hanging-at-open" else IMPATIENT


def isolated(behaviour: str, options: DeviceOptions | None = None) -> IsolatedDevice:
    return IsolatedDevice(fakes.fake_info(behaviour), MODULE, options or DeviceOptions(), deadlines(behaviour))


def found(behaviour: str) -> Found:
    info = fakes.fake_info(behaviour)
    return Found(info, opener(info, MODULE, deadlines(behaviour)), isolate=True)


def has_ended(pid: int) -> bool:
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def steady() -> Iterator[IsolatedDevice]:
    device = isolated("steady")
    device.prepare(JOB)
    yield device
    device.close()


def test_an_isolated_device_is_a_device(steady: IsolatedDevice) -> None:
    assert isinstance(steady, Scans)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, NONCES), st.integers(0, 200))
def test_an_isolated_device_answers_as_hashlib_does(steady: IsolatedDevice, start: int, count: int) -> None:
    nonces = range(start, min(start + count, NONCES))
    scan = steady.scan(nonces)
    assert ([(hit.prefix, hit.nonce) for hit in scan.hits], scan.xor_h7) == reference_scan(JOB, nonces)
    assert scan.hashes == 2 * len(nonces)


def test_a_range_with_steps_is_refused_like_in_process(steady: IsolatedDevice) -> None:
    for nonces in (range(0, 100, 2), range(10, 0, -1)):
        with pytest.raises(DeviceError, match="step 1"):
            steady.scan(nonces)


def test_a_driver_that_prints_does_not_garble_the_answers() -> None:
    device = isolated("chatty")
    try:
        device.prepare(JOB)
        assert device.scan(range(100)).hashes == 200
    finally:
        device.close()


def test_a_driver_that_crashes_is_told_with_its_exit_and_its_last_words() -> None:
    device = isolated("crashing")
    device.prepare(JOB)
    with pytest.raises(DeviceCrashed, match=r"exit code 139.*saying last: fake driver: internal error 42"):
        device.scan(range(fakes.LARGE_RANGE))
    with pytest.raises(DeviceCrashed):
        device.scan(range(10))
    device.close()


@posix_only
def test_a_worker_that_is_killed_is_told_with_its_signal() -> None:
    device = isolated("hanging")
    device.prepare(JOB)
    threading.Timer(0.2, os.kill, (device.process_id, signal.SIGKILL)).start()
    with pytest.raises(DeviceCrashed, match="SIGKILL"):
        device.scan(range(fakes.LARGE_RANGE))
    device.close()


def test_a_driver_that_hangs_is_cut_off_and_its_process_ends() -> None:
    device = isolated("hanging")
    device.prepare(JOB)
    # Long enough to tell how fast it is: what a tiny scan takes on a busy machine lets expect a long answer.
    device.scan(range(fakes.LARGE_RANGE - 1))
    started = time.monotonic()
    with pytest.raises(DeviceHung, match=r"did not answer within .* s while hashing"):
        device.scan(range(fakes.LARGE_RANGE))
    assert time.monotonic() - started < 60, "it would hang for ever"
    assert has_ended(device.process_id)


def test_a_driver_that_hangs_at_opening_is_cut_off() -> None:
    with pytest.raises(DeviceHung, match="while opening"):
        isolated("hanging-at-open")


def test_errors_keep_their_kind_across_the_border() -> None:
    with pytest.raises(InputError, match="no kernel 'quick'"):
        isolated("steady", DeviceOptions(kernel="quick"))
    device = isolated("unready")
    with pytest.raises(DeviceError, match="cannot compile") as caught:
        device.prepare(JOB)
    assert "see line 1" in details_of(caught.value), "a build log crosses it, too"
    device.close()


def test_closing_ends_the_process_and_twice_is_no_more() -> None:
    device = isolated("steady")
    device.close()
    device.close()
    assert has_ended(device.process_id)


def test_the_answer_to_an_interrupted_scan_is_not_taken_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    device = isolated("steady")
    device.prepare(JOB)
    device.scan(range(10))
    threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt):
        device.scan(range(60_000))
    nonces = range(500, 600)
    scan = device.scan(nonces)
    assert ([(hit.prefix, hit.nonce) for hit in scan.hits], scan.xor_h7) == reference_scan(JOB, nonces)
    device.close()


ORPHAN = """
import os, sys, threading
from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.device import DeviceOptions
from hashwatt.kernels.headers.job import Job
device = IsolatedDevice(fakes.fake_info("hanging"), fakes.__name__, DeviceOptions())
device.prepare(Job((bytes(76),), 1 << 240))
threading.Timer(0.5, os._exit, (1,)).start()
print(device.process_id, flush=True)
device.scan(range(1 << 20))
"""


def test_no_worker_outlives_its_parent_even_in_the_midst_of_a_scan() -> None:
    parent = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, text=True, timeout=30, check=False)
    assert has_ended(int(parent.stdout))


@posix_only
def test_ctrl_c_in_the_terminal_does_not_reach_the_worker(steady: IsolatedDevice) -> None:
    assert os.getsid(steady.process_id) != os.getsid(0)
    os.kill(steady.process_id, signal.SIGINT)
    assert steady.scan(range(10)).hashes == 20


def test_a_file_in_the_current_folder_is_not_imported_by_the_worker(
    tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(os.path.join(tmp_path, "msgspec.py"), "w", encoding="utf-8") as trap:
        trap.write("raise SystemExit('trapped')")
    monkeypatch.chdir(tmp_path)
    device = isolated("steady")
    device.close()


def test_a_run_goes_on_after_a_device_crashed_hung_or_was_killed() -> None:
    result = measure([found(name) for name in ("crashing", "hanging", "hanging-at-open", "steady")], seconds=0.5)
    statuses = {entry.device.id: entry.status for entry in result.results}
    assert statuses == {
        "fake:crashing": "failed",
        "fake:hanging": "failed",
        "fake:hanging-at-open": "failed",
        "fake:steady": "measured",
    }
    assert verify(result).ok


@posix_only
def test_a_worker_killed_while_sampling_fails_its_device_only() -> None:
    class Killer:
        """Kills the worker after its first sample: on a busy machine there may be few."""

        samples = 0
        now = ""

        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            self.now = f"{device} {text}"

        def advance(self, amount: float, rate: float | None) -> None:
            if self.now.startswith("fake:steady sampling"):
                self.samples += 1
                if self.samples == 1:
                    for child in psutil.Process().children():
                        if "hashwatt.bench.isolation.worker" in child.cmdline():
                            child.kill()

        def done(self) -> None:
            pass

    result = measure([found("steady"), found("chatty")], seconds=0.5, progress=Killer())
    first, second = result.results
    assert first.status == "failed"
    assert "SIGKILL" in (first.reason or "")
    assert second.status == "measured"


def test_backends_are_enumerated_by_a_worker() -> None:
    entries = find_isolated("fake", MODULE)
    assert [entry.info.id for entry in entries if isinstance(entry, Found)] == [
        f"fake:{name}" for name in fakes.BEHAVIOURS
    ]


def test_a_device_that_is_measured_only_when_named_is_still_so_behind_a_worker() -> None:
    entries = find_isolated("fake", MODULE)
    unasked = [entry.info.id for entry in entries if isinstance(entry, Found) and not entry.by_default]
    assert unasked == [f"fake:{name}" for name in fakes.UNASKED]


def test_a_backend_that_cannot_be_enumerated_is_missing_with_its_reason() -> None:
    (entry,) = find_isolated("broken", "hashwatt.no.such.backend")
    assert isinstance(entry, Missing)
    assert "No module named" in entry.reason


def test_a_backend_whose_enumeration_hangs_is_missing_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    (entry,) = find_isolated("hanging", "hanging_backend", Deadlines(find_s=3.0))
    assert isinstance(entry, Missing)
    assert re.search(r"did not answer within \d s while being found", entry.reason)


def test_a_backend_that_dies_of_being_enumerated_is_broken_and_costs_no_other_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    monkeypatch.setattr("hashwatt.bench.isolation.device._module_name", {"dying": "dying_backend", "fake": MODULE}.get)
    entries = find_all(["dying", "fake"])
    (missing,) = [entry for entry in entries if isinstance(entry, Missing)]
    assert missing.broken
    assert "the process that drove it died" in missing.reason
    steady = next(entry for entry in entries if isinstance(entry, Found) and entry.info.id == "fake:steady")
    result = measure([steady], seconds=0.5, broken=[missing])
    assert [entry.status for entry in result.results] == ["measured"]
    assert "driver_broken" in [warning.code for warning in result.warnings]


def test_only_wanted_backends_are_asked() -> None:
    assert {entry.info.backend for entry in find_all(["cpu"]) if isinstance(entry, Found)} <= {"cpu"}


def test_an_isolated_device_is_measured_and_verifies() -> None:
    result = measure([found("steady")], seconds=1.0)
    entry: Measurement = result.results[0]
    assert entry.rate is not None
    # A busy machine may slow it down; nothing makes it faster.
    assert fakes.DEFAULT_RATE_HS / 10 < entry.rate.value < fakes.DEFAULT_RATE_HS * 1.02
    assert verify(result).ok


def test_a_driver_that_crashes_after_the_samples_does_not_take_them_along() -> None:
    (device,) = measure([found("crashing-at-roof")], seconds=0.5).results
    assert device.status == "measured"
    assert device.rate is not None
    assert "limit_unknown" in [warning.code for warning in device.warnings]


def test_a_name_that_is_no_text_and_numbers_of_any_size_cross_the_border() -> None:
    info = replace(
        fakes.fake_info("steady"), name="GPU \ud8ff" + "x" * 10_000_000, limits={"mask": 2**80, "\udc80": -1}
    )
    kernel = KernelInfo(
        "k", 1, {"lanes": 2**64}, 0.0, "", (Candidate("c\ud800", None, None, "no\udfff"),), "log \udc80"
    )
    for reply in (Entries((Entry(info=sound(info)),)), Prepared(sound(kernel))):
        body = msgspec.msgpack.encode(reply)
        assert msgspec.msgpack.decode(body, type=Reply) == reply
    assert sound(info).limits == {"mask": hex(2**80), "?": -1}
    assert sound(kernel).candidates[0].name == "c?"


@pytest.mark.elsewhere
def test_what_a_killed_worker_has_left_in_the_temporary_folder_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    device = isolated("steady")
    for name in (f"hashwatt-{device.process_id}-x", f"hashwatt-{device.process_id}9-x"):
        (tmp_path / name / "kcache").mkdir(parents=True)
    device._worker.kill()
    assert [path.name for path in tmp_path.iterdir()] == [f"hashwatt-{device.process_id}9-x"]


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("code", "words"), [(3, "exit code 3"), (0xC0000005, "exit code 0xc0000005"), (-1, "signal")], ids=str
)
def test_exit_codes_of_windows_are_told_as_they_are_known(code: int, words: str) -> None:
    assert exit_words(code).startswith(words)
