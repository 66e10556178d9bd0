"""Which microarchitecture the cores are, by archspec's names: its own answer, held against LLVM's.

archspec goes by features, so a virtual machine that hides a single one makes a core an older one: a Zen 3 without
protection keys is a Zen 2 to it. LLVM goes by family and model. Its answer counts, unless archspec's is a newer core of
that line, which LLVM does not know yet. Hypervisors may also invent a model: a core is no older than what it can do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .processor import cpu_vendor
from .system_files import is_foreign_root

if TYPE_CHECKING:
    from archspec.cpu import Microarchitecture

# archspec's word for the maker where it knows no more than the instruction set.
GENERIC = "generic"
# Cores that archspec has under another name than LLVM, or not at all: then the nearest before them of the same line,
# for by features a virtual machine that hides some makes an Emerald Rapids an Ice Lake.
OTHERWISE_NAMED = {
    other: name
    for name, others in {
        "zen": "zen1",
        "bulldozer": "bdver1",
        "piledriver": "bdver2",
        "steamroller": "bdver3",
        "excavator": "bdver4",
        "k10": "amdfam10",
        "core2": "penryn",
        "skylake_avx512": "skx",
        "cascadelake": "cooperlake",
        "icelake": "icelake_client icelake_server rocketlake tigerlake",
        "sapphirerapids": "emeraldrapids graniterapids graniterapids_d diamondrapids",
        "alderlake": "raptorlake meteorlake",
        "arrowlake_s": "lunarlake pantherlake wildcatlake novalake",
        "mic_knl": "knl knm",
    }.items()
    for other in others.split()
}
# Lines of small cores that archspec has no name for: by features it takes them for others, mostly older ones.
UNNAMED = frozenset({
    *("atom", "bonnell", "silvermont", "goldmont", "goldmont_plus", "tremont"),
    *("gracemont", "sierraforest", "grandridge", "clearwaterforest"),
    *("btver1", "btver2"),
})  # fmt: skip

# What of Intel's cores only these and their descendants can do, by LLVM's name of the feature (its X86TargetParser):
# where a CPU has it, another core's model is a hypervisor's invention. Seen: AMX on family 6 model 167, Rocket Lake's.
FIRST_WITH = {"amx-tile": "sapphirerapids"}
INTEL = "GenuineIntel"


def microarchitecture() -> str | None:
    """archspec's name of the microarchitecture, like zen4; None where no more than the instruction set is known."""
    host = host_core()
    return None if host is None or host.vendor == GENERIC else str(host.name)


def host_core() -> Microarchitecture | None:
    """What archspec knows of this machine's cores; None where neither library tells."""
    if is_foreign_root():
        # Both ask the processor that this runs on, whosever files are shown.
        return None
    return _no_older_than_its_features(_told())


def _told() -> Microarchitecture | None:
    """What the libraries say, one held against the other."""
    by_features, by_model = _by_features(), _by_model()
    if by_features is not None and name_by_model() in UNNAMED:
        return by_features.generic
    if by_features is None or by_model is None:
        return by_features or by_model
    return by_features if by_model in by_features.ancestors else by_model


def _no_older_than_its_features(told: Microarchitecture | None) -> Microarchitecture | None:
    if told is None or cpu_vendor() != INTEL:
        return told
    try:
        import archspec.cpu
        import llvmlite.binding as llvm

        features = llvm.get_host_cpu_features()
        proven = [archspec.cpu.TARGETS[name] for feature, name in FIRST_WITH.items() if features.get(feature)]
    except Exception:
        # As of the name: without the library the cores are what they are called.
        return told
    return next((core for core in proven if core != told and core not in told.ancestors), told)


def llvm_cpu_name() -> str:
    """LLVM's name of this CPU, by its model; "generic" where it knows none, or is not here."""
    try:
        import llvmlite.binding as llvm

        return str(llvm.get_host_cpu_name())
    except Exception:
        # The library may be missing or damaged: where the CPU is only described, that costs nobody a measurement.
        return GENERIC


def name_by_model() -> str:
    """LLVM's name of the cores as archspec writes it, known to archspec or not."""
    return named(llvm_cpu_name())


def named(llvm_name: str) -> str:
    """A name of LLVM's as archspec writes it, or that of the nearest core which archspec knows."""
    name = llvm_name.replace("znver", "zen").replace("-", "_").removeprefix("apple_")
    return OTHERWISE_NAMED.get(name, name)


def _by_features() -> Microarchitecture | None:
    try:
        import archspec.cpu

        return archspec.cpu.host()
    except Exception:
        # It reads foreign files, runs an instruction of its own, and raises what it happens to raise.
        return None


def _by_model() -> Microarchitecture | None:
    try:
        import archspec.cpu

        found = archspec.cpu.TARGETS.get(name_by_model())
    except Exception:
        return None
    return None if found is None or found.vendor == GENERIC else found
