"""Cores, logical CPUs, processor groups and caches, as GetLogicalProcessorInformationEx tells them.

A logical CPU has a group of at most 64 and a bit in it; here its number is 64 × group + bit.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .api import ERROR_INSUFFICIENT_BUFFER, MOST_BYTES, TRIES, last_error, library

GROUP_BITS = 64
MOST_GROUPS = 64
# LOGICAL_PROCESSOR_RELATIONSHIP
CORE, CACHE, GROUP, ALL = 0, 2, 4, 0xFFFF
# The records' beginnings (winnt.h): what they are and how long; then each kind's own fields.
RECORD = struct.Struct("<II")
# flags, efficiency class (the higher, the faster), 20 reserved bytes, number of masks
CORE_FIELDS = struct.Struct("<BB20xH")
# level, associativity, line size, bytes, type, 18 reserved bytes, number of masks
CACHE_FIELDS = struct.Struct("<BBHII18xH")
# most groups, active groups, 20 reserved bytes
GROUPS_FIELDS = struct.Struct("<HH20x")
# most CPUs, active CPUs, 38 reserved bytes, mask of the active ones
GROUP_FIELDS = struct.Struct("<BB38xQ")
# GROUP_AFFINITY: mask, group, 6 reserved bytes
MASK = struct.Struct("<QH6x")
CACHE_KINDS = {0: "unified", 1: "instruction", 2: "data"}


@dataclass(frozen=True)
class WindowsCore:
    """A core: its logical CPUs, and its efficiency class (the higher, the faster; all alike: no hybrid)."""

    cpus: tuple[int, ...]
    efficiency_class: int


@dataclass(frozen=True)
class WindowsCache:
    """A cache, and the logical CPUs that share it."""

    level: int
    kind: str
    size_bytes: int
    cpus: frozenset[int]


@dataclass(frozen=True)
class WindowsProcessors:
    """All of a machine. `groups`: each processor group's mask of active CPUs."""

    cores: tuple[WindowsCore, ...]
    caches: tuple[WindowsCache, ...]
    groups: Mapping[int, int]

    def usable(self, own_groups: tuple[int, ...], process_mask: int) -> tuple[int, ...]:
        """The CPUs a process may put threads on, by the groups it is in (none: unknown) and its mask there.

        The mask is 0 where it is in several groups. One that is the whole group restricts nothing: threads may be sent
        to the other groups, too.
        """
        own_groups = own_groups or tuple(self.groups)
        if len(own_groups) == 1 and process_mask:
            active = self.groups.get(own_groups[0], 0)
            if process_mask & active and process_mask & active != active:
                return tuple(cpus_of(process_mask & active, own_groups[0]))
        return tuple(sorted(cpu for group, mask in self.groups.items() for cpu in cpus_of(mask, group)))


def parse(data: bytes) -> WindowsProcessors:
    """What a buffer of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX says; kinds that are not known are passed over.

    Raises ValueError where it is damaged.
    """
    cores: list[WindowsCore] = []
    caches: list[WindowsCache] = []
    groups: dict[int, int] = {}
    for kind, body in _records(data):
        try:
            if kind == CORE:
                _, efficiency_class, masks = CORE_FIELDS.unpack_from(body)
                cores.append(WindowsCore(tuple(_masked(body, CORE_FIELDS.size, masks)), efficiency_class))
            elif kind == CACHE:
                level, _, _, size_bytes, cache_type, masks = CACHE_FIELDS.unpack_from(body)
                # Before Windows 10 there was one mask, and its number was a reserved 0.
                cpus = frozenset(_masked(body, CACHE_FIELDS.size, max(1, masks)))
                if cache_type in CACHE_KINDS and 1 <= level <= 9 and size_bytes:
                    caches.append(WindowsCache(level, CACHE_KINDS[cache_type], size_bytes, cpus))
            elif kind == GROUP:
                _, active = GROUPS_FIELDS.unpack_from(body)
                for group in range(min(active, MOST_GROUPS)):
                    *_, mask = GROUP_FIELDS.unpack_from(body, GROUPS_FIELDS.size + group * GROUP_FIELDS.size)
                    groups[group] = mask
        except struct.error as error:
            raise ValueError(f"a record of kind {kind} is cut off") from error
    if not groups:
        for cpu in (cpu for core in cores for cpu in core.cpus):
            groups[cpu // GROUP_BITS] = groups.get(cpu // GROUP_BITS, 0) | 1 << cpu % GROUP_BITS
    return WindowsProcessors(tuple(core for core in cores if core.cpus), tuple(caches), groups)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + RECORD.size > len(data):
            raise ValueError("the last record is cut off")
        kind, size = RECORD.unpack_from(data, at)
        if size < RECORD.size or at + size > len(data):
            raise ValueError(f"a record says that it has {size} bytes")
        yield kind, data[at + RECORD.size : at + size]
        at += size


def _masked(body: bytes, start: int, masks: int) -> Iterator[int]:
    for index in range(min(masks, MOST_GROUPS)):
        mask, group = MASK.unpack_from(body, start + index * MASK.size)
        yield from cpus_of(mask, group)


def cpus_of(mask: int, group: int) -> Iterator[int]:
    """The numbers of the CPUs whose bits are set."""
    return (group * GROUP_BITS + bit for bit in range(GROUP_BITS) if mask >> bit & 1)


def read_processors() -> WindowsProcessors:
    """This machine's. Raises OSError where this is no Windows or it says nothing, ValueError for nonsense."""
    kernel = library("kernel32")
    size = ctypes.c_uint32(0)
    for _ in range(TRIES):
        buffer = ctypes.create_string_buffer(size.value)
        if kernel.GetLogicalProcessorInformationEx(ALL, buffer if size.value else None, ctypes.byref(size)):
            return parse(buffer.raw[: size.value])
        if last_error() != ERROR_INSUFFICIENT_BUFFER or size.value > MOST_BYTES:
            break
    raise OSError("GetLogicalProcessorInformationEx does not answer")


def own_affinity() -> tuple[tuple[int, ...], int]:
    """The processor groups that this process is in, and its mask within (0 where it is in several).

    No groups: unknown. Raises OSError.
    """
    kernel = library("kernel32")
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    count = ctypes.c_uint16(MOST_GROUPS)
    numbers = (ctypes.c_uint16 * MOST_GROUPS)()
    # Wine has the call, and answers nothing.
    known = kernel.GetProcessGroupAffinity(process, ctypes.byref(count), numbers)
    own, system = ctypes.c_size_t(0), ctypes.c_size_t(0)
    if not kernel.GetProcessAffinityMask(process, ctypes.byref(own), ctypes.byref(system)):
        raise OSError("GetProcessAffinityMask does not answer")
    return tuple(numbers[: count.value]) if known else (), own.value


class GroupAffinity(ctypes.Structure):
    """GROUP_AFFINITY of winnt.h."""

    _fields_ = (("mask", ctypes.c_size_t), ("group", ctypes.c_uint16), ("reserved", ctypes.c_uint16 * 3))


def keep_thread_on(cpu: int) -> bool:
    """Keep the calling thread on one logical CPU, of whichever group; False where that is refused. Raises OSError."""
    kernel = library("kernel32")
    kernel.GetCurrentThread.restype = ctypes.c_void_p
    place = GroupAffinity(1 << cpu % GROUP_BITS, cpu // GROUP_BITS)
    return bool(kernel.SetThreadGroupAffinity(ctypes.c_void_p(kernel.GetCurrentThread()), ctypes.byref(place), None))


def has_feature(number: int) -> bool:
    """Whether Windows says that the processor has a feature, by its number in winnt.h; False where it says nothing."""
    try:
        return bool(library("kernel32").IsProcessorFeaturePresent(number))
    except OSError:
        return False
