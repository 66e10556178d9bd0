"""Windows' records of cores, groups and caches: recorded, put together, damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.system.windows import processors
from hashwatt.kernels.system.windows.processors import WindowsCore, parse

from .buffers import RECORDED, cache, core, groups, numa_node

pytestmark = pytest.mark.elsewhere


def test_a_recorded_buffer_is_understood() -> None:
    told = parse(RECORDED)
    assert told.cores == (WindowsCore((0,), 0), WindowsCore((1,), 0))
    assert told.groups == {0: 0b11}
    assert [(each.level, each.kind, each.size_bytes) for each in told.caches if 0 in each.cpus] == [
        (1, "data", 32 << 10),
        (1, "instruction", 32 << 10),
        (2, "unified", 1 << 20),
        (3, "unified", 32 << 20),
    ]


def test_logical_cpus_of_a_second_group_have_numbers_of_their_own() -> None:
    told = parse(b"".join([numa_node(), *(core((cpu, cpu + 1)) for cpu in (0, 62, 64, 126)), groups(64, 64)]))
    assert [each.cpus for each in told.cores] == [(0, 1), (62, 63), (64, 65), (126, 127)]
    assert told.usable((0,), (1 << 64) - 1) == tuple(range(128)), "the whole of a group is no restriction"
    assert told.usable((0, 1), 0) == tuple(range(128))
    assert told.usable((1,), 0b110) == (65, 66)


@pytest.mark.parametrize("own_groups", [(0,), ()], ids=["group 0", "group unknown"])
def test_affinity_within_one_group_is_respected(own_groups: tuple[int, ...]) -> None:
    told = parse(core((0, 1)) + core((2, 3)) + groups(4))
    assert told.usable(own_groups, 0b0101) == (0, 2)
    assert told.usable(own_groups, 0b1111) == (0, 1, 2, 3)
    assert told.usable(own_groups, 0) == (0, 1, 2, 3)


def test_without_a_record_of_groups_the_cores_tell_them() -> None:
    assert parse(core((0, 1)) + core((64,))).groups == {0: 0b11, 1: 0b1}


def test_caches_before_windows_10_have_one_mask_that_nobody_counted() -> None:
    (found,) = parse(cache(3, 8 << 20, (0, 1), kind=0, masks=0)).caches
    assert (found.level, found.kind, found.size_bytes, found.cpus) == (3, "unified", 8 << 20, frozenset({0, 1}))


@pytest.mark.parametrize(
    "data",
    [RECORDED[:-1], RECORDED[:5], b"\0" * 8, b"\0\0\0\0\xff\xff\xff\xff", core((0,))[:20], b"\0\0\0\0\x09\0\0\0\0"],
)
def test_a_damaged_buffer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="record"):
        parse(data)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_understood_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except ValueError:
        return


@given(st.integers(0, len(RECORDED) - 1), st.integers(0, 255))
def test_one_wrong_byte_is_no_crash(at: int, value: int) -> None:
    try:
        parse(RECORDED[:at] + bytes([value]) + RECORDED[at + 1 :])
    except ValueError:
        return


@pytest.mark.skipif(hasattr(__import__("ctypes"), "WinDLL"), reason="this is Windows")
def test_on_other_systems_there_is_nothing_to_ask() -> None:
    for ask in (processors.read_processors, processors.own_affinity, lambda: processors.keep_thread_on(0)):
        with pytest.raises(OSError, match="library of Windows"):
            ask()
    assert not processors.has_feature(30)
