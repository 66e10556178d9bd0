"""A runtime that dies, hangs, refuses or errs at any turn costs a kernel, or its own device, and nothing else.

Real processes and the device's own race; the runtime is simulated (see `mortal_backend`), so no OpenCL is needed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.isolation.deadlines import Deadlines, Trials
from hashwatt.bench.isolation.device import IsolatedDevice, opener
from hashwatt.bench.isolation.process import WorkerProcess
from hashwatt.bench.sampling.budget import budget
from hashwatt.kernels.device import NO_MORE_TIME, STARVED, Candidate, DeviceOptions, Found, KernelInfo
from hashwatt.kernels.errors import DeviceCrashed, DeviceError, DeviceHung
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job, roll_versions
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.tuning import cache as memory
from hashwatt.kernels.opencl.tuning.cache import Key
from hashwatt.kernels.opencl.tuning.candidates import race_entries
from hashwatt.kernels.opencl.tuning.tuner import UNTRIED, Outcome

from .mortal_backend import HEALTHY, NAMES, NATIVE_WIDTH, MortalDevice, info

MODULE = "mortal_backend"
JOB = Job((bytes(PREFIX_BYTES),), target_from_zero_bits(6))
ROLLED = Job(roll_versions(bytes(PREFIX_BYTES), 2), target_from_zero_bits(6))
# Short where something hangs. The rest is as long as a busy machine may need: where all trials together have less than
# a process takes to start there, the first kernel that works is taken, and there is no race.
SHORT = Deadlines(trial_s=1.5, trials_s=30.0, patient_trials_s=30.0, restart_s=1.0, scan_s=1.5)
LAST = len(NAMES) - 1
Prepare = Callable[..., KernelInfo]

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.name != "posix", reason="processes die by signals here"),
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workers find the backend, and remember their races here."""
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def mortal(fate: str, deadlines: Deadlines = SHORT, kernel: str | None = None) -> IsolatedDevice:
    return IsolatedDevice(info(f"mortal:{fate}"), MODULE, DeviceOptions(kernel=kernel), deadlines)


@pytest.fixture
def prepared() -> Iterator[Prepare]:
    """Prepares a device, sees that it hashes as hashlib does, and closes it in the end."""
    opened: list[IsolatedDevice] = []

    def prepare(fate: str, deadlines: Deadlines = SHORT, job: Job = JOB) -> KernelInfo:
        device = mortal(fate, deadlines)
        opened.append(device)
        kernel = device.prepare(job)
        nonces = range(100, 300)
        scan = device.scan(nonces)
        assert ([(hit.prefix, hit.nonce) for hit in scan.hits], scan.xor_h7) == reference_scan(job, nonces)
        return kernel

    yield prepare
    for device in opened:
        device.close()


def reasons(kernel: KernelInfo) -> dict[str, str]:
    return {candidate.name: candidate.reason for candidate in kernel.candidates if candidate.reason}


@pytest.mark.parametrize("phase", ["build", "launch", "race"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("crashes", r"the process that tried it died \(signal SIG"), ("hangs", r"did not answer within 2 s")],
)
def test_a_kernel_that_ends_or_hangs_its_process_is_named_and_the_others_race_on(
    phase: str, kind: str, reason: str, prepared: Prepare
) -> None:
    kernel = prepared(f"{phase}-{LAST}-{kind}")
    assert kernel.name == NAMES[LAST - 1], "the fastest that works"
    assert list(reasons(kernel)) == [NAMES[LAST]]
    assert re.search(reason, reasons(kernel)[NAMES[LAST]])
    assert {candidate.name for candidate in kernel.candidates} == set(NAMES), "nothing else is lost"


@pytest.mark.parametrize(
    ("fate", "reason"),
    [(f"launch-{LAST}-errs", "answers wrongly: .*does not agree with hashlib"), (f"build-{LAST}-fails", "refuses")],
)
def test_a_kernel_that_answers_wrongly_or_does_not_compile_is_named_and_cannot_win(
    fate: str, reason: str, prepared: Prepare
) -> None:
    kernel = prepared(fate)
    assert kernel.name == NAMES[LAST - 1]
    assert re.search(reason, reasons(kernel)[NAMES[LAST]])


def test_a_kernel_that_hung_is_not_tried_again_by_a_later_run(prepared: Prepare) -> None:
    first = prepared(f"build-{LAST}-hangs")
    device = mortal(f"build-{LAST}-hangs", Deadlines(trials_s=0.0))
    later = device.prepare(JOB)
    device.close()
    assert (later.name, reasons(later)) == (first.name, reasons(first))


def test_what_the_race_did_not_try_may_still_die_for_several_prefixes(prepared: Prepare) -> None:
    kernel = prepared(f"rolled-{LAST}-crashes", job=ROLLED)
    assert kernel.name == f"{NAMES[LAST - 1]}-version-rolled"
    assert {name.partition("/")[0] for name in reasons(kernel)} == {f"{NAMES[LAST]}-version-rolled"}


@pytest.mark.parametrize(
    ("kind", "error"),
    # A fast machine tries them all in that time: then the last process, which has nothing left to try, says so.
    [("crashes", DeviceError), ("hangs", DeviceHung)],
)
def test_a_device_none_of_whose_kernels_lives_fails_within_its_time_and_says_what_helps(
    kind: str, error: type[DeviceError]
) -> None:
    device = mortal(f"build-all-{kind}", Deadlines(trial_s=1.5, trials_s=5.0, patient_trials_s=5.0, restart_s=1.0))
    started = time.monotonic()
    with pytest.raises(error, match=rf"no kernel works \({NAMES[0]}: the process that tried it .*\); update"):
        device.prepare(JOB)
    assert time.monotonic() - started < 8.0 + 3 * device._opening_s, "busy machines included"
    device.close()


def test_where_the_time_is_up_a_device_is_measured_with_what_works(prepared: Prepare) -> None:
    started = time.monotonic()
    kernel = prepared("build-others-hangs", Deadlines(trial_s=1.5, trials_s=5.0, patient_trials_s=5.0, restart_s=1.0))
    assert time.monotonic() - started < 10.0, "busy machines included"
    assert kernel.name == NAMES[0]
    assert set(reasons(kernel)) == set(NAMES[1:])
    assert "not tried" in reasons(kernel)[NAMES[LAST]]


def test_on_a_slow_machine_a_kernel_that_has_worked_gets_as_long_again_after_others_hung(prepared: Prepare) -> None:
    # A kernel takes 2 s there, each time: it must not be given up for what is left after others hung.
    tight = Deadlines(trial_s=3.0, trials_s=6.0, patient_trials_s=6.0, restart_s=1.0)
    kernel = prepared("build-others-drags", tight)
    assert kernel.name == NAMES[0]
    assert set(reasons(kernel)) == set(NAMES[1:])


def test_a_kernel_that_was_given_less_time_than_others_is_not_said_to_hang_with_them() -> None:
    with budget(8.0):
        device = mortal("build-all-hangs", Deadlines(restart_s=1.0, measuring_s=4.0))
        with pytest.raises(DeviceHung, match=r"did not answer within \d s, all that was left of the device's time"):
            device.prepare(JOB)
    device.close()


@pytest.mark.parametrize(
    ("busy", "excuse"),
    # All of a processor, or more than one; starved by others; asleep, as one that waits for itself; not told.
    [(1.0, ""), (1.9, ""), (0.3, STARVED), (0.06, STARVED), (0.01, ""), (None, "")],
)
def test_a_kernel_that_others_left_no_processor_is_not_known_to_hang(busy: float | None, excuse: str) -> None:
    trials = Trials(Deadlines())
    worker = SimpleNamespace(busy=busy, trial_s=20.0, worked_s={})
    trials.begin(cast(WorkerProcess, worker), DeviceOptions(), 1.0, replaceable=True)
    assert trials.excuse() == excuse


def test_how_busy_a_process_was_that_hung_is_noted() -> None:
    spent = []
    for fate in ("hangs", "spins"):
        device = mortal(f"build-all-{fate}", Deadlines(trial_s=1.5, trials_s=0.0, patient_trials_s=0.0, restart_s=3.0))
        worker = device._worker
        with pytest.raises(DeviceError):
            device.prepare(JOB)
        assert worker.busy is not None
        spent.append(worker.busy)
        device.close()
    assert spent[0] < 0.05 < spent[1], "one slept, the other computed"


def test_a_kernel_that_was_asked_for_is_not_replaced_by_another() -> None:
    name = NAMES[LAST].removeprefix("opencl-")
    device = mortal(f"build-{LAST}-crashes", kernel=name)
    with pytest.raises(DeviceCrashed, match="died"):
        device.prepare(JOB)
    device.close()


def test_a_runtime_that_dies_or_hangs_at_any_other_turn_costs_its_own_device_only() -> None:
    fates = {
        "open-all-crashes": "failed",
        "open-all-hangs": "failed",
        "scan-all-crashes": "failed",
        "scan-all-hangs": "failed",
        "roof-all-crashes": "measured",
        f"build-{LAST}-crashes": "measured",
        "launch-all-errs": "refused",
    }
    # Those alone that hang: a busy machine takes seconds to start the process of any.
    impatient = {
        "open-all-hangs": Deadlines(open_s=4.0), "scan-all-hangs": Deadlines(scan_s=1.5, first_scan_s=1.5)
    }  # fmt: skip
    devices = [
        Found(
            info(f"mortal:{fate}"),
            opener(info(f"mortal:{fate}"), MODULE, impatient.get(fate, Deadlines())),
            isolate=True,
        )
        for fate in fates
    ]
    steady = Found(fakes.fake_info("steady"), opener(fakes.fake_info("steady"), fakes.__name__), isolate=True)
    result = measure([*devices, steady], seconds=0.5)
    statuses = [device.status for device in result.results]
    assert statuses == [*fates.values(), "measured"], [device.reason for device in result.results]
    assert verify(result).ok


def test_where_all_that_was_raced_has_died_since_what_was_not_in_time_for_that_race_gets_its_turn(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "cache_folder", lambda *_: cache)
    only = race_entries("cpu", NATIVE_WIDTH)[LAST]
    hung = "the process that tried it did not answer within 20 s"
    candidates = (
        Candidate(only.name, 1e6, 0.0),
        Candidate(NAMES[LAST - 1], None, None, hung),
        Candidate(NAMES[LAST - 2], None, None, hung + NO_MORE_TIME),
        Candidate(NAMES[LAST - 3], None, None, UNTRIED),
    )
    memory.remember(Key(f"Device {HEALTHY}", "simulated", 2), Outcome(only, 1e6, candidates))
    recalled = MortalDevice(info(HEALTHY), DeviceOptions())
    assert recalled.prepare(JOB).name == NAMES[LAST]
    following = MortalDevice(info(HEALTHY), DeviceOptions(avoid={NAMES[LAST]: "it died"}))
    kernel = following.prepare(JOB)
    assert kernel.name == NAMES[LAST - 2]
    assert reasons(kernel) == {NAMES[LAST]: "it died", NAMES[LAST - 1]: hung}, "what hung is not tried once more"
    assert {candidate.name for candidate in kernel.candidates} == set(NAMES)
