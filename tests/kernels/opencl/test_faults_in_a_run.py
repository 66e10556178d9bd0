"""An OpenCL device that breaks in the midst of a run costs its own result only, and the sentence says what happened.

Real kernels with real faults, in real processes: see `broken_backend`.
"""

from __future__ import annotations

import os
import re
import signal

import psutil
import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.isolation.deadlines import Deadlines
from hashwatt.bench.isolation.device import opener
from hashwatt.bench.progress import Progress
from hashwatt.bench.result.measurement import Measurement
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.opencl.codegen.variant import Variant

from .broken_backend import FAULT, LOST_CONTEXT
from .devices import first_device

KERNEL = Variant(4).name
# The process is killed, not asked: what it computes on meanwhile would take as long as anything else here.
IMPATIENT = Deadlines(scan_s=3.0)
HEALTHY = "hashwatt.kernels.opencl.backend"

# What becomes of the device, and what is said.
TOLD = {
    "wrong word": ("refused", r"hashlib"),
    "misses shares of later launches": ("refused", r"share|hashlib|parts"),
    "does not compile": (
        "failed",
        r"opencl:\d: its compiler refuses the kernel \(.*no_such_function.*; (try another runtime|update)",
    ),
    "hangs in later launches": ("failed", r"opencl:\d did not answer within .* s while hashing and was cut off"),
    "crashes in later launches": ("failed", r"opencl:\d: the process that drove it died \(signal SIG\w+\)"),
    LOST_CONTEXT: ("failed", r"INVALID_CONTEXT; the driver lost its connection to the device; start again"),
}


def run_beside_a_steady_device(module: str, progress: Progress | None = None) -> tuple[Measurement, Measurement]:
    """The OpenCL device's result and that of the device after it."""
    info = first_device().info
    opencl = Found(info, lambda _: opener(info, module, IMPATIENT)(DeviceOptions(kernel=KERNEL)), isolate=True)
    steady = Found(fakes.fake_info("steady"), opener(fakes.fake_info("steady"), fakes.__name__), isolate=True)
    result = measure([opencl, steady], seconds=0.5, progress=progress)
    assert verify(result).ok, "what is left verifies"
    first, second = result.results
    return first, second


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", TOLD)
def test_a_fault_is_told_and_the_other_device_is_measured(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence = TOLD[fault]
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    monkeypatch.setenv(FAULT, fault)
    opencl, other = run_beside_a_steady_device("broken_backend")
    assert opencl.status == status, opencl.reason
    assert re.search(sentence, opencl.reason or ""), opencl.reason
    assert opencl.rate is None
    assert other.status == "measured"


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_driver_s_process_that_is_killed_while_sampling_is_told_and_the_other_device_is_measured() -> None:
    class Killer:
        """kill -9, once sampling has begun."""

        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            if device.startswith("opencl:") and text.startswith("sampling"):
                for child in psutil.Process().children():
                    if "hashwatt.bench.isolation.worker" in child.cmdline():
                        os.kill(child.pid, signal.SIGKILL)

        def advance(self, amount: float, rate: float | None) -> None:
            pass

        def done(self) -> None:
            pass

    opencl, other = run_beside_a_steady_device(HEALTHY, Killer())
    assert opencl.status == "failed"
    assert re.match(r"opencl:\d: the process that drove it died \(signal SIGKILL\)", opencl.reason or "")
    assert other.status == "measured"
