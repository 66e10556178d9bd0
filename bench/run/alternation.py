"""Two settings alternated in one run (`--ab KEY=A,B`): which, on what devices, and whose round comes when."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from ...kernels.device import DeviceOptions, Found
from ...kernels.errors import InputError
from ..result.model import Alternated, AlternatedPair
from ..result.printable import printable
from .assignment import Assignment, Work

Key = Literal["kernel", "threads", "device", "runtime"]
KEYS: tuple[Key, ...] = ("kernel", "threads", "device", "runtime")
# Of these keys both settings are of one device; of the others, each is a device.
OF_ONE_DEVICE: tuple[Key, ...] = ("kernel", "threads")
LONGEST = 100
EXAMPLE = "give KEY=A,B, like threads=1,2"


@dataclass(frozen=True)
class Alternation:
    """What is set, and to which two values."""

    key: Key
    a: str
    b: str

    @property
    def of_one_device(self) -> bool:
        """Whether both settings are of the same device."""
        return self.key in OF_ONE_DEVICE

    def setting(self, value: str) -> str | None:
        """What sets a record apart; None where the device does."""
        return f"{self.key}={value}" if self.of_one_device else None


def parse_alternation(text: str) -> Alternation:
    """The settings that `KEY=A,B` names. Raises InputError."""
    key, equals, values = text.partition("=")
    key = key.strip().lower()
    settings = [value.strip() for value in values.split(",")]
    if not equals or len(settings) != 2 or not all(settings):
        raise InputError(f"{text!r:.60} names no two settings; {EXAMPLE}")
    if key not in KEYS:
        raise InputError(f"{key!r:.40} cannot be alternated; {', '.join(KEYS[:-1])} and {KEYS[-1]} can")
    if key == "threads":
        settings = [_count(value) for value in settings]
    if key == "device":
        settings = [value.lower() for value in settings]
    if any(printable(value) != value or len(value) > LONGEST for value in settings):
        raise InputError(f"{text!r:.60} holds what no setting is called; {EXAMPLE}")
    if settings[0].lower() == settings[1].lower():
        raise InputError(f"{key} {settings[0]:.60} stands on both sides; give two different settings")
    return Alternation(key, settings[0], settings[1])


def _count(value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 7 and int(value) > 0):
        raise InputError(f"{value!r:.40} is no number of threads; give two from 1 on, like threads=1,2")
    return str(int(value))


def check_beside(alternation: Alternation, devices: Sequence[str], options: DeviceOptions, together: bool) -> None:
    """Raise InputError where another option says otherwise than the alternation."""
    given = {"kernel": options.kernel, "threads": options.threads}.get(alternation.key)
    if given is not None:
        raise InputError(f"--ab alternates the {alternation.key}; leave --{alternation.key} out")
    if devices and not alternation.of_one_device:
        raise InputError(f"--ab {alternation.key} chooses the devices; leave -d out")
    if together:
        raise InputError("--ab measures in turns and --together at once; leave one of them out")
    if options.retune and alternation.key == "kernel":
        raise InputError("with both kernels given no race is run, so none can be run anew; leave --retune out")


def devices_of(alternation: Alternation, found: Sequence[Found]) -> tuple[Found, Found]:
    """The two devices that a runtime's name, or a device's id, stands for. Raises InputError."""
    return _device(alternation, alternation.a, found), _device(alternation, alternation.b, found)


def _device(alternation: Alternation, value: str, found: Sequence[Found]) -> Found:
    by_id = alternation.key == "device"
    told = sorted({one.info.id if by_id else one.info.driver for one in found})
    meant = [
        one for one in found if (one.info.id.lower() == value if by_id else value.lower() in one.info.driver.lower())
    ]
    if not meant:
        there = printable("; ".join(told), 300) or "none"
        raise InputError(f"there is no {alternation.key} {value!r:.60}; this machine has {there}")
    if len(meant) > 1:
        ids = printable(", ".join(one.info.id for one in meant), 100)
        raise InputError(f"runtime {value:.40} drives {ids}; name two devices instead (--ab device=A,B)")
    return meant[0]


def options_of(alternation: Alternation, value: str, options: DeviceOptions) -> DeviceOptions:
    """The options of a device with one of the settings."""
    if alternation.key == "kernel":
        return dataclasses.replace(options, kernel=value)
    if alternation.key == "threads":
        return dataclasses.replace(options, threads=int(value))
    return options


def in_turns(rounds: int, run_id: str) -> list[tuple[int, int]]:
    """Who makes each pair of rounds, first and then: A B, B A … as often the one as the other, in a random order.

    So a steady drift favours neither, nor does anything that comes and goes in the rhythm of the rounds. The order
    follows from the run's id.
    """
    orders = [(0, 1) if number % 2 == 0 else (1, 0) for number in range(rounds)]
    Random(run_id).shuffle(orders)
    return orders


@dataclass(frozen=True)
class Turn:
    """One of two that are measured in turns."""

    found: Found
    work: Work
    assignment: Assignment


def paired(
    alternation: Alternation, found: Sequence[Found], works: Sequence[Work], assignment: Assignment
) -> list[tuple[Turn, Turn]]:
    """What is measured in turns with what: both settings of each device and work, or two devices for each work."""
    if not alternation.of_one_device:
        a, b = found
        return [(Turn(a, work, assignment), Turn(b, work, assignment)) for work in works]
    settings = [
        dataclasses.replace(
            assignment,
            options=options_of(alternation, value, assignment.options),
            setting=alternation.setting(value),
        )
        for value in (alternation.a, alternation.b)
    ]
    return [(Turn(one, work, settings[0]), Turn(one, work, settings[1])) for one in found for work in works]


def alternated_record(alternation: Alternation, pairs: int) -> Alternated:
    """What the result says of it; its records stand pair by pair."""
    places = tuple(AlternatedPair(a=2 * number, b=2 * number + 1) for number in range(pairs))
    return Alternated(key=alternation.key, a=alternation.a, b=alternation.b, pairs=places)
