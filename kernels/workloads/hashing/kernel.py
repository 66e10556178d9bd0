"""A hash's kernel in one form and language: what the scanner has to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...device import Source
from ...graph.lower import Program
from ...headers.job import Job
from .header_graph import HeaderGraph

# Job and results; kernels that need memory besides have frames as a third buffer. Sizes are in bytes.
BUFFER_TYPES = ("uint8", "uint8")
BUFFER_TYPES_WITH_FRAMES = ("uint8", "uint8", "uint8")


@dataclass(frozen=True)
class Stream:
    """Operations of one kind, or in a kernel's proportions: a source of one buffer and a number of batches.

    `operations`: in one batch of one item.
    """

    source: Source
    operations: int


@dataclass(frozen=True)
class HashKernel:
    """One form of a hash's kernel.

    `nonces_an_item`: how many an item hashes. `job_bytes`: what it reads of a job. `most_items`: so many a launch.
    `item_grain`: the number of items is a multiple of it. `grain`: see Launch. `frame_bytes`: memory that an item needs
    for itself (0: none); an item is a slot then, which works on `vectors_a_slot` times as many nonces at most, and the
    number of slots is the kernel's last argument. `mix`: operations of an item of each kind, where its roof can be
    measured by `streams` of them, with `stream_items` items in pieces of `stream_grain`.
    """

    name: str
    source: Source
    nonces_an_item: int
    job_bytes: Callable[[Job], bytes]
    frame_bytes: int = 0
    most_items: int = 1 << 20
    item_grain: int = 1
    mix: Mapping[str, int] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    stream_items: int = 240
    stream_grain: int = 1
    grain: int | None = None
    vectors_a_slot: int = 1


def job_bytes(graph: HeaderGraph, program: Program, job: Job) -> bytes:
    """A job's words for a kernel of `program`."""
    return np.array(graph.job_words(program, job), f"<u{graph.bits // 8}").tobytes()
