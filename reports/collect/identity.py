"""What makes two runs runs of one device, and what makes them runs of it in the same setting.

A name is no identity: clouds sell several processors under one, and a driver may carry its own version in it. An id
such as `opencl:0` is none either: it is given anew at each start. What the device is stays: its name without the
driver's version, its place on the bus, its size, and the processor beside it with the maker's numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from msgspec import Struct

from ...bench.result.machine import Machine
from ...bench.result.measurement import DeviceRecord, Measurement

GIB = 1 << 30
# A parameter's name, whether its value is text (numbers and texts have no order among each other), and the value.
Parameters = tuple[tuple[str, bool, int | float | str], ...]


class Setting(Struct, frozen=True, order=True, kw_only=True):
    """How much of the device was used, and how; empty and 0 where nothing was asked for or is known.

    `threads`: as many as worked. `asked_kernel`, `asked_threads`: what was asked for instead of what is best.
    `usable_cpus`: how many CPUs the run was held to, 0 for all of them.
    """

    threads: int = 0
    asked_kernel: str = ""
    asked_threads: int = 0
    usable_cpus: float = 0.0

    @property
    def words(self) -> str:
        """In what the run was held back or steered, in words; empty where the device was left to itself."""
        told = []
        if self.asked_kernel:
            told.append(f"kernel {self.asked_kernel} asked for")
        if self.asked_threads:
            told.append(f"{self.asked_threads} thread{'' if self.asked_threads == 1 else 's'} asked for")
        if self.usable_cpus:
            told.append(f"held to {self.usable_cpus:g} CPU{'' if self.usable_cpus == 1 else 's'}")
        return ", ".join(told)


class GroupKey(Struct, frozen=True, order=True, kw_only=True):
    """What makes two runs runs of the same device in the same setting, doing the same work.

    Unknown is empty, or 0. `machine_id` tells machines apart that one file holds together; it is empty elsewhere.
    `twin` is the device's id, where one run has several that nothing else tells apart.
    """

    workload: str
    unit: str
    parameters: Parameters
    name: str
    kind: str
    backend: str
    pci_address: str
    compute_units: int
    memory_gib: int
    machine: str
    microarchitecture: str
    cpu_signature: str
    cpus: int
    machine_id: str
    setting: Setting
    twin: str = ""

    @property
    def device(self) -> tuple[object, ...]:
        """What is the same for all of a device's settings in one kind of work."""
        return _ALL_BUT_SETTING(self)


# A thousand machines are asked for theirs a dozen times a report.
_ALL_BUT_SETTING: Callable[[GroupKey], tuple[object, ...]] = attrgetter(
    *(name for name in GroupKey.__struct_fields__ if name != "setting")
)


def key_for(entry: Measurement, machine: Machine | None, machine_id: str) -> GroupKey:
    """The key of one measurement; `machine`: where it was made, None where nobody knows."""
    device, on_host = entry.device, works_on_host(entry.device)
    return GroupKey(
        workload=entry.workload,
        unit=entry.unit,
        parameters=tuple((name, isinstance(value, str), value) for name, value in sorted(entry.parameters.items())),
        name=name_without_driver(device),
        kind=device.kind,
        backend=device.backend,
        pci_address=device.pci_address or "",
        # What a processor gives its own devices depends on how much of it the run may use: that is the setting.
        compute_units=0 if on_host else device.compute_units or 0,
        memory_gib=0 if on_host else memory_gib(device),
        machine=(machine and machine.cpu_model) or "unknown machine",
        microarchitecture=(machine and machine.microarchitecture) or "",
        cpu_signature=(machine and machine.cpu_signature) or "",
        cpus=(machine and machine.logical_cpus) or 0,
        machine_id=machine_id,
        setting=setting_of(entry, machine),
    )


def setting_of(entry: Measurement, machine: Machine | None) -> Setting:
    """How much of its device a measurement used."""
    told = None if entry.kernel is None else entry.kernel.tuning.get("threads")
    threads = told if isinstance(told, int) else 0
    name = "" if entry.kernel is None else entry.kernel.name
    asked_kernel, asked_threads = (
        ("", 0) if entry.settings is None else (entry.settings.asked_kernel or "", entry.settings.asked_threads or 0)
    )
    held = 0.0
    if works_on_host(entry.device) and machine is not None and machine.usable_cpus and machine.logical_cpus:
        held = machine.usable_cpus if machine.usable_cpus < machine.logical_cpus else 0.0
    return Setting(
        threads=threads,
        # What was asked of a whole run does not concern a device, or a workload, that does not know of it.
        asked_kernel=asked_kernel if name.startswith(asked_kernel) else "",
        asked_threads=asked_threads if threads else 0,
        usable_cpus=held,
    )


def works_on_host(device: DeviceRecord) -> bool:
    """Whether the machine's own cores do the work, as far as that is known."""
    return device.kind == "cpu" if device.runs_on_host_cpu is None else device.runs_on_host_cpu


def memory_gib(device: DeviceRecord) -> int:
    """The device's memory to the next GiB: drivers keep a little for themselves, and each version another little."""
    told = device.limits.get("memory_bytes")
    return round(told / GIB) if isinstance(told, int | float) and 0 < told < 1 << 60 else 0


def name_without_driver(device: DeviceRecord) -> str:
    """The device's name without the version of its driver, which older files have in it; its id where it has none.

    `GTX 970 (NVIDIA CUDA 535.54)`, driven by `NVIDIA CUDA 535.54, OpenCL 3.0`, is `GTX 970 (NVIDIA CUDA)`.
    """
    name, driver = device.name, device.driver.partition(", ")[0]
    # The platform's name comes first, the version's first word has a digit.
    words = driver.split(" ")
    first = next((index for index, word in enumerate(words) if any(map(str.isdigit, word))), len(words))
    if 0 < first < len(words) and f"({driver}" in name:
        name = name.replace(f"({driver}", f"({' '.join(words[:first])}")
    return name or device.id
