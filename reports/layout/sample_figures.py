"""Every sample of every measurement as plain figures under fixed names, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator

from ...bench.result.measurement import Measurement
from ..collect.gather import Collection
from .plain_figures import Plain

COLUMNS = (
    "run_id", "created", "machine_id", "device_id", "workload", "unit", "round", "counted", "sample",
    "amount", "seconds", "rate_per_s", "device_s", "cpu_s", "clock_hz", "temperature_c", "other_load", "stolen_load",
)  # fmt: skip


def sample_records(collection: Collection) -> Iterator[dict[str, Plain]]:
    """The samples, run by run from the newest on, whether their run verifies or not; rounds and samples from 1."""
    for result in collection.results:
        for entry in result.results:
            for cells in _samples(entry):
                values = (result.run_id, result.created, entry.machine, entry.device.id, entry.workload, entry.unit)
                yield dict(zip(COLUMNS, (*values, *cells), strict=True))


def _samples(entry: Measurement) -> Iterator[tuple[Plain, ...]]:
    for number, one in enumerate(entry.rounds, start=1):
        for place, sample in enumerate(one.samples, start=1):
            yield (
                number, one.counted, place, sample.amount, sample.seconds, sample.amount / sample.seconds,
                sample.device_s, sample.cpu_s, sample.clock_hz, sample.temperature_c,
                sample.other_load, sample.stolen_load,
            )  # fmt: skip
