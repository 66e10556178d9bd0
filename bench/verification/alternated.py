"""Checking what was measured in turns with two settings, without trusting it."""

from __future__ import annotations

from ..result.measurement import Measurement
from ..result.model import Alternated, AlternatedPair, Result
from .verdict import Check


def check_alternated(result: Result) -> list[Check]:
    """Whether what was measured in turns is what the run says: records of the same work with two settings."""
    alternated = result.alternated
    if alternated is None:
        sentence = "a record has a setting, and the run alternated none"
        has = any(entry.setting is not None for entry in result.results)
        return [Check(code="alternated", ok=False, sentence=sentence)] if has else []
    fault = "the two settings are the same" if alternated.a == alternated.b else ""
    if not alternated.pairs:
        # A run that alternates leaves two records for each pair, also where one failed.
        fault = fault or "two settings were alternated, and no pair of records has them"
    paired: list[int] = []
    for pair in alternated.pairs:
        if max(pair.a, pair.b) >= len(result.results) or pair.a == pair.b:
            fault = fault or "a pair names records that are not there"
            continue
        paired += [pair.a, pair.b]
        fault = fault or _fault_of_pair(alternated, result.results[pair.a], result.results[pair.b])
    if len(set(paired)) < len(paired):
        fault = fault or "a record stands in two pairs"
    settings = f"{alternated.key} {alternated.a} and {alternated.b}"
    sentence = f"{settings} were measured in turns"
    if not fault and not any(_both_worked(result, pair) for pair in alternated.pairs):
        sentence = f"{settings} were not measured in turns: of no pair did both do any work"
    return [Check(code="alternated", ok=not fault, sentence=fault or sentence)]


def _both_worked(result: Result, pair: AlternatedPair) -> bool:
    return bool(result.results[pair.a].rate and result.results[pair.b].rate)


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
