"""What each firmware calls its figures: the rows of `dialects.csv`, and how a figure is found in a reply."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...kernels.errors import HashwattError

UNITS = {"": 1.0, "s": 1.0, "W": 1.0, "°C": 1.0, "kH/s": 1e3, "MH/s": 1e6, "GH/s": 1e9, "TH/s": 1e12}
# What no miner is: above it a figure is an error value. A rack unit draws some kW, the network hashes some ZH/s.
MOST = {"rate": 1e18, "rate-sum": 1e18, "power": 50_000.0, "temperature": 150.0, "chips": 100_000.0, "uptime": 1e9}
LEAST = {"temperature": -50.0}
# A list longer than this is no list of a miner's boards.
MOST_ITEMS = 256


@dataclass(frozen=True)
class Row:
    """Where a figure of a dialect stands. `average_s`: over how long a rate is averaged; "uptime": since it began."""

    dialect: str
    transport: str
    ask: str
    path: str
    quantity: str
    unit: str
    average_s: str
    origin: str
    source: str

    def figures(self, reply: object) -> list[float]:
        """The plausible figures that a reply has there, in plain units; what cannot be is left out, never 0."""
        factor, most, least = UNITS[self.unit], MOST[self.quantity], LEAST.get(self.quantity, 0.0)
        found = (number_of(value) for value in _at(reply, self.path.split(".")))
        scaled = [value * factor for value in found if value is not None]
        return [value for value in scaled if least <= value <= most]


@cache
def rows() -> tuple[Row, ...]:
    """All rows of the table. Raises HashwattError where it is broken."""
    text = files(__package__).joinpath("dialects.csv").read_text(encoding="utf-8")
    found = tuple(Row(**row) for row in csv.DictReader(text.splitlines()))
    for row in found:
        if row.unit not in UNITS or row.quantity not in MOST or not row.source:
            raise HashwattError(f"dialects.csv: the row {row.dialect} {row.path} has no unit, quantity or source")
    return found


def number_of(value: object) -> float | None:
    """A finite number, also one written as text with a unit behind it ("58.94W"); None for everything else."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(-?\d{1,18}(?:\.\d{1,18})?)\s*[A-Za-z/%°]{0,6}\s*", value)
        value = float(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        # JSON has whole numbers that no float holds.
        return None
    return number if math.isfinite(number) else None


def _at(value: object, steps: list[str]) -> Iterator[object]:
    """What stands at a path: names, positions, * for every item, and NAME[KEY] for KEY[value] within a text."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    match = re.fullmatch(r"(.+)\[(\w+)\]", step)
    if match:
        for text in _at(value, [match[1]]):
            inner = (
                re.search(rf"(?:^|\s){re.escape(match[2])}\[([^\]]{{0,100}})\]", text)
                if isinstance(text, str)
                else None
            )
            if inner:
                yield from _at(inner[1], rest)
    elif isinstance(value, list):
        items = value[:MOST_ITEMS] if step == "*" else value[int(step) : int(step) + 1] if step.isdigit() else []
        for item in items:
            yield from _at(item, rest)
    elif isinstance(value, dict) and step in value:
        yield from _at(value[step], rest)
