"""A variant compiled for a device."""

from __future__ import annotations

import hashlib
import time
import warnings
from dataclasses import dataclass
from typing import Any

from ..errors import DeviceError
from .emit import KERNEL, emit
from .variant import Variant
from .wording import build_failure, failure


@dataclass(frozen=True)
class Built:
    """A compiled kernel. `log`: what the driver's compiler said, if anything."""

    variant: Variant
    kernel: Any
    source_sha256: str
    build_s: float
    log: str


def build(context: Any, opencl_device: Any, variant: Variant, what: str) -> Built:
    """Compile a variant for the device of `context`. Raises DeviceError, which names the device as `what`."""
    import pyopencl

    source = emit(variant)
    started = time.perf_counter()
    try:
        program = compiled(context, source)
        log = str(program.get_build_info(opencl_device, pyopencl.program_build_info.LOG))
        kernel = pyopencl.Kernel(program, KERNEL)
    except pyopencl.RuntimeError as error:
        if error.code != pyopencl.status_code.BUILD_PROGRAM_FAILURE:
            raise failure(f"{what}: building the kernel", error) from error
        raise build_failure(what, str(error)) from error
    except pyopencl.Error as error:
        raise failure(f"{what}: building the kernel", error) from error
    except UnicodeDecodeError as error:
        raise DeviceError(f"{what}: its driver's build log is not text; update the driver") from error
    digest = hashlib.sha256(source.encode()).hexdigest()
    return Built(variant, kernel, digest, time.perf_counter() - started, log)


def compiled(context: Any, source: str) -> Any:
    """pyopencl's program of a source. Raises pyopencl's errors."""
    import pyopencl

    with warnings.catch_warnings():
        # pyopencl warns that a build log is not empty; kernels keep theirs in `Built` instead.
        warnings.simplefilter("ignore", pyopencl.CompilerWarning)
        return pyopencl.Program(context, source).build()
