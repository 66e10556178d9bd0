"""The rates of one run by device, from a result file or from a file of pytest-benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ....bench.result.file import read_bounded, shown_name
from ....bench.result.model import Result
from ....bench.result.twice import refuse_names_twice
from ....bench.sampling.plan import FEWEST_SAMPLES
from ....bench.verification.verdict import Check
from ....kernels.errors import InputError
from ....kernels.workloads.evidence import ServedShares
from ...collect.gather import Entry, checked, entries_of
from ...layout.entry_names import entry_names
from ...layout.hash_columns import parameters_of_old
from ...wording.visible import visible

NAME_LIMIT = 200
# The logarithm of a rate that was counted by fewer is too far from a normal distribution.
FEWEST_SHARES = 10
MOST_BENCHMARKS = 10_000


class Series(Struct, frozen=True, kw_only=True):
    """What one run knows of one device's rate (units of work a second), or the `fault` that keeps it from counting.

    `rates`: of the samples. `seconds`: how long each sample took; empty where the file does not keep it. `headline`:
    what the run's own rate is. `entry`: the record; None where the file is pytest-benchmark's.
    """

    name: str
    rates: tuple[float, ...]
    seconds: tuple[float, ...]
    headline: Literal["work ÷ time", "median"]
    unit: str
    parameters: dict[str, int | float | str]
    fault: str
    entry: Entry | None

    @property
    def shares(self) -> int | None:
        """How many shares a server counted the rate by, whose number alone says how sure it is; None: it was timed."""
        evidence = None if self.entry is None else self.entry.device.evidence
        return evidence.count if isinstance(evidence, ServedShares) else None

    @property
    def is_on_shared_cores(self) -> bool:
        """Whether a virtual machine's own CPUs worked, whose runs lie further apart."""
        if self.entry is None or self.entry.device.settings is None or self.entry.device.rate_per_cpu_s is None:
            return False
        return self.entry.device.settings.virtual_machine is True

    @property
    def too_short(self) -> str:
        """What there is too little of for a comparison; empty where there is enough."""
        if self.shares is not None:
            return "" if self.shares >= FEWEST_SHARES else f"fewer than {FEWEST_SHARES} shares"
        return "" if len(self.rates) >= FEWEST_SAMPLES else f"fewer than {FEWEST_SAMPLES} samples"

    @property
    def is_own_word(self) -> bool:
        """Whether the rate is what the device says of itself."""
        return self.entry is not None and self.entry.measured and self.entry.rate.origin == "reported"


class _Stats(Struct, frozen=True):
    # What pytest-benchmark leaves out of `data` unless stated cannot be made up from the mean.
    data: Annotated[tuple[Annotated[float, Meta(gt=0, le=1e9)], ...], Meta(max_length=1_000_000)] = ()


class _Benchmark(Struct, frozen=True):
    fullname: str
    stats: _Stats
    extra_info: dict[str, object] = {}


class _Storage(Struct, frozen=True):
    benchmarks: Annotated[tuple[_Benchmark, ...], Meta(max_length=MOST_BENCHMARKS)]


def read_series(path: str | Path) -> list[Series]:
    """The series in a file. Raises InputError when it is neither kind of file."""
    file = Path(path)
    checks, result = checked(file)
    if result is not None:
        return series_of_result(result, checks)
    try:
        data = read_bounded(file)
        storage = msgspec.json.decode(data, type=_Storage)
    except (msgspec.DecodeError, InputError, RecursionError):
        raise InputError(next(check.sentence for check in checks if not check.ok)) from None
    refuse_names_twice(data, shown_name(file))
    return [series_of_benchmark(benchmark) for benchmark in storage.benchmarks]


def series_of_result(result: Result, checks: tuple[Check, ...]) -> list[Series]:
    """The series of a run."""
    entries = entries_of(result, checks)
    return [series_of(entry, name) for name, entry in zip(entry_names(entries), entries, strict=True)]


def name_of_benchmark(benchmark: _Benchmark) -> str:
    """What a benchmark is called: ours as in the results that they were written from."""
    return visible(benchmark.fullname.removeprefix("hashwatt::"), NAME_LIMIT)


def series_of(entry: Entry, name: str) -> Series:
    """The samples of a result's device; only a verified one counts."""
    device = entry.device
    fault = ""
    if not entry.verified:
        fault = f"does not verify: {entry.faults[0]}"
    elif not entry.measured:
        fault = f"has no figure ({device.status}: {visible(device.reason or 'no reason given', NAME_LIMIT)})"
    return Series(
        name=name,
        rates=tuple(sample.amount / sample.seconds for sample in entry.samples),
        seconds=tuple(sample.seconds for sample in entry.samples),
        headline="median" if entry.result.written_as == 1 else "work ÷ time",
        unit=device.unit,
        parameters=device.parameters,
        fault=fault,
        entry=entry,
    )


def series_of_benchmark(benchmark: _Benchmark) -> Series:
    """The rounds of a benchmark: its time is that of one unit of work, as in the files that we write."""
    fault = "" if benchmark.stats.data else "keeps no single times; save it with --benchmark-save-data"
    extra = benchmark.extra_info
    unit, parameters = extra.get("unit"), extra.get("parameters")
    return Series(
        name=name_of_benchmark(benchmark),
        rates=tuple(1 / seconds for seconds in benchmark.stats.data),
        seconds=(),
        headline="median",
        unit=unit if isinstance(unit, str) else "round",
        parameters=parameters if isinstance(parameters, dict) else parameters_of_old(extra),
        fault=fault,
        entry=None,
    )
