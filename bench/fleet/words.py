"""What leader, worker and measuring process say to each other: JSON, a message a line.

It crosses machines that trust each other, and is bounded and validated all the same: versions may differ.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ...kernels.bounded import MachineId, RunId, Text

# Raised whenever a message changes: two versions that could not understand each other say so before they measure.
PROTOCOL = 1
# The longest line: a result, which a file holds as well.
MOST_BYTES = 64 << 20
# No result. (The decoder knows no "raw or null".)
NO_RESULT = msgspec.Raw(b"null")
GO = "go"
STOP = "stop"


class Inspection(Struct, frozen=True, kw_only=True):
    """Where a worker runs. `boot` tells which starts of which hardware are the same; `time_s` is its clock."""

    protocol: int
    machine: MachineId
    boot: MachineId
    name: Text
    time_s: float
    process: int


class Order(Struct, frozen=True, kw_only=True):
    """What a measuring process is to do: `options` are those of `hashwatt.run`.

    `together`: wait for the word before the first sample is taken.
    """

    run_id: RunId
    trial: str | None
    together: bool
    options: dict[str, Any]


class Word(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a measuring process says: a new stage, that it is ready, or how it ended (one of the last two, once)."""

    device: str = ""
    stage: str = ""
    ready: bool = False
    result: msgspec.Raw = NO_RESULT
    failed: str = ""


class State(Struct, frozen=True, kw_only=True):
    """How far a worker's measuring process is. `known`: whether this worker knows of it at all."""

    known: bool
    stage: Annotated[str, Meta(max_length=400)] = ""
    ready: bool = False
    over: bool = False


class Ending(Struct, frozen=True, kw_only=True):
    """How a measuring process ended: with a result, as its JSON, or with the reason why it has none."""

    result: msgspec.Raw = NO_RESULT
    failed: str = ""


def has_result(told: Word | Ending) -> bool:
    """Whether a result came along."""
    return bytes(told.result) not in (b"", b"null")
