"""The claim about the AI chip: what the chip is published to do, beside what devices here did of the same work."""

from __future__ import annotations

from collections.abc import Sequence

from ...bench.result.measurement import Origin
from ...kernels.workloads.evidence import CLASS_WORDS, class_of
from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.gather import Collection, Group
from ..wording.ratios import counted, three_digits
from ..wording.units import rate_text
from ..wording.visible import visible
from .finding import Finding, Judgement

WORKLOAD = "conv"
UNIT = "MAC"
CLAIMED = 1000.0
# Sipeed, "MAIX performance and limit for AI models", https://bbs.sipeed.com/t/topic/691: Canaan's K210 with its
# accelerator at 300 MHz, 16-bit weights, 3 × 3, 128 to 128 channels; by the side of the image.
CHIP = "Canaan's K210"
PUBLISHED_PER_S = {64: 155.2e9, 256: 167.3e9}
BEST_PER_S = max(PUBLISHED_PER_S.values())
SIZE_OF_BEST = max(PUBLISHED_PER_S, key=lambda size: PUBLISHED_PER_S[size])
MOST_DEVICES = 8
ARM = ("aarch64", "arm64", "arm")


def the_ai_chip_convolves(collection: Collection) -> Finding:
    """By an ARM CPU that was measured, its fastest format of numbers; cannot be tested where there is none."""
    works = [group for group in collection.speakers if group.key.workload == WORKLOAD and group.key.unit == UNIT]
    evidence = [
        f"published for {CHIP}: {rate_text(BEST_PER_S, UNIT)} with 16-bit weights on images of {SIZE_OF_BEST} × "
        f"{SIZE_OF_BEST} (3 × 3, 128 to 128 channels), {rate_text(PUBLISHED_PER_S[64], UNIT)} on 64 × 64",
        f"1,000 times slower is {rate_text(BEST_PER_S / CLAIMED, UNIT)}",
        *(described(group) for group in sorted(works, key=lambda group: -group.newest.rate.value)[:MOST_DEVICES]),
    ]
    if not works:
        because = "no convolution was measured (`hashwatt run --workload conv`), and the chip cannot be had here"
        return _finding("cannot be tested here", because, evidence, ["cited"])
    origins: list[Origin] = ["cited", *dict.fromkeys(group.newest.rate.origin for group in works)]
    of_cpus = [group for group in works if group.key.kind == "cpu"]
    of_arm = [group for group in of_cpus if is_arm(group)]
    if not of_arm:
        fastest = max(of_cpus or works, key=lambda group: group.newest.rate.value)
        share = fastest.newest.rate.value / (BEST_PER_S / CLAIMED)
        because = (
            f"no ARM CPU was measured; one that the chip beats 1,000 times would do 1/{counted(share)} of what "
            f"{visible(device_name(fastest.newest.device), 60)} does in {number_of(fastest)}"
        )
        return _finding("cannot be tested here", because, evidence, origins)
    best = max(of_arm, key=lambda group: group.newest.rate.value)
    ratio = BEST_PER_S / best.newest.rate.value
    because = (
        f"against {visible(device_name(best.newest.device), 60)} in {number_of(best)} the published figure is "
        f"{three_digits(ratio)} times as much"
    )
    judgement: Judgement = "reproduced" if ratio >= CLAIMED else "not reproduced"
    return _finding(judgement, because, evidence, origins)


def described(group: Group) -> str:
    """A device's figure beside the published one."""
    rate = group.newest.rate.value
    ratio = BEST_PER_S / rate
    told = (
        f"the chip's is {three_digits(ratio)} times that"
        if ratio >= 1
        else f"{three_digits(1 / ratio)} times the chip's"
    )
    size = {name: value for name, _, value in group.key.parameters}.get("size")
    return (
        f"{visible(device_name(group.newest.device), NAME_LIMIT)}, {number_of(group)} on {size} × {size}: "
        f"{rate_text(rate, UNIT)} {group.newest.rate.origin} ({shown_by(group)}); {told}"
    )


def shown_by(group: Group) -> str:
    """What the work's evidence is worth."""
    evidence = group.newest.device.evidence
    return "no evidence" if evidence is None else CLASS_WORDS[class_of(evidence)]


def number_of(group: Group) -> str:
    """The format of numbers."""
    told = {name: value for name, _, value in group.key.parameters}
    return visible(str(told.get("number", "unknown numbers")), 40)


def is_arm(group: Group) -> bool:
    """Whether it was measured on an ARM machine's own cores."""
    machine = group.newest.machine
    return machine is not None and (machine.architecture or "").lower().startswith(ARM)


def _finding(judgement: Judgement, because: str, evidence: Sequence[str], origins: Sequence[Origin]) -> Finding:
    return Finding(judgement=judgement, because=because, evidence=tuple(evidence), origins=tuple(origins))
