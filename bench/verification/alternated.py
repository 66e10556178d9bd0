"""Checking what was measured in turns with two settings, without trusting it."""

from __future__ import annotations

from ..result.measurement import Measurement
from ..result.model import Alternated, Result
from .verdict import Check


def check_alternated(result: Result) -> list[Check]:
    """Whether what was measured in turns is what the run says: records of the same work with two settings."""
    alternated = result.alternated
    if alternated is None:
        sentence = "a record has a setting, and the run alternated none"
        has = any(entry.setting is not None for entry in result.results)
        return [Check(code="alternated", ok=False, sentence=sentence)] if has else []
    fault = "the two settings are the same" if alternated.a == alternated.b else ""
    paired: list[int] = []
    for pair in alternated.pairs:
        if max(pair.a, pair.b) >= len(result.results) or pair.a == pair.b:
            fault = fault or "a pair names records that are not there"
            continue
        paired += [pair.a, pair.b]
        fault = fault or _fault_of_pair(alternated, result.results[pair.a], result.results[pair.b])
    if len(set(paired)) < len(paired):
        fault = fault or "a record stands in two pairs"
    sentence = f"{alternated.key} {alternated.a} and {alternated.b} were measured in turns"
    return [Check(code="alternated", ok=not fault, sentence=fault or sentence)]


def _fault_of_pair(alternated: Alternated, a: Measurement, b: Measurement) -> str:
    """Why two records are no pair of these settings; empty where they are."""
    if (a.workload, a.parameters, a.machine) != (b.workload, b.parameters, b.machine):
        return "the records of a pair did different work"
    if alternated.key in ("device", "runtime"):
        return "two devices of a pair are one" if a.device.id == b.device.id else ""
    settings = tuple(f"{alternated.key}={value}" for value in (alternated.a, alternated.b))
    if (a.setting, b.setting) != settings or a.device.id != b.device.id:
        return f"the records of a pair are not {settings[0]} and {settings[1]} of one device"
    stated = [_stated(alternated.key, entry) for entry in (a, b)]
    if None not in stated and stated[0] == stated[1]:
        return f"both records of a pair had {alternated.key} {stated[0]}"
    return ""


def _stated(key: str, entry: Measurement) -> object:
    """What the record itself says of the setting; None where it says nothing."""
    if entry.kernel is None:
        return None
    return entry.kernel.name if key == "kernel" else entry.kernel.tuning.get(key)
