"""Whether two counters are two views of one, so that their sum would count every joule twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ....kernels.system.system_files import names_in, read_count

SANDWICHES = 3

Named = TypeVar("Named")


def same_counter(one: Path, other: Path) -> bool:
    """Whether `other`, read between two readings of `one`, lies between them each time.

    Two counters of a busy machine are joules apart, and two readings some microseconds: that is no chance.
    """
    try:
        for _ in range(SANDWICHES):
            before, between, after = read_count(one), read_count(other), read_count(one)
            # Two that both stand at 0 may be two that stand still.
            if not 0 < before <= between <= after:
                return False
    except (OSError, ValueError):
        return False
    return True


def without_twins(entries: Sequence[Named], path: Callable[[Named], Path]) -> list[Named]:
    """The entries of which no earlier one shows the same counter."""
    kept: list[Named] = []
    for entry in entries:
        if not any(same_counter(path(earlier), path(entry)) for earlier in kept):
            kept.append(entry)
    return kept


def package_count(root: Path) -> int | None:
    """How many CPU packages the system tells of, None where it does not."""
    cpus = root / "sys/devices/system/cpu"
    ids = set()
    for name in names_in(cpus):
        if name.removeprefix("cpu").isdecimal():
            try:
                ids.add(read_count(cpus / name / "topology/physical_package_id"))
            except (OSError, ValueError):
                continue
    return len(ids) or None
