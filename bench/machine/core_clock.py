"""The clock of the cores that a device works on, as the harness itself measures it beside the rounds."""

from __future__ import annotations

import logging

from ...kernels.cpu.core_clock import core_clock_hz
from ...kernels.device import DeviceInfo
from ...kernels.errors import HashwattError
from ...kernels.system.cpuid import is_emulated
from ...kernels.system.system_files import is_foreign_root

LOG = logging.getLogger(__name__)


class CoreClock:
    """What `hz` measures; it is made ready once, because compiling in between rounds would let the cores idle."""

    def __init__(self, info: DeviceInfo, threads: int | None) -> None:
        """For a device that works with so many threads (None: one a core); it has no clock where it has no host core.

        A simulator has none of its own, nor has a machine of which only a tree of files is there, nor an emulated
        processor: each of its operations takes as many cycles as the emulator likes (seen: 1.6 and 3.4 GHz in turns).
        """
        self._threads = threads
        self._is_there = info.on_host_cores and not info.simulator and not is_foreign_root() and not is_emulated()
        self.hz()

    def hz(self) -> float | None:
        """Cycles a second just now, the mean of the cores; None where there is none or it cannot be measured."""
        if not self._is_there:
            return None
        try:
            return core_clock_hz(self._threads)
        except HashwattError as error:
            # A condition of the figure, and not the figure: it does not cost it.
            LOG.info("the cores' clock cannot be measured: %s", error)
            self._is_there = False
            return None
