"""The workloads there are: ours, and those that other distributions register.

To add one, write a folder here with a `workload.py` that has `WORKLOAD` and name it in BUILT_IN; a distribution of
its own names it as an entry point in the group `hashwatt.workloads`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from ..errors import InputError, shortage_of
from .protocol import Workload

GROUP = "hashwatt.workloads"
# In the order in which they are listed and measured; the first is what `run` measures unless stated.
BUILT_IN = ("sha256d", "stream", "peak", "scrypt", "keccak256", "blake2s", "gemm", "conv", "gups")
DEFAULT = BUILT_IN[0]


def workload_names() -> tuple[str, ...]:
    """The names of all workloads, ours first. Nothing is imported for it."""
    return tuple(dict.fromkeys((*BUILT_IN, *sorted(_foreign()))))


@cache
def load_workload(name: str) -> Workload:
    """The workload of that name. Raises InputError, which lists those there are, or says why one cannot be loaded."""
    if name in BUILT_IN:
        return cast(Workload, import_module(f".{name}.workload", __package__).WORKLOAD)
    foreign = _foreign().get(name)
    if foreign is None:
        raise InputError(f"there is no workload {name!r:.80}; there are {', '.join(workload_names())}")
    try:
        return cast(Workload, foreign.load())
    except Exception as error:
        if shortage_of(error) is not None:
            raise
        # A stranger's module may raise anything at import; it must cost its own workload only.
        raise InputError(
            f"the workload {name!r:.20} of {foreign.value!r:.30} cannot be loaded ({error!s:.30}); update or remove it"
        ) from error


def _foreign() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in BUILT_IN}
