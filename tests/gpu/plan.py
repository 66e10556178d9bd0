"""The questions, in the order of their worth."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.gpu.hour import Hour

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Step:
    """A question: the command that answers it, in how many seconds, and of which device ("device", "second").

    `needs`: a file of the state's folder that must be there. `stored`: the answer is a result file, of which the key
    figures are kept. `every_time`: asked again in a second call, too.
    """

    name: str
    limit_s: float
    command: Callable[[Hour], list[str]]
    of: str = "device"
    needs: str | None = None
    stored: bool = False
    every_time: bool = False


def hashwatt(*arguments: str) -> list[str]:
    """A command of hashwatt's."""
    return [sys.executable, "-m", "hashwatt", *arguments]


def own(name: str, *arguments: str, of: str | None = None) -> Callable[[Hour], list[str]]:
    """A step of ours (see `steps.py`); `of`: its first argument is that device's id."""

    def command(hour: Hour) -> list[str]:
        device = [hour.id_of(of)] if of else []
        return [sys.executable, str(HERE / "steps.py"), name, *device, *arguments]

    return command


def measured(name: str, limit_s: float, seconds: int, *more: str, of: str = "device") -> Step:
    """`hashwatt run` on the card, stored in the folder."""
    file = f"{name.replace(' ', '-')}.json"

    def command(hour: Hour) -> list[str]:
        stored = str(hour.folder / file)
        return hashwatt("run", "-d", hour.id_of(of), "-t", str(seconds), *more, "--force", "-o", stored, "--json")

    return Step(name, limit_s, command, of, stored=True)


def verified(name: str, limit_s: float, of: str = "device") -> Step:
    """`hashwatt verify` of what was stored: a part of a card's work that a CPU can do again in seconds."""
    file = f"{name.replace(' ', '-')}.json"

    def command(hour: Hour) -> list[str]:
        return hashwatt("verify", "--effort", "3", "--json", str(hour.folder / file))

    return Step(f"verify {name}", limit_s, command, of, needs=file)


def workload_step(name: str) -> Step:
    """Another kind of work on the card. Some have a dozen rows, each of which is sampled for so long."""
    return measured(f"workload {name}", 60, 2, "--workload", name)


NOTHING = "nothing"
# First whether it works at all, then what decides, then what is nice to know: the rate with its proof and joules, by
# both ways to the card; ratios that a wrong model shows in; whether each kernel is right; other work. The limits of all
# together are more than there is: a step that needs less leaves it to the others.
STEPS = (
    # A disk that nobody has read from yet is slow: the first steps have long limits.
    Step("machine", 60, own("machine"), NOTHING, every_time=True),
    Step("cuda", 90, own("cuda"), NOTHING, every_time=True),
    Step("devices", 90, lambda hour: hashwatt("devices", "--json"), NOTHING, every_time=True),
    # Short: a long run that comes to no end leaves nothing.
    measured("first", 100, 3),
    verified("first", 60),
    Step("expected", 40, own("expected", of="device")),
    measured("run", 110, 20),
    verified("run", 40),
    Step("energy", 45, own("energy", "8", of="device")),
    measured("run second", 80, 10, of="second"),
    verified("run second", 30, of="second"),
    Step("pipes", 50, own("pipes", "40", of="device")),
    Step("variants", 70, own("variants", "40", of="device")),
    Step("counters", 70, own("counters")),
    Step("conformance", 60, own("conformance", of="device")),
    measured("rolled", 60, 8, "--rolled", "64"),
    verified("rolled", 30),
    *map(workload_step, ("stream", "gemm", "peak", "keccak256", "blake2s", "gups", "conv", "scrypt")),
    measured("long", 90, 45),
    Step("properties", 30, own("properties", of="device")),
    Step("meters", 30, lambda hour: hashwatt("meters", "--json"), NOTHING),
)
