"""Numba as it comes: settings of the environment must not change, stop or print over a measurement.

NUMBA_OPT=0 would measure another program, NUMBA_DISABLE_JIT=1 none at all, NUMBA_NUM_THREADS=0 ends Numba's import,
NUMBA_CPU_FEATURES with a wrong word the process, NUMBA_DEBUG=1 prints megabytes among a document on stdout, and
NUMBA_CACHE_DIR brings machine code from a folder that nobody has looked at.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LOG = logging.getLogger(__name__)
PREFIX = "NUMBA_"


class _Kept:
    """The settings taken away, and how many blocks want them away: the environment is the whole process's."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.blocks = 0
        self.settings: dict[str, str] = {}


KEPT = _Kept()


@contextmanager
def default_settings() -> Iterator[None]:
    """Numba without the environment's settings, for the time of the block; afterwards they are as they were.

    They are taken away by name, whichever there are: Numba has some ninety, and more with each version. Blocks may
    overlap, in one thread or in several.
    """
    _spare_numba_a_refusal()
    with KEPT.lock:
        KEPT.blocks += 1
        found = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(PREFIX)}
        KEPT.settings.update(found)
        if found:
            LOG.info("ignored by hashwatt: %s", ", ".join(sorted(found)))
            _let_numba_notice()
    try:
        yield
    finally:
        with KEPT.lock:
            KEPT.blocks -= 1
            if not KEPT.blocks and KEPT.settings:
                os.environ.update(KEPT.settings)
                KEPT.settings.clear()
                _let_numba_notice()


def _spare_numba_a_refusal() -> None:
    """Numba's import ends where a sandbox refuses to tell the affinity; where Python lacks the call, it does without.

    It stays away: what is always refused is of use to nobody in this process.
    """
    ask = getattr(os, "sched_getaffinity", None)
    if ask is None or "numba" in sys.modules:
        return
    try:
        ask(0)
    except OSError:
        LOG.info("this system refuses to tell which CPUs this process may use")
        del os.sched_getaffinity


def _let_numba_notice() -> None:
    if "numba" not in sys.modules:
        return
    from numba.core import config

    # A number of threads cannot be changed once they run; Numba then keeps the one it has.
    with suppress(RuntimeError, ValueError):
        config.reload_config()
