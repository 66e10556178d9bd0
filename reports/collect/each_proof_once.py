"""One proof counts once, under however many names, notes and files it is shown."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ..wording.visible import visible


@dataclass(frozen=True)
class Shown:
    """A measurement and the result that it stands in."""

    device: Measurement
    result: Result


def faults_of_repeats(shown: Iterable[Shown]) -> list[str]:
    """For each measurement, in order, the sentence that its proof was shown before; empty where it was not.

    What the inputs of the work derive from tells one proof from another; all else in a file is its machine's word.
    """
    first: dict[Hashable, Shown] = {}
    faults = []
    for one in shown:
        known = first.setdefault(_source(one), one)
        other = visible(f"{known.device.device.name}, {known.result.created}", 120)
        already = f"its proof stands in another result as well ({other}); one proof counts once"
        faults.append("" if known is one else already)
    return faults


def _source(one: Shown) -> Hashable:
    device, result = one.device, one.result
    # Version 1 did not derive its inputs from the machine, which its files do not name.
    machine = "" if result.written_as == 1 else device.machine
    parameters = tuple(sorted((name, str(value)) for name, value in device.parameters.items()))
    return result.challenge, result.run_id, machine, device.device.id, device.workload, parameters
