"""The conditions of a comparison: one closed list, what each does to a verdict, and why. A rule is changed here.

The principle: what is *not the thing that is compared* (another machine, or somebody who took a part of it) forbids a
verdict; what one may have changed on purpose (a kernel, a driver, a governor, the program) is named beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from ....bench.rates import counted_rounds
from ....bench.result.machine import Machine
from ....bench.result.warning import WarningCode
from ....bench.warnings.judge import STOLEN_LOAD
from ...collect.gather import Entry
from ...collect.identity import name_without_driver, works_on_host
from ...layout.work_words import variant_text

# forbids: no verdict is given where it differs between the runs.
# named: it is told where it differs, and the verdict stands.
Effect = Literal["forbids", "named"]


class Condition(Struct, frozen=True, kw_only=True):
    """Something that was so in one run, and may have been otherwise in another.

    `host_only`: it forbids only where the machine's own cores do the work; it is named elsewhere. `forbidden`: the
    condition in words, where it forbids a verdict. `helps`: what the user can do then.
    """

    name: str
    read: Callable[[Entry], object]
    effect: Effect = "named"
    host_only: bool = False
    forbidden: str = ""
    helps: str = ""


class Disturbance(Struct, frozen=True, kw_only=True):
    """Something that a run was disturbed by, as its warnings tell.

    `effect`: with *work ÷ CPU time* the verdict is by that, where all runs tell it and it means the same, and is
    forbidden elsewhere; *forbids one-sided* where only one side was disturbed. `word`: in a sentence after "because".
    `seen`: what the run itself shows of it, which counts instead of the warning where it is not None.
    """

    code: WarningCode
    effect: Literal["work ÷ CPU time", "forbids one-sided"]
    host_only: bool
    word: str
    helps: str
    seen: Callable[[Entry], bool | None] | None = None


def _of_machine(read: Callable[[Machine], object]) -> Callable[[Entry], object]:
    return lambda entry: None if entry.machine is None else read(entry.machine)


def _threads(entry: Entry) -> object:
    return None if entry.device.kernel is None else entry.device.kernel.tuning.get("threads")


def _tuning(entry: Entry) -> object:
    kernel = entry.device.kernel
    if kernel is None:
        return None
    # Threads have a line of their own; where a kernel came from is no setting.
    told = sorted((name, value) for name, value in kernel.tuning.items() if name not in ("threads", "compiled"))
    return ", ".join(f"{name}={value}" for name, value in told) or None


def _held_by_quota(entry: Entry) -> bool | None:
    """Whether the quota's own counter moved; one that grants enough held nothing back."""
    rounds = counted_rounds(entry.device)
    told = [one.throttled_s for one in rounds if one.throttled_s is not None]
    if not rounds or len(told) < len(rounds):
        return None
    return math.fsum(told) / math.fsum(sample.seconds for sample in entry.samples) >= STOLEN_LOAD


def _other_device(entry: Entry) -> object:
    """The name of what is no processor's own device: of these, the processor tells more, and alike in all versions."""
    known = works_on_host(entry.device.device) and entry.machine is not None and entry.machine.cpu_model
    return None if known else name_without_driver(entry.device.device)


ANOTHER_MACHINE = "compare runs of one machine"
# In the order in which they are told: what forbids first, and of that another processor.
CONDITIONS = (
    Condition(
        name="processor",
        read=_of_machine(lambda machine: machine.cpu_model),
        effect="forbids",
        host_only=True,
        forbidden="another processor",
        helps=ANOTHER_MACHINE,
    ),
    Condition(
        name="microarchitecture",
        read=_of_machine(lambda machine: machine.microarchitecture),
        effect="forbids",
        host_only=True,
        forbidden="another processor",
        helps=ANOTHER_MACHINE,
    ),
    Condition(
        name="processor's numbers",
        read=_of_machine(lambda machine: machine.cpu_signature),
        effect="forbids",
        host_only=True,
        forbidden="another processor",
        helps=ANOTHER_MACHINE,
    ),
    Condition(
        name="device",
        read=_other_device,
        effect="forbids",
        forbidden="another device",
        helps="compare runs of one device",
    ),
    Condition(
        name="compute units",
        read=lambda entry: entry.device.device.compute_units,
        effect="forbids",
        forbidden="another number of compute units",
        helps="compare runs of one device",
    ),
    Condition(
        name="CPUs",
        read=_of_machine(lambda machine: machine.logical_cpus),
        effect="forbids",
        host_only=True,
        forbidden="another number of CPUs",
        helps=ANOTHER_MACHINE,
    ),
    Condition(
        name="usable CPUs",
        read=_of_machine(lambda machine: machine.usable_cpus),
        effect="forbids",
        host_only=True,
        forbidden="another number of usable CPUs",
        helps="give both sides the same CPUs",
    ),
    Condition(
        name="threads",
        read=_threads,
        effect="forbids",
        host_only=True,
        forbidden="another number of threads",
        helps="use as many on both sides, or judge them with `hashwatt run --ab threads=A,B`",
    ),
    Condition(
        name="machine",
        read=_of_machine(lambda machine: "virtual" if machine.hypervisor else "bare"),
        effect="forbids",
        host_only=True,
        forbidden="a bare machine against a virtual one",
        helps=ANOTHER_MACHINE,
    ),
    Condition(
        name="on battery",
        read=_of_machine(lambda machine: machine.on_battery),
        effect="forbids",
        forbidden="one side ran on battery",
        helps="plug it in and measure again",
    ),
    Condition(name="device's name", read=lambda entry: name_without_driver(entry.device.device)),
    Condition(name="device id", read=lambda entry: entry.device.device.id),
    Condition(name="driver", read=lambda entry: entry.device.device.driver),
    Condition(name="kernel", read=lambda entry: entry.device.kernel.name if entry.device.kernel else None),
    Condition(name="work", read=lambda entry: variant_text(entry.device) or None),
    Condition(name="tuning", read=_tuning),
    Condition(name="virtual machine", read=_of_machine(lambda machine: machine.hypervisor)),
    Condition(name="container", read=_of_machine(lambda machine: machine.container)),
    Condition(name="governor", read=_of_machine(lambda machine: machine.governor)),
    Condition(name="memory", read=_of_machine(lambda machine: machine.memory_bytes)),
    Condition(name="system", read=_of_machine(lambda machine: machine.os)),
    Condition(name="system's kernel", read=_of_machine(lambda machine: machine.kernel)),
    Condition(name="Python", read=_of_machine(lambda machine: machine.python)),
    Condition(name="hashwatt", read=lambda entry: entry.result.hashwatt_version),
)

DISTURBANCES = (
    Disturbance(
        code="contention",
        effect="work ÷ CPU time",
        host_only=True,
        word="other programs kept CPUs busy",
        helps="close them and measure again",
    ),
    Disturbance(
        code="stolen_time",
        effect="work ÷ CPU time",
        host_only=True,
        word="the hypervisor took CPUs away",
        helps="measure at a quieter hour",
    ),
    Disturbance(
        code="quota",
        effect="work ÷ CPU time",
        host_only=True,
        word="a quota held it back",
        helps="lift the quota and measure again",
        seen=_held_by_quota,
    ),
    Disturbance(
        code="throttling",
        effect="forbids one-sided",
        host_only=False,
        word="only one side was throttled",
        helps="let the device cool and measure again",
    ),
)
