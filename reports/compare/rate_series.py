"""The rates of one run by device, from a result file or from a file of pytest-benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ...bench.result.file import read_bounded
from ...kernels.errors import InputError
from ..collect.gather import Entry, checked, entries_of
from ..wording.visible import visible

NAME_LIMIT = 200
MOST_BENCHMARKS = 10_000


class Series(Struct, frozen=True, kw_only=True):
    """The rates of one device's samples (units of work a second), or the `fault` that keeps them from counting."""

    rates: tuple[float, ...]
    unit: str
    prefixes: int
    fault: str
    entry: Entry | None


class _Stats(Struct, frozen=True):
    # What pytest-benchmark leaves out of `data` unless told otherwise cannot be made up from the mean.
    data: Annotated[tuple[Annotated[float, Meta(gt=0, le=1e9)], ...], Meta(max_length=1_000_000)] = ()


class _Extra(Struct, frozen=True):
    unit: str | None = None
    prefixes: int | None = None


class _Benchmark(Struct, frozen=True):
    fullname: str
    stats: _Stats
    extra_info: _Extra = _Extra()


class _Storage(Struct, frozen=True):
    benchmarks: Annotated[tuple[_Benchmark, ...], Meta(max_length=MOST_BENCHMARKS)]


def read_series(path: str | Path) -> dict[str, Series]:
    """The series in a file, by name. Raises InputError when it is neither kind of file."""
    file = Path(path)
    checks, result = checked(file)
    if result is not None:
        entries = entries_of(result, checks)
        return {name_of(entry): series_of(entry) for entry in entries}
    try:
        storage = msgspec.json.decode(read_bounded(file), type=_Storage)
    except (msgspec.DecodeError, InputError, RecursionError):
        raise InputError(next(check.sentence for check in checks if not check.ok)) from None
    return {name_of_benchmark(benchmark): series_of_benchmark(benchmark) for benchmark in storage.benchmarks}


def name_of(entry: Entry) -> str:
    """What a device is called here; `formats.json` writes it so, after its own prefix."""
    device = entry.device
    return f"{visible(device.workload, NAME_LIMIT)}[{visible(device.device.id, NAME_LIMIT)}]"


def name_of_benchmark(benchmark: _Benchmark) -> str:
    """What a benchmark is called: ours as in the results that they were written from."""
    return visible(benchmark.fullname.removeprefix("hashwatt::"), NAME_LIMIT)


def series_of(entry: Entry) -> Series:
    """The samples of a result's device; only a verified one counts."""
    device = entry.device
    fault = ""
    if not entry.verified:
        fault = f"does not verify: {entry.faults[0]}"
    elif not entry.measured:
        fault = f"has no figure ({device.status}: {visible(device.reason or 'no reason given', NAME_LIMIT)})"
    return Series(
        rates=tuple(sample.hashes / sample.seconds for sample in device.samples),
        unit=device.unit,
        prefixes=device.kernel.prefixes if device.kernel else 1,
        fault=fault,
        entry=entry,
    )


def series_of_benchmark(benchmark: _Benchmark) -> Series:
    """The rounds of a benchmark: its time is that of one unit of work, as in the files that we write."""
    fault = "" if benchmark.stats.data else "keeps no single times; save it with --benchmark-save-data"
    return Series(
        rates=tuple(1 / seconds for seconds in benchmark.stats.data),
        unit=benchmark.extra_info.unit or "round",
        prefixes=benchmark.extra_info.prefixes or 1,
        fault=fault,
        entry=None,
    )
