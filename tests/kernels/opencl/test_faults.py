"""A device that is broken in one way is refused with a sentence that says how."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.device import OpenCLDevice

from .devices import open_here

# Parts of the backend are replaced where its device works: each test gets the runtime into a process of its own.
pytestmark = pytest.mark.own_process
KERNEL = Variant(4).name
JOB = Job((bytes(PREFIX_BYTES),), target_from_zero_bits(8))


@pytest.fixture
def device() -> Iterator[OpenCLDevice]:
    device = open_here(KERNEL)
    yield device
    device.close()


def break_kernel(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> None:
    monkeypatch.setattr("hashwatt.kernels.opencl.program.emit", lambda variant: change(emit(variant)))


def test_a_wrong_constant_is_caught_before_anything_counts_and_leaves_no_job(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_kernel(monkeypatch, lambda source: source.replace("0x80000000u", "0x80000001u"))
    with pytest.raises(WrongResult, match="hashlib"):
        device.prepare(JOB)
    with pytest.raises(DeviceError, match="no job"):
        device.scan(range(10))


def test_a_checksum_that_leaves_out_a_lane_is_caught(device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    break_kernel(monkeypatch, lambda source: source.replace(" ^ (x).s3)", ")"))
    with pytest.raises(WrongResult, match="does not agree with hashlib"):
        device.prepare(JOB)


def test_records_of_nonces_that_were_not_asked_for_are_caught(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_kernel(monkeypatch, lambda source: source.replace("= nonces[lane];", "= nonces[lane] ^ 0x80000000u;"))
    with pytest.raises(WrongResult, match="was not given"):
        device.prepare(JOB)


def test_a_kernel_that_does_not_compile_gives_the_drivers_own_words(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_kernel(monkeypatch, lambda source: source.replace("checksum ^=", "checksum ^^="))
    with pytest.raises(DeviceError, match=r"opencl:\d: its compiler refuses the kernel \(.*error") as caught:
        device.prepare(JOB)
    assert any("error" in note for note in caught.value.__notes__), "the whole log comes along as a note"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_refused_instead_of_hanging(device: OpenCLDevice) -> None:
    from hashwatt.kernels.opencl.backend import find

    device.prepare(JOB)
    child = os.fork()
    if child == 0:
        try:
            device.scan(range(10))
        except DeviceError:
            os._exit(0 if "forked" in str(find()[0]) else 2)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
