"""What the sensors of Linux' hwmon cover, by driver and label: `hwmon_chips.csv`, each row with its source.

A sensor's role: `whole` is a figure by itself; `metered` is one where the chip itself says that it measures the whole
system (ACPI's power meters name what they measure); `socket` one of the machine's CPU packages, which are summed over
all chips of the driver; `share` one of several labels of a chip that only all together are a package; `part` lies
within another figure and is read on request; `inside` is not even listed (one of a hundred cores, another view of the
same counter, the light of an optical fibre). What no row names has an unknown coverage.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from ..meter import Scope, Subject

Role = Literal["whole", "metered", "socket", "share", "part", "inside"]


@dataclass(frozen=True)
class Chip:
    """One row: drivers, kinds and labels that it speaks of, and what their figures cover."""

    driver: str
    kind: str
    label: str
    role: Role
    scope: Scope
    subject: Subject
    source: str

    def speaks_of(self, driver: str, kind: str, label: str | None) -> bool:
        """Whether the row is about such a sensor."""
        return (
            kind == self.kind
            and re.fullmatch(self.driver, driver) is not None
            and re.fullmatch(self.label, label or "") is not None
        )


@cache
def chips() -> tuple[Chip, ...]:
    """All rows, in their order: the first that speaks of a sensor counts."""
    text = files(__package__).joinpath("hwmon_chips.csv").read_text(encoding="utf-8")
    return tuple(
        Chip(
            driver=row["driver"],
            kind=row["kind"],
            label=row["label"],
            role=cast(Role, row["role"]),
            scope=cast(Scope, row["scope"]),
            subject=cast(Subject, row["subject"]),
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def chip_of(driver: str, kind: str, label: str | None) -> Chip | None:
    """What is known of a sensor, None for a driver or label that nobody has looked up."""
    return next((chip for chip in chips() if chip.speaks_of(driver, kind, label)), None)


def shares_of(driver: str) -> frozenset[Chip]:
    """The rows of a driver whose sensors only all together are a whole."""
    return frozenset(chip for chip in chips() if chip.role == "share" and re.fullmatch(chip.driver, driver))
