"""What was computed and what shows it, in words: a workload that is not installed here is told as the file has it."""

from __future__ import annotations

from ...bench.result.measurement import Measurement
from ...kernels.errors import InputError
from ...kernels.workloads.evidence import CLASS_WORDS, class_of
from ...kernels.workloads.registry import load_workload
from ..wording.visible import visible

LIMIT = 120


def variant_text(device: Measurement) -> str:
    """How the work differs from the workload's usual one, in a few words; empty where it does not."""
    try:
        return visible(load_workload(device.workload).variant_text(device.parameters), LIMIT)
    except InputError:
        # Nobody here knows what is usual: all parameters are told.
        return visible(", ".join(f"{name} = {value}" for name, value in sorted(device.parameters.items())), LIMIT)


def work_text(device: Measurement) -> str:
    """The workload's name, and how the work differs from its usual one."""
    return ", ".join(filter(None, (visible(device.workload, LIMIT), variant_text(device))))


def class_words(device: Measurement) -> str:
    """What the work's evidence is worth: the words that stand beside a figure; empty where there is no evidence."""
    return "" if device.evidence is None else CLASS_WORDS[class_of(device.evidence)]
