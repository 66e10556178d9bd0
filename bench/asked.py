"""What a run was asked for, checked before anything is looked for: which work, how long, with what options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..kernels.bounded import MOST_SHARES
from ..kernels.device import DeviceOptions
from ..kernels.errors import InputError
from ..kernels.workloads.protocol import Value
from ..kernels.workloads.registry import DEFAULT, load_workload
from .assignment import Work

# The parameter that `rolled` stands for: how many prefixes, version-rolled, are done for each nonce.
ROLLED = "prefixes"
# The bounds of how many shares a result may be asked to keep.
FEWEST_SHARES = 300


def works_of(
    names: Sequence[str] | None, parameters: Mapping[str, Value] | None, rolled: int | None
) -> tuple[Work, ...]:
    """The workloads of these names with their parameters; each takes those that it knows. Raises InputError."""
    given = dict(parameters or {}) | ({} if rolled is None else {ROLLED: rolled})
    chosen = [load_workload(name) for name in dict.fromkeys(names or (DEFAULT,))]
    known = [set(workload.parameters_of({})) for workload in chosen]
    for name in given:
        if not any(name in each for each in known):
            said = "versions to roll" if name == ROLLED and rolled is not None else f"parameter {name!r:.40}"
            raise InputError(f"{', '.join(workload.name for workload in chosen)} has no {said}; leave it out")
    return tuple(
        Work(workload, workload.parameters_of({name: value for name, value in given.items() if name in its}))
        for workload, its in zip(chosen, known, strict=True)
    )


def check_race(kernel: str | None, retune: bool, chosen: Sequence[Work]) -> None:
    """Raise InputError where a kernel or a race is asked for, and work with a kernel of its own takes neither."""
    own = [work.workload.name for work in chosen if work.workload.name != DEFAULT]
    if kernel is not None and own:
        raise InputError(f"kernels are chosen for {DEFAULT} alone, {own[0]} has its own; leave out one of the two")
    if retune and len(own) == len(chosen):
        raise InputError(f"kernels are raced for {DEFAULT} alone, {own[0]} has its own; leave --retune out")


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
