"""The BLAS that numpy computes with: what it is, and how many threads it takes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

# Variables that change how OpenBLAS computes; whoever reads a result should know.
TELLING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS")


@cache
def about_blas() -> dict[str, int | float | str]:
    """Its name, its version and the kernels that it chose, as far as it tells; and variables that change it."""
    told: dict[str, int | float | str] = {"blas": _built_with()}
    for library in _libraries():
        told["blas"] = f"{library['internal_api']} {library.get('version') or ''}".strip()
        if library.get("architecture"):
            told["blas_kernels"] = str(library["architecture"])
    told.update({name: os.environ[name][:40] for name in TELLING if os.environ.get(name)})
    return told


@contextmanager
def threads_of_blas(threads: int) -> Iterator[None]:
    """So many threads meanwhile, where the library can be told (Apple's Accelerate cannot).

    The library has one number for the whole process: where other threads want more meanwhile, it is that. Afterwards it
    is what it was before the first of them.
    """
    wish = threading.get_ident(), threads, object()
    with _limits_of_a_thread(threads):
        try:
            _WISHES.hold(wish)
            yield
        finally:
            _WISHES.drop(wish)


def _limits_of_a_thread(threads: int) -> AbstractContextManager[Any]:
    """Of OpenBLAS on OpenMP each thread has a number of its own."""
    own = _controllers().of_a_thread
    return own.limit(limits=threads, user_api="blas") if own.lib_controllers else nullcontext()


# Whose it is, and for how many threads; what tells it from an equal one.
_Wish = tuple[int, int, object]


class _Wishes:
    """For how many threads of BLAS there are wishes now: of a thread of ours its last counts, of all the largest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[_Wish] = []
        self._threads: int | None = None
        # What sets the number back.
        self._before: Any = None

    def hold(self, wish: _Wish) -> None:
        with self._lock:
            self._held.append(wish)
            self._settle()

    def drop(self, wish: _Wish) -> None:
        with self._lock:
            # An interrupt may have come before it was held.
            self._held = [each for each in self._held if each is not wish]
            self._settle()

    def _settle(self) -> None:
        threads = max({thread: count for thread, count, _ in self._held}.values(), default=None)
        if threads == self._threads:
            return
        # First: an interrupt that comes meanwhile must not let it be taken for settled.
        self._threads = threads
        _give_up_control()
        if threads is None:
            if self._before is not None:
                self._before.restore_original_limits()
            self._before = None
        else:
            limits = _controllers().shared.limit(limits=threads, user_api="blas")
            self._before = self._before or limits
        _give_up_control()


def _give_up_control() -> None:
    """Let any thread set the number: threadpoolctl 3.8 and later silently lets only the thread that did so first."""
    import threadpoolctl

    give_up = getattr(threadpoolctl.OpenBLASController, "clear_controlling_thread", None)
    if give_up is not None:
        give_up(force=True)


_WISHES = _Wishes()


@dataclass(frozen=True)
class _Controllers:
    """What sets the threads of libraries that have one number for all, and of those with one a thread."""

    shared: Any
    of_a_thread: Any


@cache
def _controllers() -> _Controllers:
    """To look through the process's libraries takes 0.6 ms, which each launch would pay."""
    import numpy as np  # noqa: F401  (which loads the library)
    import threadpoolctl

    every = threadpoolctl.ThreadpoolController().select(user_api="blas")
    own = [each["filepath"] for each in every.info() if _is_of_a_thread(each)]
    others = [each["filepath"] for each in every.info() if not _is_of_a_thread(each)]
    return _Controllers(every.select(filepath=others), every.select(filepath=own))


def _is_of_a_thread(library: dict[str, Any]) -> bool:
    return library["internal_api"] == "openblas" and library.get("threading_layer") == "openmp"


def _libraries() -> list[dict[str, Any]]:
    import numpy as np  # noqa: F401  (which loads the library)
    import threadpoolctl

    return [each for each in threadpoolctl.threadpool_info() if each.get("user_api") == "blas"]


def _built_with() -> str:
    import numpy as np

    try:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built['name']} {built['version']}"
    except (KeyError, TypeError):
        return "unknown"
