"""Live ASICs in a run: read after the devices of this machine, and marked as the word of others."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..interrupts import Deferred, interruptible
from ..progress import Progress
from ..result.measurement import Measurement
from ..result.model import Result
from .fetch import NoAnswer
from .measure import DEFAULT_S, reported_measurement, unreached, watch
from .reading import SCHEMES, Place


def is_asic(device_id: str) -> bool:
    """Whether a device's id is that of a live ASIC ("asic:HOST", "cgminer://HOST")."""
    return device_id.partition(":")[0] in SCHEMES


def with_asics(result: Result, places: Sequence[Place], seconds: float | None, progress: Progress) -> Result:
    """The result with a record for each miner: what it says, or why it says nothing. An interrupt ends the reading."""
    machine = result.machines[0].id
    read: list[Measurement] = []
    with Deferred():
        for place in places:
            try:
                seen = interruptible(lambda place=place: watch(place, seconds or DEFAULT_S, progress))  # type: ignore[misc]
                read.append(reported_measurement(seen, machine))
            except NoAnswer as error:
                read.append(unreached(place, machine, "failed", str(error)))
            except KeyboardInterrupt:
                read.append(unreached(place, machine, "interrupted", "the run was interrupted while it was read"))
                break
            finally:
                progress.done()
    return replace(result, results=(*result.results, *read))
