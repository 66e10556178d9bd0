"""What a kernel is given: the values that a program's job part has for each prefix of a job."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.lower import Program
from ..sha256.mining import header_hash
from .job import Job
from .midstate import WORTH_AN_ARRAY, columns, rows


def early_rows(program: Program, job: Job) -> list[Sequence[int]]:
    """The values of the program's `early` inputs, a row for each prefix; many rows are computed at once."""
    hashed = header_hash()
    if len(job.midstates) < WORTH_AN_ARRAY:
        return [program.early_values(hashed.inputs(midstate, job.tail)) for midstate in job.midstates]
    values = program.early_values(hashed.inputs(columns(job.midstates), job.tail))
    return list(rows(values, len(job.midstates)))
