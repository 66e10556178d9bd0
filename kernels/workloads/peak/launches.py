"""How the kernels are called on a device, and how many numbers they work on."""

from __future__ import annotations

from ...device import BufferId, DeviceInfo, KernelId, Launch, Source
from ..amx import uses_amx
from . import on_amx, opencl, plain
from .formats import FORMATS, ON_AMX, Format

PACKAGE = __package__
LANGUAGES = ("llvm", "opencl", "python")
# A card has room for so many work-items on each of its units; twice as many keep it busy to the end.
ITEMS_A_UNIT = 4096
UNITS_IF_UNKNOWN = 16
GROUP_ON_GPU = 256
# Of the host's cores each gets so many items, so that shares are equal.
ITEMS_A_THREAD = 4


def language_of(info: DeviceInfo) -> str:
    """The first of the languages that the device knows."""
    return next(each for each in LANGUAGES if each in info.languages)


def format_of(number: str, info: DeviceInfo) -> Format:
    """A format as the device computes it."""
    return ON_AMX[number] if by_amx(number, info) else FORMATS[number]


def by_amx(number: str, info: DeviceInfo) -> bool:
    """Whether the device's kernel of a format is that of `on_amx`."""
    return number in ON_AMX and uses_amx(number, info)


def source_of(number: str, info: DeviceInfo, bits: int = opencl.USUAL_BITS) -> Source:
    """The kernel of a format; `bits`: of a vector in OpenCL on the host's cores (see `widths`)."""
    language = language_of(info)
    amx = by_amx(number, info)
    types = (FORMATS[number].stored,) * (2 if amx or number == "int8" else 1)
    if language == "opencl":
        return Source(language, opencl.text(number, info, bits), number, types)
    module = "on_amx" if amx else "cpu" if language == "llvm" else "plain"
    return Source(language, f"{PACKAGE}.{module}:{number}", number, types)


def sweep_source_of(steps: int, info: DeviceInfo, bits: int = opencl.USUAL_BITS) -> Source:
    """The kernel of the sweep with so many steps; `bits`: see `source_of`."""
    language, name = language_of(info), f"sweep{steps}"
    if language == "opencl":
        return Source(language, opencl.sweep_text(steps, info, bits), name, ("float64",))
    return Source(language, f"{PACKAGE}.{'cpu' if language == 'llvm' else 'plain'}:{name}", name, ("float64",))


def values_an_item(number: str, info: DeviceInfo, bits: int = opencl.USUAL_BITS) -> int:
    """How many numbers an item takes through the turns; `bits`: see `source_of`."""
    language = language_of(info)
    if language == "opencl":
        return opencl.values_an_item(number, info, bits)
    if by_amx(number, info):
        return on_amx.VALUES_AN_ITEM
    if language == "llvm":
        from .cpu import values_an_item as of_cpu

        return of_cpu(number)
    return plain.VALUES_AN_ITEM


def turns_of(number: str, info: DeviceInfo) -> int:
    """How many turns a launch has: the host's cores take more of them for a launch's cost to vanish."""
    if info.simulator or language_of(info) == "python":
        return 2
    form = format_of(number, info)
    return form.turns * form.host_factor if info.on_host_cores else form.turns


def items_of(info: DeviceInfo, threads: int | None) -> int:
    """How many items keep all of the device busy; `threads`: the host's, where it told how many work."""
    if threads is not None:
        return ITEMS_A_THREAD * threads
    units = info.compute_units or UNITS_IF_UNKNOWN
    if info.simulator or language_of(info) == "python":
        return 2
    return ITEMS_A_THREAD * units if info.on_host_cores else ITEMS_A_UNIT * units


def launch_of(
    kernel: KernelId, buffers: tuple[BufferId, ...], info: DeviceInfo, items: int, repeats: int, turns: int,
    m_and_c: tuple[int, int],
) -> Launch:  # fmt: skip
    """So many launches of so many turns on each item."""
    grain = 1 if info.on_host_cores or info.simulator else GROUP_ON_GPU
    return Launch(kernel, buffers, (turns, *m_and_c), items, repeats, grain=grain)


def sweep_numbers(info: DeviceInfo, bits: int = opencl.USUAL_BITS) -> int:
    """How many numbers of the sweep's array an item of a launch has; `bits`: see `source_of`."""
    return opencl.sweep_numbers(info, bits) if language_of(info) == "opencl" else 1


def sweep_launch(kernel: KernelId, buffer: BufferId, numbers: int, across: int, repeats: int, c: int) -> Launch:
    """So many passes of the sweep over so many numbers; `across`: of an item (`sweep_numbers`)."""
    return Launch(kernel, (buffer,), (-1.0, float(c), float(c + 1)), numbers // across, repeats)
