"""`--ab KEY=A,B`: what it means, and what cannot be alternated, in one sentence each."""

from __future__ import annotations

import pytest

from hashwatt.bench.run.alternation import (
    Alternation,
    check_beside,
    devices_of,
    in_turns,
    options_of,
    parse_alternation,
)
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Found
from hashwatt.kernels.errors import InputError


def found(device: str, driver: str) -> Found:
    def nothing(_options: DeviceOptions) -> object:
        raise AssertionError

    info = DeviceInfo(id=device, kind="cpu", name=device, vendor="", backend=device.partition(":")[0], driver=driver)
    return Found(info=info, open=nothing)  # type: ignore[arg-type]


DEVICES = (
    found("cpu", "Numba on CPython 3.11"),
    found("opencl:0", "Portable Computing Language 6.0, OpenCL 3.0"),
    found("opencl:1", "Intel(R) OpenCL 2025.0, OpenCL 3.0"),
    found("opencl:2", "Intel(R) OpenCL 2025.0, FPGA emulation"),
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("threads=1,2", Alternation("threads", "1", "2")),
        (" Threads = 02 , 4", Alternation("threads", "2", "4")),
        ("kernel=avx2,avx512-x16", Alternation("kernel", "avx2", "avx512-x16")),
        ("device=CPU,opencl:0", Alternation("device", "cpu", "opencl:0")),
        ("runtime=numba,portable", Alternation("runtime", "numba", "portable")),
    ],
)
def test_two_settings_of_a_key(text: str, meant: Alternation) -> None:
    assert parse_alternation(text) == meant


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "names no two settings"),
        ("threads", "names no two settings"),
        ("threads=1", "names no two settings"),
        ("threads=1,2,3", "names no two settings"),
        ("threads=1,", "names no two settings"),
        ("speed=1,2", "'speed' cannot be alternated; kernel, threads, device and runtime can"),
        ("threads=2,02", "threads 2 stands on both sides"),
        ("kernel=avx2,AVX2", "stands on both sides"),
        ("device=cpu,CPU", "device cpu stands on both sides"),
        ("threads=0,1", "no number of threads"),
        ("threads=-1,1", "no number of threads"),
        ("threads=1e3,1", "no number of threads"),
        ("threads=٣,1", "no number of threads"),
        ("threads=99999999999,1", "no number of threads"),
        ("kernel=a\x1b[2J,b", "what no setting is called"),
        (f"kernel={'x' * 999},b", "what no setting is called"),
    ],
)
def test_what_is_no_two_settings_is_said_in_a_sentence(text: str, because: str) -> None:
    with pytest.raises(InputError, match=because) as raised:
        parse_alternation(text)
    assert "\n" not in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert len(str(raised.value)) <= 160


@pytest.mark.parametrize(
    ("text", "devices", "options", "together", "because"),
    [
        ("threads=1,2", (), DeviceOptions(threads=1), False, "leave --threads out"),
        ("kernel=a,b", (), DeviceOptions(kernel="a"), False, "leave --kernel out"),
        ("device=cpu,opencl:0", ("cpu",), DeviceOptions(), False, "leave -d out"),
        ("threads=1,2", (), DeviceOptions(), True, "leave one of them out"),
        ("kernel=a,b", (), DeviceOptions(retune=True), False, "leave --retune out"),
    ],
)
def test_another_option_that_says_otherwise_is_refused(
    text: str, devices: tuple[str, ...], options: DeviceOptions, together: bool, because: str
) -> None:
    with pytest.raises(InputError, match=because):
        check_beside(parse_alternation(text), devices, options, together)


def test_devices_are_found_by_their_ids_and_runtimes_by_a_part_of_their_names() -> None:
    assert devices_of(parse_alternation("device=opencl:0,cpu"), DEVICES) == (DEVICES[1], DEVICES[0])
    assert devices_of(parse_alternation("runtime=numba,Portable"), DEVICES) == (DEVICES[0], DEVICES[1])


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("device=cpu,opencl:9", "there is no device 'opencl:9'; this machine has cpu; opencl:0"),
        ("runtime=numba,rusticl", "there is no runtime 'rusticl'; this machine has Intel"),
        ("runtime=numba,intel", "runtime intel drives opencl:1, opencl:2; name two devices instead"),
    ],
)
def test_a_device_that_is_not_there_is_answered_with_those_that_are(text: str, because: str) -> None:
    with pytest.raises(InputError, match=because):
        devices_of(parse_alternation(text), DEVICES)


def test_options_are_the_runs_with_the_setting() -> None:
    options = DeviceOptions(threads=2)
    assert options_of(parse_alternation("kernel=a,b"), "b", options) == DeviceOptions(kernel="b", threads=2)
    assert options_of(parse_alternation("threads=3,4"), "4", DeviceOptions()) == DeviceOptions(threads=4)
    assert options_of(parse_alternation("device=a,b"), "b", options) == options


def test_who_begins_changes_so_that_a_steady_drift_favours_neither() -> None:
    for rounds in (6, 12, 60):
        orders = in_turns(rounds, "0123")
        assert orders.count((0, 1)) == orders.count((1, 0)) == rounds / 2
        assert orders == in_turns(rounds, "0123")
    # Nothing that comes and goes keeps step with it.
    assert len({tuple(in_turns(12, str(run))) for run in range(20)}) > 15
