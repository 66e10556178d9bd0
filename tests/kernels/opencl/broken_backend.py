"""The OpenCL backend with one fault, named in the environment: what a broken driver or device would do, truly done.

A worker process imports it as `broken_backend`; the faults are in the kernel's own source, or in a launch.
"""

from __future__ import annotations

import os
from itertools import count

import numpy as np
import pyopencl

from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.opencl import backend, launch, program
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.setting import Tuning
from hashwatt.kernels.opencl.slot import JobWords, Question, numbers_of

FAULT = "HASHWATT_TEST_FAULT"
# The device's own check and the workload's self-test. By their number, since how large a launch gets, a busy machine
# decides: one that is split there has the fault come some launches sooner, and it is found all the same.
RIGHT_LAUNCHES = 12
# What tells the kernel of a later launch: there is never so much room.
LATER = "(room >> 31)"
START = "    word checksum = SPLAT(0u);"
CHANGES = {
    "wrong word": ("0x80000000u", "0x80000001u"),
    "misses shares of later launches": ("if (SOME(passed))", f"if (!{LATER} && SOME(passed))"),
    "does not compile": (START, f"{START}\n    no_such_function(checksum);"),
    "hangs in later launches": (START, f"{START}\n    volatile uint forever = {LATER};\n    while (forever) {{ }}"),
    "crashes in later launches": (START, f"{START}\n    if ({LATER})\n        *(__global volatile uint *)8 = 1u;"),
}
LOST_CONTEXT = "loses its context in later launches"
healthy_launch = launch.OpenCLSlot.launch
launches = count(1)


def find() -> list[Found | Missing]:
    fault = os.environ[FAULT]
    if fault in CHANGES:
        # By name, since it is program's own import.
        setattr(program, "emit", lambda variant: broken(variant, *CHANGES[fault]))  # noqa: B010
        setattr(launch, "numbers_of", marked)  # noqa: B010
    elif fault == LOST_CONTEXT:
        launch.OpenCLSlot.launch = launch_or_lose  # type: ignore[method-assign]
    return backend.find()


def broken(variant: Variant, before: str, after: str) -> str:
    source = emit(variant)
    assert before in source
    return source.replace(before, after)


def marked(tuning: Tuning, question: Question, words: JobWords) -> list[np.uint32]:
    *numbers, room = numbers_of(tuning, question, words)
    return [*numbers, room | np.uint32(1 << 31) if next(launches) > RIGHT_LAUNCHES else room]


def launch_or_lose(self: launch.OpenCLSlot, tuning: Tuning, question: Question) -> None:
    if next(launches) > RIGHT_LAUNCHES:
        raise pyopencl.RuntimeError("clEnqueueNDRangeKernel failed: INVALID_CONTEXT")
    healthy_launch(self, tuning, question)
