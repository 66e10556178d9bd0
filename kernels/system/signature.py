"""What tells one processor from another of the same name: the maker's numbers for each kind of core in it.

On x86 these are vendor, family, model and stepping; on Arm implementer, part, variant and revision (of the register
MIDR); elsewhere whatever number the system has. A name alone is none: clouds sell several generations under one.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .microarchitecture import microarchitecture
from .processor import ARM_IMPLEMENTERS, CPUINFO, CPUINFO_BYTES, cpu_name
from .system_files import is_foreign_root, names_in, read_text, run_sysctl, text_or_none

# One of each kind of core is enough; no processor has as many kinds.
MOST_KINDS = 8
CPUS = "/sys/devices/system/cpu"
MIDR = "regs/identification/midr_el1"
# As Windows writes it: "Intel64 Family 6 Model 85 Stepping 4, GenuineIntel".
WINDOWS = re.compile(r"\S+ Family (\d+) Model (\d+) Stepping (\d+), (\w+)", re.ASCII)
MAKER_OF_FAMILY = re.compile(r"\w+ (?=family \d)", re.ASCII)
# Where neither x86 nor Arm is told: POWER, s390x, RISC-V, LoongArch.
OTHER_FIELDS = ("revision", "mvendorid", "marchid", "mimpid", "CPU Family", "Model Name", "CPU Revision")


def cpu_title(cpuinfo: Path = CPUINFO) -> str:
    """What to call the processor: its name, and what tells it from others of that name, as far as that is known."""
    name, numbers = cpu_name(cpuinfo), cpu_signature(cpuinfo)
    if name and numbers:
        # On x86 the name has the maker in it.
        numbers = MAKER_OF_FAMILY.sub("", numbers)
    told = ", ".join(filter(None, (microarchitecture(), numbers)))
    name = name or platform.machine() or "unknown CPU"
    return f"{name} ({told})" if told else name


def cpu_signature(cpuinfo: Path = CPUINFO) -> str | None:
    """The numbers of each kind of core, like `AuthenticAMD family 25 model 17 stepping 1`; None where none are told."""
    kinds = dict.fromkeys(filter(None, map(_signature, _processors(cpuinfo))))
    if not kinds:
        kinds = dict.fromkeys(_from_registers() or _from_other_systems())
    return " + ".join(sorted(kinds)[:MOST_KINDS]) or None


def _processors(cpuinfo: Path) -> list[dict[str, str]]:
    """The fields of each processor; what is told of all of them together stands with each that lacks it."""
    blocks: list[dict[str, str]] = [{}]
    with suppress(OSError):
        for line in read_text(cpuinfo, CPUINFO_BYTES).splitlines():
            key, _, value = (part.strip() for part in line.partition(":"))
            if key == "processor" and "processor" in blocks[-1]:
                blocks.append({})
            if key:
                blocks[-1].setdefault(key, value)
    # A file cut off at its bound ends in the middle of a processor.
    return blocks if len(blocks) == 1 else blocks[:-1] + ([blocks[-1]] if len(blocks[-1]) >= len(blocks[0]) else [])


def _signature(fields: Mapping[str, str]) -> str | None:
    family, model, stepping = (fields.get(name, "") for name in ("cpu family", "model", "stepping"))
    if fields.get("vendor_id") and family.isdecimal() and model.isdecimal():
        return f"{fields['vendor_id']} family {family} model {model}" + (
            f" stepping {stepping}" if stepping.isdecimal() else ""
        )
    if "CPU part" in fields:
        numbers = [_number(fields.get(f"CPU {name}")) for name in ("implementer", "part", "variant", "revision")]
        return None if numbers[0] is None or numbers[1] is None else _arm(*numbers)
    told = [f"{name} {fields[name]}" for name in OTHER_FIELDS if fields.get(name)]
    return ", ".join(told) or None


def _arm(implementer: int | None, part: int | None, variant: int | None, revision: int | None) -> str:
    number = f"{implementer or 0:#04x}"
    maker = ARM_IMPLEMENTERS.get(number, f"implementer {number}")
    told = f"{maker} part {part or 0:#05x}"
    return told if variant is None or revision is None else f"{told} r{variant}p{revision}"


def _from_registers() -> list[str]:
    """From each core's register MIDR, where Linux shows it and /proc/cpuinfo tells nothing."""
    found = []
    for name in names_in(CPUS):
        value = _number(text_or_none(f"{CPUS}/{name}/{MIDR}")) if re.fullmatch(r"cpu\d+", name, re.ASCII) else None
        if value:
            found.append(_arm(value >> 24 & 0xFF, value >> 4 & 0xFFF, value >> 20 & 0xF, value & 0xF))
    return found


def _from_other_systems() -> list[str]:
    if is_foreign_root():
        return []
    if sys.platform == "darwin":
        names = ("machdep.cpu.family", "machdep.cpu.model", "machdep.cpu.stepping", "hw.cpufamily")
        told = {name.rpartition(".")[2]: run_sysctl(name) for name in names}
        return [" ".join(f"{name} {value}" for name, value in told.items() if value)]
    if match := WINDOWS.fullmatch(platform.processor()):
        return [f"{match[4]} family {match[1]} model {match[2]} stepping {match[3]}"]
    return []


def _number(text: str | None) -> int | None:
    """A number as the kernel writes it, 0x41 or 3."""
    if text is None or not re.fullmatch(r"0x[0-9a-fA-F]{1,16}|\d{1,10}", text, re.ASCII):
        return None
    return int(text, 0) if text.startswith("0x") else int(text)
