"""What a run was asked for, checked before anything is looked for: which work, how long, with what options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ...kernels.bounded import MOST_SHARES
from ...kernels.device import DeviceInfo, DeviceOptions
from ...kernels.errors import InputError
from ...kernels.workloads.protocol import Value, Workload
from ...kernels.workloads.registry import DEFAULT, load_workload, workload_names
from ...kernels.workloads.suite import SIZE, Suite, rows_of, suite_of
from ..sampling.plan import plan
from .assignment import Work
from .suite_times import Part

# The parameter that `rolled` stands for: how many prefixes, version-rolled, are done for each nonce.
ROLLED = "prefixes"
# Among times by workload: the time of those that are not named.
ALL_OTHERS = ""
# The bounds of how many shares a result may be asked to keep.
FEWEST_SHARES = 300


@dataclass(frozen=True)
class AskedWork:
    """Which work was asked for: names (none: the usual one), what is special about it, sizes and times by name.

    `suite`: all workloads that belong to a suite, besides those that are named. `seconds`: for all, or by name, the
    empty name standing for all others.
    `usual_only`: of each workload the usual row alone.
    """

    names: Sequence[str] | None = None
    parameters: Mapping[str, Value] | None = None
    rolled: int | None = None
    sizes: Mapping[str, str] | None = None
    seconds: float | Mapping[str, float] | None = None
    suite: bool = False
    usual_only: bool = False

    @property
    def common_seconds(self) -> float | None:
        """The sampling time of whatever has none of its own."""
        return self.seconds.get(ALL_OTHERS) if isinstance(self.seconds, Mapping) else self.seconds

    def works(self) -> tuple[Work, ...]:
        """The rows to measure: each workload's, or those of its rows that fit the parameters. Raises InputError."""
        names = [*(_suite_names() if self.suite else ()), *(self.names or ())] or [DEFAULT]
        chosen = [load_workload(name) for name in dict.fromkeys(names)]
        given = dict(self.parameters or {}) | ({} if self.rolled is None else {ROLLED: self.rolled})
        known = {workload.name: _known(workload) for workload in chosen}
        there = ", ".join(known)
        for name in given:
            if not any(name in each for each in known.values()):
                said = "versions to roll" if name == ROLLED and self.rolled is not None else f"parameter {name!r:.40}"
                raise InputError(f"{there} has no {said}; leave it out")
        given_times = self.seconds if isinstance(self.seconds, Mapping) else {}
        times = {name: seconds for name, seconds in given_times.items() if name != ALL_OTHERS}
        for name in (*(self.sizes or ()), *times):
            if name not in known:
                raise InputError(f"{name!r:.40} is not measured here, so it takes no size or time; there is {there}")
        works = []
        for workload in chosen:
            its = {name: value for name, value in given.items() if name in known[workload.name]}
            its |= self._size_of(workload)
            own = self._seconds_of(workload)
            seconds = times.get(workload.name, own)
            if seconds is not None:
                plan(seconds)
            fitting = [workload.parameters_of(its)] if self.usual_only else _rows(workload, its)
            rows = {str(row): row for row in fitting}
            flexible = own is not None and workload.name not in times
            works += [Work(workload, row, seconds, flexible) for row in rows.values()]
        return tuple(works)

    def _size_of(self, workload: Workload) -> dict[str, Value]:
        text = (self.sizes or {}).get(workload.name)
        if text is None:
            return {}
        suite = suite_of(workload)
        if suite is None or suite.size is None:
            raise InputError(f"{workload.name} has no size to choose; leave it out")
        return {SIZE: suite.size.parsed(workload.name, text)}

    def _seconds_of(self, workload: Workload) -> float | None:
        """In a suite what the workload finds right, unless a time was asked for."""
        suite = suite_of(workload)
        if not self.suite or suite is None or self.common_seconds is not None:
            return None
        return suite.seconds


def parts_of(works: Sequence[Work], devices: Sequence[DeviceInfo], common_s: float) -> list[Part]:
    """The parts of a suite, in order: each work on all devices that can do it.

    `common_s`: how long work without a time is sampled.
    """
    return [
        Part(
            devices=sum(work.workload.why_not(info, work.parameters) is None for info in devices),
            seconds=common_s if work.seconds is None else work.seconds,
            other_s=suite.other_s,
            flexible=work.flexible,
            least_s=suite.least_s,
            workload=work.workload.name,
        )
        for work in works
        for suite in [suite_of(work.workload) or Suite()]
    ]


def _suite_names() -> Iterator[str]:
    """The workloads of a suite, as far as they load: what cannot is listed by `hashwatt workloads`."""
    for name in workload_names():
        with suppress(InputError):
            if suite_of(load_workload(name)) is not None:
                yield name


def _known(workload: Workload) -> set[str]:
    """The names of all parameters that a workload takes."""
    return {*workload.parameters_of({}), *(name for row in rows_of(workload) for name in row)}


def _rows(workload: Workload, given: Mapping[str, Value]) -> list[dict[str, Value]]:
    """The parameters, complete, of each of its rows that fits what was given; where none does, of what was given."""
    fitting = [row for row in rows_of(workload) if all(given.get(name, value) == value for name, value in row.items())]
    return [workload.parameters_of({**row, **given}) for row in fitting or [{}]]


def check_race(kernel: str | None, retune: bool, chosen: Sequence[Work]) -> None:
    """Raise InputError where a kernel or a race is asked for, and work with a kernel of its own takes neither."""
    own = [work.workload.name for work in chosen if work.workload.name != DEFAULT]
    if kernel is not None and own:
        raise InputError(f"kernels are chosen for {DEFAULT} alone, {own[0]} has its own; leave out one of the two")
    if retune and not any(getattr(work.workload, "races", False) for work in chosen):
        raise InputError(f"{own[0]} has one kernel on a device, so none are raced; leave --retune out")


def check_shares(shares: int | None) -> None:
    """Raise InputError for a number of shares that no result can keep."""
    if shares is not None and not FEWEST_SHARES <= shares <= MOST_SHARES:
        raise InputError(f"a proof holds {FEWEST_SHARES} to {MOST_SHARES} shares, not {shares}; leave it out for 10000")


def device_options(kernel: str | None, threads: int | None, retune: bool) -> DeviceOptions:
    """What a user fixed instead of leaving it to the device. Raises InputError."""
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads can do no work; give at least 1")
    if retune and kernel is not None:
        raise InputError(f"with the kernel {kernel!r:.80} given no race is run, so none can be run anew; leave out one")
    return DeviceOptions(kernel=kernel, threads=threads, retune=retune)
