"""The part of a result that tells about machines: where it was measured."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ...kernels.bounded import Figure, MachineId, Name, Positive, Record, Text


class Cache(Record, frozen=True, kw_only=True):
    """One level of cache as the first core sees it: `kind` is data, instruction or unified.

    Fields:
        level: 1 is the nearest to a core
        kind: data, instruction or unified
        size_bytes: how much it holds
    """

    level: Annotated[int, Meta(ge=1, le=9)]
    kind: Name
    size_bytes: Positive


class Machine(Record, frozen=True, kw_only=True):
    """One machine. `load_before` is the mean number of busy logical CPUs just before the run.

    `id`: the first 16 hex digits of SHA-256 over the host's name and its boot id: the same for all runs between two
    starts of a machine, and no name.

    Fields:
        id: tells it from other machines and from its own other starts; no name, and nothing to be guessed from
        cpu_model: the processor's name; null: the system tells none
        microarchitecture: archspec's name for it, like zen4; null: unknown to archspec
        cpu_vendor: archspec's name for its maker; null: unknown to archspec
        cpu_signature: the numbers of each kind of core: vendor, family, model and stepping, or implementer, part and
            revision; null: the system tells none, or the file is older than this
        cpu_features: the instruction set's extensions that programs may use, as LLVM names them; older files have
            those that archspec's name stands for, which may be fewer
        caches: those of the first core; empty where the system does not tell
        physical_cores: cores of all sockets; null: the system does not tell
        logical_cpus: logical CPUs of the whole machine; null: the system does not tell
        usable_cpus: how many of them the run might use (affinity, a container's quota); null: unknown
        memory_bytes: main memory; null: unknown
        architecture: like x86_64 or arm64; null: unknown
        os: name and version of the operating system; null: unknown
        kernel: name and release of its kernel; null: unknown
        python: the interpreter and its version
        hypervisor: what it is a virtual machine of; null: no sign of one
        container: what kind of container the run was in; null: no sign of one
        governor: the frequency governor, with its driver; null: the system has or shows none
        on_battery: whether it ran on battery; null: it has none, or does not tell
        load_before: mean number of busy logical CPUs just before the run; null: unknown
    """

    id: MachineId
    cpu_model: Text | None
    microarchitecture: Name | None
    cpu_vendor: Name | None
    cpu_signature: Text | None = None
    cpu_features: Annotated[tuple[Name, ...], Meta(max_length=1000)]
    caches: Annotated[tuple[Cache, ...], Meta(max_length=20)]
    physical_cores: Positive | None
    logical_cpus: Positive | None
    usable_cpus: Figure | None
    memory_bytes: Positive | None
    architecture: Name | None
    os: Text | None
    kernel: Text | None
    python: Text
    hypervisor: Text | None
    container: Text | None
    governor: Text | None
    on_battery: bool | None
    load_before: Figure | None
