"""What a kernel is told of a job, computed in Python from the graph: what the compiled function is held against."""

from __future__ import annotations

from hashwatt.kernels.graph.lower import Program
from hashwatt.kernels.graph.nodes import Binding, evaluate
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.sha256.mining import header_hash


def words_by_graph(program: Program, job: Job) -> list[int]:
    """The program's early values that are the same for all prefixes, then a row of the others for each prefix."""
    hashed = header_hash()
    rows = [evaluate(program.early, hashed.inputs(midstate, job.tail)) for midstate in job.midstates]
    per_job = [rows[0][at] for at, node in enumerate(program.early) if node.binding is Binding.JOB]
    return per_job + [row[at] for row in rows for at, node in enumerate(program.early) if node.binding > Binding.JOB]
