"""Figures of benchmarks over time, from files of pytest-benchmark: one file a run.

A benchmark's figures are the numbers with a fraction in its `extra_info` (whole numbers and words there say what
was run), or, where it has none, the median of its rounds in seconds. Whether more is better nobody says here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ....bench.result.file import read_bounded, shown_name
from ....bench.result.twice import refuse_names_twice
from ....kernels.errors import InputError
from ...wording.visible import visible
from ..rates.rate_series import MOST_BENCHMARKS, NAME_LIMIT
from .history import FEWEST_RUNS, LEAST_SCATTER, scatter_of, step_places

MOST_FIGURES = 32
# Of all files together.
MOST_SERIES = 10_000
FIGURE_LIMIT = 80
SECONDS = "median of a round, s"


class Run(Struct, frozen=True, order=True, kw_only=True):
    """When (UTC, to the second), on which machine and of which commit ("" where unknown) benchmarks were run."""

    created: str
    machine: str
    commit: str


class Step(Struct, frozen=True, kw_only=True):
    """A lasting change that begins with run number `index` (from 0): the ratio of the medians after and before."""

    index: int
    ratio: float


class FigureHistory(Struct, frozen=True, kw_only=True):
    """One figure of one benchmark on one machine, oldest first; steps None: too few runs to tell."""

    machine: str
    benchmark: str
    figure: str
    runs: tuple[Run, ...]
    values: tuple[float, ...]
    steps: tuple[Step, ...] | None


class _Cpu(Struct, frozen=True):
    brand_raw: str = ""
    family: int | None = None
    model: int | None = None


class _Machine(Struct, frozen=True):
    machine: str = ""
    system: str = ""
    cpu: _Cpu = _Cpu()


class _Commit(Struct, frozen=True):
    id: str | None = None
    dirty: bool | None = None


class _Stats(Struct, frozen=True):
    median: float | None = None


class _Benchmark(Struct, frozen=True):
    fullname: str
    stats: _Stats
    extra_info: dict[str, object] = {}


class _Storage(Struct, frozen=True):
    benchmarks: Annotated[tuple[_Benchmark, ...], Meta(max_length=MOST_BENCHMARKS)]
    datetime: str
    machine_info: _Machine
    commit_info: _Commit = _Commit()


Figures = dict[tuple[str, str], float]


def benchmark_runs(paths: Iterable[Path]) -> tuple[dict[Run, Figures], list[Path]]:
    """The runs in those files that are pytest-benchmark's, and the other files. Raises InputError for a bad date."""
    runs: dict[Run, Figures] = {}
    others: list[Path] = []
    for path in paths:
        storage = _storage(path)
        if storage is None:
            others.append(path)
        else:
            # The same run given twice is one; parts of a run, in several files, come together.
            runs.setdefault(_run_of(storage, path), {}).update(_figures_of(storage))
    return runs, others


def figure_histories(runs: dict[Run, Figures]) -> tuple[FigureHistory, ...]:
    """A history for each machine, benchmark and figure. Raises InputError where there are none or too many."""
    series: dict[tuple[str, str, str], list[tuple[Run, float]]] = {}
    for run in sorted(runs):
        for (benchmark, figure), value in runs[run].items():
            series.setdefault((run.machine, benchmark, figure), []).append((run, value))
    if runs and not series:
        raise InputError("these files of pytest-benchmark hold no figure above zero; give files of runs that ended")
    if len(series) > MOST_SERIES:
        raise InputError(f"these files hold over {MOST_SERIES} figures; give fewer files")
    return tuple(
        FigureHistory(
            machine=machine,
            benchmark=benchmark,
            figure=figure,
            runs=tuple(run for run, _ in points),
            values=tuple(value for _, value in points),
            steps=_steps([value for _, value in points]),
        )
        for (machine, benchmark, figure), points in sorted(series.items(), key=lambda item: item[0])
    )


def _storage(path: Path) -> _Storage | None:
    try:
        data = read_bounded(path)
        storage = msgspec.json.decode(data, type=_Storage)
    except (msgspec.DecodeError, InputError, RecursionError):
        # Whatever else is wrong with it, the reader of results says.
        return None
    refuse_names_twice(data, shown_name(path))
    return storage


def _run_of(storage: _Storage, path: Path) -> Run:
    try:
        created = datetime.fromisoformat(storage.datetime).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(f"{visible(str(path), 200)} has no date that can be read; save the benchmarks anew") from None
    info, cpu = storage.machine_info, storage.machine_info.cpu
    numbers = (("family", cpu.family), ("model", cpu.model))
    known = " ".join(f"{word} {number}" for word, number in numbers if number is not None)
    parts = [cpu.brand_raw or info.machine or "an unknown CPU", known, info.system]
    commit = (storage.commit_info.id or "")[:8] + "+" * bool(storage.commit_info.dirty and storage.commit_info.id)
    return Run(
        created=created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        machine=visible(", ".join(filter(None, parts)), NAME_LIMIT),
        commit=visible(commit, 16),
    )


def _figures_of(storage: _Storage) -> Figures:
    out: Figures = {}
    for benchmark in storage.benchmarks:
        found = {
            visible(key, FIGURE_LIMIT): value for key, value in benchmark.extra_info.items() if isinstance(value, float)
        }
        if not found and benchmark.stats.median is not None:
            found = {SECONDS: benchmark.stats.median}
        name = visible(benchmark.fullname, NAME_LIMIT)
        # A ratio to nothing, or to what is below it, is none.
        kept = [(figure, value) for figure, value in found.items() if math.isfinite(value) and value > 0]
        out |= {(name, figure): value for figure, value in kept[:MOST_FIGURES]}
    return out


def _steps(values: Sequence[float]) -> tuple[Step, ...] | None:
    if len(values) < FEWEST_RUNS:
        return None
    logs = [math.log(value) for value in values]
    places = step_places(logs, 0, len(logs), max(scatter_of(logs), LEAST_SCATTER))
    bounds = [0, *places, len(logs)]
    return tuple(
        Step(index=at, ratio=math.exp(median(logs[at:stop]) - median(logs[start:at])))
        for start, at, stop in zip(bounds, bounds[1:], bounds[2:], strict=False)
    )
