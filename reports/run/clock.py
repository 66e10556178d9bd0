"""What a verdict says of the time, in sentences: how long others' clocks leave, and what rates follow."""

from __future__ import annotations

from collections.abc import Iterator

from ...bench.verification.verdict import Verdict
from ...kernels.errors import InputError
from ...kernels.workloads.registry import load_workload
from ..wording.ratios import duration_text
from ..wording.units import rate_text


def clock_lines(verdict: Verdict) -> Iterator[str]:
    """How long the work can have taken at most, and each device's rate at least; nothing without anchors."""
    between = verdict.between
    if between is None:
        return
    lead = "By others' clocks" if between.trusted else "If the anchors above are right"
    span = f"{duration_text(between.seconds)} ({between.after} to {between.before})"
    yield f"{lead}, all of it was done within {span}."
    for floor in verdict.rate_at_least:
        try:
            unit = load_workload(floor.workload).quantity.unit
        except InputError:
            continue
        rate = rate_text(floor.rate, unit)
        yield f"So {floor.device} did at least {rate}, preparations and other devices' turns included."
