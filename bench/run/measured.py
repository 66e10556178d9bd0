"""The measurement that comes of a session: rate, roof, evidence and warnings from what was taken."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec.structs import replace

from ...kernels.device import Roof
from ...kernels.workloads.protocol import MovesMemory, Task
from ..rates import all_samples, counted_samples, rate_per_cpu_s, stated_rate
from ..result.from_device import kernel_record, roof_record
from ..result.measurement import Measurement, Rate, RunSettings
from ..result.warning import WarningRecord
from ..sampling.sampler import Sampler
from ..warnings import sentences
from ..warnings.judge import judge_roof, judge_rounds


def measurement_of(
    nothing: Measurement,
    task: Task | None,
    sampler: Sampler | None,
    settings: RunSettings | None,
    roof: Roof | None,
    load_at_roof: float | None,
    failed_batches: int,
    warnings: Sequence[WarningRecord],
) -> Measurement:
    """`nothing` (the record without a rate, whose status is known) with what was measured, as far as it was.

    `load_at_roof`: the CPUs that others kept busy while the roof was measured; None where nobody tells.
    """
    taken = sampler.taken if sampler is not None else []
    # A rate needs something to stand on, and what was refused or failed is never ranked.
    if nothing.status not in ("measured", "interrupted") or (sampler is not None and not sampler.is_enough):
        taken = []
    kernel = None if task is None or task.kernel is None else kernel_record(task.kernel, task.compile_s)
    record = replace(nothing, kernel=kernel, settings=settings)
    if not taken or task is None or sampler is None:
        return record
    record = replace(record, rounds=sampler.records())
    samples, rate = counted_samples(record), stated_rate(record)
    return replace(
        record,
        rate=rate,
        rate_per_cpu_s=rate_per_cpu_s(samples),
        amount=sum(sample.amount for sample in samples),
        seconds=math.fsum(sample.seconds for sample in samples),
        roof=None if roof is None else roof_record(roof, rate.value, nothing.unit),
        evidence=task.evidence(len(all_samples(record))),
        warnings=tuple(_judged(record, rate, task, sampler, roof, load_at_roof, failed_batches, warnings)),
    )


def _judged(
    record: Measurement,
    rate: Rate,
    task: Task,
    sampler: Sampler,
    roof: Roof | None,
    load_at_roof: float | None,
    failed_batches: int,
    warnings: Sequence[WarningRecord],
) -> list[WarningRecord]:
    taken = [one for one in sampler.rounds if one.taken]
    cpus = None if record.settings is None else record.settings.usable_cpus
    judged = [*judge_rounds(taken, record.rounds, cpus, failed_batches), *warnings]
    if task.kernel is not None and task.kernel.likelier:
        judged.append(sentences.race_ended_early(task.kernel.likelier))
    near = task.near_cache if isinstance(task, MovesMemory) else None
    if near is not None:
        judged.append(sentences.near_cache(near.what, near.times, near.remedy, near.cache))
    if roof is not None and roof.rate_per_s > 0:
        judged.extend(judge_roof(100 * rate.value / roof.rate_per_s, load_at_roof))
    return judged
