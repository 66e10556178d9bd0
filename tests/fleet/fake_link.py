"""A scheduler and its workers as a test wishes them: what each answers, fails with, or keeps to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hashwatt.bench.fleet.link import NoAnswer, Worker
from hashwatt.bench.fleet.loss import LostMachine
from hashwatt.bench.fleet.survey import Host
from hashwatt.bench.fleet.words import PROTOCOL, Ending, Inspection, State

RESULT = msgspec.Raw(b'{"a":1}')


def host(name: str, **changes: Any) -> Host:
    """A machine of that name, whose worker has that address."""
    known = {"machine": f"{name:0>16}"[:16], "boot": f"{name:0>16}"[:16], "name": name, "address": name}
    return Host(**{**known, "workers": 1, "clock_ahead_s": 0.0, "round_trip_s": 0.001, "trial": None, **changes})


@dataclass
class Puppet:
    """One worker. `answers` are the states that it tells one after the other, the last again and again.

    `silent_from`: from so many questions on it gives no answer. `gone_from`: from then on nobody knows it.
    """

    machine: str = "0" * 16
    name: str = "node"
    boot: str = "1" * 16
    answers: list[State] = field(default_factory=lambda: [State(known=True, over=True)])
    ending: Ending = field(default_factory=lambda: Ending(result=RESULT))
    refused: bytes = b""
    silent_from: int | None = None
    gone_from: int | None = None
    versions: Callable[[], None] = lambda: None
    clock_s: Callable[[], float] = lambda: 0.0
    asked: int = 0
    heard: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)
    protocol: int = PROTOCOL

    @property
    def is_gone(self) -> bool:
        return self.gone_from is not None and self.asked >= self.gone_from

    def answer(self, what: str, arguments: tuple[object, ...]) -> bytes:
        self.heard.append((what, arguments))
        if what == "inspect":
            told = Inspection(
                protocol=self.protocol, machine=self.machine, boot=self.boot, name=self.name,
                time_s=self.clock_s(), process=1,
            )  # fmt: skip
            return msgspec.json.encode(told)
        if what == "start":
            return self.refused
        if what == "take":
            return msgspec.json.encode(self.ending)
        if what != "poll":
            return b""
        self.asked += 1
        if self.is_gone or (self.silent_from is not None and self.asked >= self.silent_from):
            raise NoAnswer
        state = self.answers[0]
        if len(self.answers) > 1:
            self.answers.pop(0)
        return msgspec.json.encode(state)

    def was_told(self, what: str) -> bool:
        return any(one == what for one, _ in self.heard)


@dataclass
class FakeLink:
    """Stands in for a Link."""

    puppets: dict[str, Puppet]
    has_scheduler: bool = True

    async def workers(self) -> list[Worker]:
        if not self.has_scheduler:
            raise LostMachine("the scheduler has gone; start it again and run again")
        return [Worker(name, name) for name, puppet in self.puppets.items() if not puppet.is_gone]

    async def refuse_other_versions(self, address: str) -> None:
        self.puppets[address].versions()

    async def call(
        self, address: str, function: Callable[..., Any], *arguments: object, answer_s: float = 1.0
    ) -> bytes:
        await asyncio.sleep(0)
        return self.puppets[address].answer(function.__name__, arguments)
