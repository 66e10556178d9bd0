"""What the parent and a worker process say to each other, and how it travels.

A frame is a length and a sequence number (little-endian, 4 and 8 bytes) and a msgpack message. A
reply carries its request's number, so that the answer to an interrupted request is told from the
answer to the next one.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Annotated, Any, BinaryIO

import msgspec

from ...kernels.device import DeviceInfo, DeviceOptions, KernelInfo, Launch, Launched, Missing, Roof, Source

HEADER = struct.Struct("<IQ")
# A scan of a quarter of a second whose every nonce is a share stays below this.
MAX_FRAME_BYTES = 256 << 20
# Buffers travel in parts of this size.
PART_BYTES = 16 << 20
# Characters of an error's details (a build log, say); of longer ones the end travels.
MOST_DETAILS = 1 << 16
# Characters of a kernel's name.
MOST_NAME = 200


class Message(msgspec.Struct, frozen=True, tag=True):
    """Base of all messages."""


class Find(Message, frozen=True):
    """Ask: which devices has the backend in `module`?"""

    module: str


class Open(Message, frozen=True):
    """Ask: open the device `device_id` of the backend in `module`."""

    module: str
    device_id: str
    options: DeviceOptions


class Prepare(Message, frozen=True):
    """Ask: prepare a job. `target` is big-endian: msgpack has no integers of 256 bits."""

    prefixes: tuple[bytes, ...]
    target: bytes


class TakeTheFirst(Message, frozen=True):
    """Ask: try no more kernels from the first on that works."""


class ScanRange(Message, frozen=True):
    """Ask: scan the nonces from `start` up to but not including `stop`."""

    start: int
    stop: int


class MeasureRoof(Message, frozen=True):
    """Ask: measure the device's roof for the kernel prepared last."""


class Allocate(Message, frozen=True):
    """Ask: make a buffer of zeros."""

    size_bytes: int


class WriteBuffer(Message, frozen=True):
    """Ask: put at most PART_BYTES into a buffer."""

    buffer: int
    offset_bytes: int
    data: Annotated[bytes, msgspec.Meta(max_length=PART_BYTES)]


class RepeatBuffer(Message, frozen=True):
    """Ask: copy a buffer's first bytes on and on behind themselves."""

    buffer: int
    period_bytes: int
    size_bytes: int


class ReadBuffer(Message, frozen=True):
    """Ask: get at most PART_BYTES of a buffer."""

    buffer: int
    offset_bytes: int
    size_bytes: Annotated[int, msgspec.Meta(ge=0, le=PART_BYTES)]


class Compile(Message, frozen=True):
    """Ask: compile a kernel."""

    source: Source


class LaunchKernel(Message, frozen=True):
    """Ask: run a kernel."""

    launch: Launch


class Release(Message, frozen=True):
    """Ask: give all buffers and kernels back."""


class Close(Message, frozen=True):
    """Ask: close the device and end."""


class Entry(msgspec.Struct, frozen=True):
    """A device that was found (and whether it is measured by default), or the reason for having none."""

    info: DeviceInfo | None = None
    by_default: bool = True
    missing: Missing | None = None


class Entries(Message, frozen=True):
    """Answer to Find."""

    entries: tuple[Entry, ...]


class Done(Message, frozen=True):
    """Answer to whatever has nothing to say: Open, TakeTheFirst, WriteBuffer, RepeatBuffer, Release, Close."""


class Prepared(Message, frozen=True):
    """Answer to Prepare."""

    kernel: KernelInfo


class Scanned(Message, frozen=True):
    """Answer to ScanRange; hits as (prefix, nonce)."""

    hits: tuple[tuple[int, int], ...]
    hashes: int
    xor_h7: int
    device_s: float | None


class RoofMeasured(Message, frozen=True):
    """Answer to MeasureRoof; None from a device that cannot tell."""

    roof: Roof | None


class Allocated(Message, frozen=True):
    """Answer to Allocate."""

    buffer: int


class BufferPart(Message, frozen=True):
    """Answer to ReadBuffer."""

    data: Annotated[bytes, msgspec.Meta(max_length=PART_BYTES)]


class CompiledKernel(Message, frozen=True):
    """Answer to Compile."""

    kernel: int
    compile_s: float


class LaunchedKernel(Message, frozen=True):
    """Answer to LaunchKernel."""

    launched: Launched


class Started(Message, frozen=True):
    """Before the first answer: which process works. It need not be the one that was started.

    On Windows a virtual environment's python.exe starts the interpreter and waits for it.
    """

    process_id: Annotated[int, msgspec.Meta(ge=1, lt=1 << 32)]


class Trying(Message, frozen=True):
    """Before the answer: this kernel is tried now, which may end or hang the process."""

    kernel: Annotated[str, msgspec.Meta(max_length=MOST_NAME)]


class Tried(Message, frozen=True):
    """Before the answer: the trial has ended, and the process lives."""

    kernel: Annotated[str, msgspec.Meta(max_length=MOST_NAME)]
    worked: bool


class Failed(Message, frozen=True):
    """Answer to anything: the name of the error's class in `kernels.errors`, its sentence, and its notes."""

    kind: str
    sentence: str
    details: Annotated[str, msgspec.Meta(max_length=MOST_DETAILS)] = ""


Execution = Allocate | WriteBuffer | RepeatBuffer | ReadBuffer | Compile | LaunchKernel | Release
Request = Find | Open | TakeTheFirst | Prepare | ScanRange | MeasureRoof | Execution | Close
Executed = Allocated | BufferPart | CompiledKernel | LaunchedKernel
Reply = Entries | Done | Prepared | Scanned | RoofMeasured | Executed | Started | Trying | Tried | Failed

_encoder = msgspec.msgpack.Encoder()


def sound(value: Any) -> Any:
    """`value` (a record of `kernels.device`, or a part of one) as a message can carry it.

    Drivers give strings that are no text, which no encoding takes, and numbers of more than 64 bits, which go as text.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return f"{value:#x}"
    if isinstance(value, Mapping):
        return {sound(key): sound(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(sound(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: sound(getattr(value, part.name)) for part in fields(value)})
    return value


class BadFrame(Exception):
    """The other side does not speak this protocol: something else wrote into the pipe."""


def write_frame(stream: BinaryIO, sequence: int, message: Request | Reply) -> None:
    """Send a message. Raises OSError when the other side is gone."""
    body = _encoder.encode(message)
    stream.write(HEADER.pack(len(body), sequence) + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[int, bytes] | None:
    """The next frame's sequence number and body; None at the end of the stream. Raises BadFrame, OSError."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length, sequence = HEADER.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise BadFrame(f"a frame of {length} bytes")
    body = stream.read(length)
    return (sequence, body) if len(body) == length else None
