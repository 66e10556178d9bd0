"""What becomes of each text of a result that is published without names: one table, which a test holds complete.

`KEEP`: closed words, figures as text, and what the proof is bound to. `DESCRIBE`: what a system says of itself, without
addresses and folders. `SENTENCE`: a sentence of ours, without the names that the file knows, too. All else is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...bench.result.warning import WarningCode
from .scrub import Scrub, scrubbed

LEFT_OUT = "left out, as this file names nobody"
# What drivers may say in words or figures that tells a device, and not this very one, from others.
LIMITS = {
    "logical_cpus", "topology", "max_work_group_size", "native_vector_width", "max_clock_mhz", "memory_bytes",
    "ends_long_launches",
}  # fmt: skip
# A public version, without what whoever built it has added.
VERSION = re.compile(r"[0-9][0-9A-Za-z.!]*")
LIBRARY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,40}")
KERNEL = re.compile(r"([A-Za-z]+ )?[0-9]+(?:\.[0-9]+)*(?:-[0-9]+)?")
PCI = re.compile(r"[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]")
DIGEST = re.compile(r"[0-9a-f]{64}")
AGENT = re.compile(r"[A-Za-z][\w .+-]{0,40}/v?\d[\d.]*")

# Warnings whose sentences are ours but for figures: no driver, sensor or host puts a word into them.
FIGURES_ALONE: tuple[WarningCode, ...] = (
    "drift", "contention", "stolen_time", "two_levels", "few_rounds", "odd_rounds", "quota", "few_samples",
    "wide_interval", "clock_unknown", "not_settled", "few_shares", "harder_shares_only", "worker_left", "restarted",
    "stood_still", "near_cache", "memory_stalls",
)  # fmt: skip

Value = int | float | str


@dataclass(frozen=True)
class Known:
    """What a rule may ask: how to take known names out, and what devices and meters are called instead."""

    sentence: Scrub
    ids: Mapping[str, str]
    meters: Mapping[str, str]
    challenge_is_bound: bool


Rule = Callable[[str, Known], str | None]


def keep(text: str, _known: Known) -> str:
    """As it is."""
    return text


def describe(text: str, _known: Known) -> str:
    """Without addresses and folders."""
    return scrubbed(text)


def sentence(text: str, known: Known) -> str:
    """Without the names that the file knows, either."""
    return known.sentence(text)


def remove(_text: str, _known: Known) -> None:
    """Nothing."""


def replaced(_text: str, _known: Known) -> str:
    """A word that it is left out, where there must be one."""
    return LEFT_OUT


def version(text: str, _known: Known) -> str:
    """The public part of a version."""
    found = VERSION.match(text)
    return found[0] if found else LEFT_OUT


def kernel(text: str, _known: Known) -> str:
    """A kernel's name and number, without the local part in which builders sign."""
    found = KERNEL.match(text)
    return found[0] if found else LEFT_OUT


def pci(text: str, _known: Known) -> str | None:
    """An address on the bus, which many machines share."""
    return text if PCI.fullmatch(text) else None


def digest(text: str, _known: Known) -> str:
    """A digest, and no other word in its place."""
    return text if DIGEST.fullmatch(text) else ""


def device_id(text: str, known: Known) -> str:
    """Without a worker's name or an address, unless the proof is bound to it."""
    return known.ids.get(text, text)


def meter(text: str, known: Known) -> str:
    """Without a meter's address."""
    return known.meters.get(text, text)


def challenge(text: str, known: Known) -> str:
    """As it is where inputs derive from it."""
    return text if known.challenge_is_bound else LEFT_OUT


RULES: dict[str, Rule] = {
    "Result.run_id": keep, "Result.hashwatt_version": version, "Result.challenge": challenge, "Result.note": remove,
    "Result.created": keep,
    "Machine.id": keep, "Machine.cpu_model": describe, "Machine.microarchitecture": describe,
    "Machine.cpu_vendor": describe, "Machine.cpu_signature": describe, "Machine.cpu_features": describe,
    "Machine.architecture": describe, "Machine.os": describe, "Machine.kernel": kernel, "Machine.python": describe,
    "Machine.hypervisor": describe, "Machine.container": describe, "Machine.governor": describe, "Cache.kind": describe,
    # Of those that hold figures alone; the others' words are replaced (`FIGURES_ALONE`).
    "WarningRecord.text": sentence,
    "Measurement.machine": keep, "Measurement.workload": keep, "Measurement.unit": keep, "Measurement.reason": replaced,
    "Measurement.setting": keep,
    "DeviceRecord.id": device_id, "DeviceRecord.name": describe, "DeviceRecord.vendor": describe,
    "DeviceRecord.backend": describe, "DeviceRecord.driver": describe, "DeviceRecord.pci_address": pci,
    "KernelRecord.name": describe, "KernelRecord.source_sha256": digest,
    "CandidateRecord.name": describe, "CandidateRecord.reason": replaced, "RunSettings.asked_kernel": describe,
    "Rate.unit": keep, "Round.left_out": sentence,
    "Roof.unit": keep, "Roof.binds": describe, "Roof.explanation": sentence, "Roof.reason": sentence,
    "CeilingRecord.name": describe, "CeilingRecord.unit": keep,
    "Energy.meter": meter, "Energy.bound_source": sentence, "Energy.reason": replaced, "Energy.name": sentence,
    "Energy.attribution": sentence, "Telemetry.source": sentence, "ThrottleReason.reason": describe,
    "Shares.target_hex": keep, "Shares.checksums": keep, "Shares.shares": keep,
    "ChunkedShares.target_hex": keep, "Header.prefix_hex": keep,
    "ServedShares.fresh_hex": keep, "ServedShares.extranonce1_hex": keep, "ServedShares.packed": keep,
    "Answer.digest_hex": keep, "Checked.how": sentence, "Reported.source": replaced,
    "Together.reason": replaced, "Together.unit": keep,
    "RateTogether.machine": keep, "RateTogether.device": device_id, "RateTogether.workload": keep,
    "Alternated.a": device_id, "Alternated.b": device_id,
    "Beacon.source": remove, "Beacon.chain": keep, "Beacon.round": keep, "Beacon.value": keep,
    "Beacon.published": keep, "Beacon.response_base64": keep,
    # Stamps go as a whole where the record changes; where it does not, they stay whole.
    "Stamp.authority": keep, "Stamp.record_sha256": keep, "Stamp.time": keep, "Stamp.response_base64": keep,
    # Numbers by then.
    "Member.machine": keep, "Member.name": keep, "Member.created": keep,
    "Lost.machine": keep, "Lost.name": keep, "Lost.address": replaced, "Lost.reason": replaced,
}  # fmt: skip


def libraries(values: Mapping[str, str], known: Known) -> dict[str, str]:
    """Names and public versions."""
    return {name: version(text, known) for name, text in values.items() if LIBRARY.fullmatch(name)}


def limits(values: Mapping[str, Value], _known: Known) -> dict[str, Value]:
    """Those that many devices share: a driver may also tell a serial number."""
    return {
        name: scrubbed(value) if isinstance(value, str) else value for name, value in values.items() if name in LIMITS
    }


def settings(values: Mapping[str, Value], _known: Known) -> dict[str, Value]:
    """How a kernel was tuned."""
    return {name: scrubbed(value) if isinstance(value, str) else value for name, value in values.items()}


def parameters(values: Mapping[str, Value], _known: Known) -> dict[str, Value]:
    """As they are: the proof is bound to them."""
    return dict(values)


RULES_OF_TABLES: dict[str, Callable[[Mapping[str, Value], Known], Mapping[str, Value]]] = {
    "Result.libraries": libraries,  # type: ignore[dict-item]
    "Member.libraries": libraries,  # type: ignore[dict-item]
    "Measurement.parameters": parameters,
    "DeviceRecord.limits": limits,
    "KernelRecord.tuning": settings,
}
