"""The OpenCL backend with one fault, named in the environment: what a broken driver or device would do, truly done.

A worker process imports it as `broken_backend`; the faults are in the kernel's own source, or in a launch.
"""

from __future__ import annotations

import os

import pyopencl

from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.opencl import backend, launch, program
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.setting import FIRST_LAUNCH_HASHES, Tuning
from hashwatt.kernels.opencl.slot import Question

FAULT = "HASHWATT_TEST_FAULT"
# More nonces than the first launch has. Where ten programs share two cores a launch of 50 ms may still have fewer, so
# that the fault never comes.
FEW = 1.2 * FIRST_LAUNCH_HASHES
LARGE = f"count > {FEW:.0f}u"
START = "    word checksum = SPLAT(0u);"
CHANGES = {
    "wrong word": ("0x80000000u", "0x80000001u"),
    "misses shares of large launches": ("if (SOME(passed))", f"if (!({LARGE}) && SOME(passed))"),
    "does not compile": (START, f"{START}\n    no_such_function(checksum);"),
    "hangs in large launches": (START, f"{START}\n    volatile uint forever = {LARGE};\n    while (forever) {{ }}"),
    "crashes in large launches": (START, f"{START}\n    if ({LARGE})\n        *(__global volatile uint *)8 = 1u;"),
}
LOST_CONTEXT = "loses its context in large launches"


def find() -> list[Found | Missing]:
    fault = os.environ[FAULT]
    if fault in CHANGES:
        # By name, since it is program's own import.
        setattr(program, "emit", lambda variant: broken(variant, *CHANGES[fault]))  # noqa: B010
    elif fault == LOST_CONTEXT:
        launch.OpenCLSlot.launch = launch_or_lose  # type: ignore[method-assign]
    return backend.find()


def broken(variant: Variant, before: str, after: str) -> str:
    source = emit(variant)
    assert before in source
    return source.replace(before, after)


healthy_launch = launch.OpenCLSlot.launch


def launch_or_lose(self: launch.OpenCLSlot, tuning: Tuning, question: Question) -> None:
    if len(question.nonces) > FEW:
        raise pyopencl.RuntimeError("clEnqueueNDRangeKernel failed: INVALID_CONTEXT")
    healthy_launch(self, tuning, question)
