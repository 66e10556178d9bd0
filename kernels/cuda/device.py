"""An NVIDIA card behind the interface that all devices share, driven by CUDA."""

from __future__ import annotations

import hashlib
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar

from ..device import DeviceInfo, DeviceOptions, Roof
from ..errors import DeviceError, InputError
from ..headers.job import Job
from ..opencl.codegen.dialect import CUDA
from ..opencl.codegen.emit import KERNEL, emit
from ..opencl.codegen.variant import Variant, parse_variant
from ..opencl.program import Built
from ..opencl.raced import RacedDevice
from ..opencl.roof import measure_roof
from ..opencl.runtimes.wording import build_failure
from ..opencl.scanner import Scanner
from ..opencl.setting import Tuning
from ..system.installing import install_extra
from .compiler import CompilerMissing, CompilerRefused, architectures, compile_cuda
from .driver import Card
from .executor import CudaExecutor
from .launch import CudaSlot, Results, Uploaded
from .queue import Queue
from .streams import CudaStreams
from .wording import worded

EXTRA = install_extra("cuda")


class CudaDevice(RacedDevice):
    """A card of NVIDIA's driver."""

    _backend: ClassVar[str] = "cuda"

    def __init__(self, info: DeviceInfo, card: Card, options: DeviceOptions) -> None:
        """Open it. Raises DeviceError, InputError."""
        super().__init__(info, options, _chosen(options.kernel))
        self._card = card
        try:
            with self._worded("opening it"):
                self._queue: Queue | None = Queue(card.ordinal)
        except (ImportError, OSError) as error:
            raise DeviceError(f"{info.id}: cuda.core cannot be loaded ({error!s:.30}); {EXTRA} brings it") from error
        # By how many records they hold.
        self._results: dict[int, list[Results]] = {}
        self._execution: CudaExecutor | None = None

    def roof(self) -> Roof | None:
        """See HasRoof: by the prefixes that are prepared."""
        queue = self._open_queue()
        if self._scanner is None:
            return None
        variant = replace(self._scanner.tuning.variant, rolled=False)
        with self._worded("measuring its roof"):
            streams = CudaStreams(queue, self._kernel_of, self._card.units)
            prefixes = len(self._scanner.job.prefixes)
            return measure_roof(streams, self.info.kind, variant, self._card.units, self._card.clock_hz, prefixes)

    def close(self) -> None:
        """See Scans."""
        queue, self._queue = self._queue, None
        self._closed = True
        self._scanner = self._execution = None
        self._built.clear()
        self._results.clear()
        if queue is not None:
            with self._worded("closing it"):
                queue.close()

    def _executor(self) -> CudaExecutor:
        queue = self._open_queue()
        if self._execution is None:
            self._execution = CudaExecutor(self.info, queue, self._kernel_of)
        return self._execution

    def _scanner_for(self, job: Job, tuning: Tuning) -> Scanner:
        queue = self._open_queue()
        variant = tuning.variant
        if variant not in self._built:
            self._built[variant] = self._build(variant)
        built = self._built[variant]
        with self._worded("uploading the job"):
            uploaded = Uploaded(queue, built, job)
            slots = [CudaSlot(queue, uploaded, results) for results in self._results_for(queue, uploaded.words.room)]
        return Scanner(built, tuning, self._pace(tuning), job, slots, uploaded.words.room)

    def _results_for(self, queue: Queue, room: int) -> list[Results]:
        if room not in self._results:
            self._results = {room: [Results(queue, room) for _ in range(2)]}
        return self._results[room]

    def _build(self, variant: Variant) -> Built:
        source = emit(variant, CUDA)
        started = time.perf_counter()
        kernel, log = self._compiled(source, KERNEL)
        digest = hashlib.sha256(source.encode()).hexdigest()
        return Built(variant, kernel, digest, time.perf_counter() - started, log)

    def _kernel_of(self, source: str, entry: str) -> Any:
        return self._compiled(source, entry)[0]

    def _compiled(self, source: str, entry: str) -> tuple[Any, str]:
        try:
            code = compile_cuda(source, self._card.arch)
        except CompilerMissing as error:
            raise DeviceError(f"{self.info.id}: NVRTC cannot be loaded ({error!s:.30}); {EXTRA} brings it") from error
        except CompilerRefused as error:
            if self._card.arch not in architectures():
                why = f"the installed NVRTC does not know {self._card.arch}; update nvidia-cuda-nvrtc"
                raise DeviceError(f"{self.info.id}: {why}") from error
            raise build_failure(self.info, str(error)) from error
        with self._worded("loading the kernel"):
            return self._open_queue().load(code.data, entry), code.log

    def _open_queue(self) -> Queue:
        self._check_open()
        assert self._queue is not None
        return self._queue

    def _largest_group(self) -> int:
        return self._card.largest_group

    def _worded(self, what: str) -> AbstractContextManager[None]:
        return worded(f"{self.info.id}: {what}", self.info.remedy)


def _chosen(kernel: str | None) -> Variant | None:
    """The variant that the user asks for. Raises InputError where it has no CUDA form."""
    variant = parse_variant(kernel) if kernel else None
    if variant is not None and (variant.width > CUDA.widest or variant.form != "ndrange"):
        raise InputError(
            f"{kernel!r:.40} has no CUDA form; one nonce a work-item has, as {Variant(1, 'rotate', 'xor').name}"
        )
    return variant
