"""The part of a result that tells about machines: where it was measured."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ...kernels.bounded import Figure, MachineId, Name, Positive, Record, Text


class Cache(Record, frozen=True, kw_only=True):
    """One level of cache as the first core sees it: `kind` is data, instruction or unified."""

    level: Annotated[int, Meta(ge=1, le=9)]
    kind: Name
    size_bytes: Positive


class Machine(Record, frozen=True, kw_only=True):
    """One machine. `load_before` is the mean number of busy logical CPUs just before the run.

    `id`: the first 16 hex digits of SHA-256 over the host's name and its boot id: the same for all runs between two
    starts of a machine, and no name.
    """

    id: MachineId
    cpu_model: Text | None
    microarchitecture: Name | None
    cpu_vendor: Name | None
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
