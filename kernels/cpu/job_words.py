"""The words of a job as a compiled kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..headers.job import Job
from .codegen.early_ir import MOST_VALUES
from .jit import Compiled
from .object_code import ScanFunction
from .workers import Words


def job_array(compiled: Compiled, job: Job) -> Words:
    """The job's words for the kernel, which must be a scan."""
    early: Sequence[int] = ()
    if compiled.variant.emit_early:
        # With fewer words the kernel would read what is none of its job.
        assert compiled.early is not None
        early = early_words(compiled.early, job)
    return np.array(compiled.variant.job_words(job, early), dtype=np.uint32)


def early_words(compute: ScanFunction, job: Job) -> Sequence[int]:
    """What a function of `codegen.early_ir` tells: the values per job, then a row of the others for each prefix."""
    inputs = np.array([(*midstate, *job.tail) for midstate in job.midstates], dtype=np.uint32)
    row = np.empty(MOST_VALUES, dtype=np.uint32)
    answer = compute(inputs.ctypes.data, 0, 1, 0, 0, row.ctypes.data)
    per_job, values = answer >> 32, answer & 0xFFFFFFFF
    rows = row[np.newaxis, :values]
    if len(inputs) > 1:
        rows = np.empty((len(inputs), values), dtype=np.uint32)
        compute(inputs.ctypes.data, 0, len(inputs), 0, 0, rows.ctypes.data)
    return [*rows[0, :per_job].tolist(), *rows[:, per_job:].ravel().tolist()]
