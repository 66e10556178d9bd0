"""A variant compiled for a device."""

from __future__ import annotations

import hashlib
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..device import DeviceInfo
from ..errors import DeviceError
from .codegen.emit import KERNEL, emit
from .codegen.variant import Variant
from .runtimes.wording import build_failure, failure


@dataclass(frozen=True)
class Built:
    """A compiled kernel.

    `log`: what the driver's compiler said, if anything. `largest_group`: see `largest_group_of`; None: no less than the
    device's own.
    """

    variant: Variant
    kernel: Any
    source_sha256: str
    build_s: float
    log: str
    largest_group: int | None = None


def build(context: Any, opencl_device: Any, variant: Variant, info: DeviceInfo, cpu: str | None = None) -> Built:
    """Compile a variant for the device of `context`. `cpu`: see `compiled`. Raises DeviceError."""
    import pyopencl

    source = emit(variant)
    started = time.perf_counter()
    try:
        program = compiled(context, source, cpu)
        log = str(program.get_build_info(opencl_device, pyopencl.program_build_info.LOG))
        kernel = pyopencl.Kernel(program, KERNEL)
    except pyopencl.RuntimeError as error:
        if error.code != pyopencl.status_code.BUILD_PROGRAM_FAILURE:
            raise failure(f"{info.id}: building the kernel", error, info.remedy) from error
        raise build_failure(info, str(error)) from error
    except pyopencl.Error as error:
        raise failure(f"{info.id}: building the kernel", error, info.remedy) from error
    except UnicodeDecodeError as error:
        raise DeviceError(f"{info.id}: its driver's build log is not text; {info.remedy}") from error
    digest = hashlib.sha256(source.encode()).hexdigest()
    largest = largest_group_of(kernel, opencl_device)
    return Built(variant, kernel, digest, time.perf_counter() - started, log, largest)


def largest_group_of(kernel: Any, opencl_device: Any) -> int:
    """Work-items that a work-group of this kernel has at most, a power of two.

    A kernel that takes many registers or much local memory has fewer than the device says of all kernels.
    """
    import pyopencl

    most = int(opencl_device.max_work_group_size)
    # Drivers that do not answer, or say 0, know no less than the device does.
    with suppress(pyopencl.Error):
        told = int(kernel.get_work_group_info(pyopencl.kernel_work_group_info.WORK_GROUP_SIZE, opencl_device))
        most = min(most, told) if told > 0 else most
    return 1 << (most.bit_length() - 1)


def compiled(context: Any, source: str, cpu: str | None = None) -> Any:
    """pyopencl's program of a source. `cpu`: the name it was given (see `pocl`, `intel`). Raises pyopencl's errors."""
    import pyopencl

    # Only to tell kernels apart in the runtime's cache on disk, which goes by the name that the CPU had before.
    options = [f"-DCPU_{cpu.replace('-', '_')}"] if cpu else []
    with warnings.catch_warnings():
        # pyopencl warns that a build log is not empty; kernels keep theirs in `Built` instead.
        warnings.simplefilter("ignore", pyopencl.CompilerWarning)
        return pyopencl.Program(context, source).build(options)
