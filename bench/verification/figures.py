"""Whether a measurement's derived figures follow from its samples and records: amount, rate, roof, energy."""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec.structs import astuple

from ...kernels.workloads.evidence import ServedShares
from ...kernels.workloads.quantity import per_second
from ..energy.joules.efficiency import efficiency
from ..energy.joules.idle import above_idle
from ..energy.joules.integral import Integral
from ..pool.rate import rate_of_shares
from ..rates import counted_samples, rate_per_cpu_s, stated_rate
from ..result.energy import Efficiency, Energy, Interval
from ..result.measurement import Measurement
from .verdict import Check

# Room for the rounding of sums that another order of adding gives, not for a different figure.
RELATIVE_ROUNDING = 1e-9
# What is left when idle joules are taken off joules keeps the rounding of both.
OF_THE_LARGER = 1e-9
RATE_FIELDS = ("value", "low", "high", "confidence", "median", "best", "unit", "origin")
ABOVE_IDLE = ("above_idle_j", "above_idle_low_j", "above_idle_high_j")


def close(stated: float | None, right: float | None) -> bool:
    """Whether two figures are the same but for rounding; None is only None."""
    if stated is None or right is None:
        return stated is right
    return math.isclose(stated, right, rel_tol=RELATIVE_ROUNDING)


class Figures:
    """The checks of one record, by the rules of the schema version that it was written in.

    `at` is the JSON pointer of the measurement in its file.
    """

    def __init__(self, entry: Measurement, written_as: int, at: str) -> None:
        """Nothing is checked yet."""
        self._entry = entry
        self._written_as = written_as
        self._at = at

    def amount(self) -> Check:
        """Whether the samples add up."""
        entry = self._entry
        total = sum(sample.amount for sample in counted_samples(entry))
        fault = "" if entry.amount == total else f"{entry.amount} are stated in all, the samples add up to {total}"
        return self._check("amount", fault, "the samples add up to the stated amount of work", ("amount",))

    def rate(self) -> Check:
        """Whether rate, interval, median and best follow from the samples."""
        entry, stated = self._entry, self._entry.rate
        assert stated is not None
        samples = counted_samples(entry)
        seconds = math.fsum(sample.seconds for sample in samples)
        evidence = entry.evidence
        right = rate_of_shares(evidence) if isinstance(evidence, ServedShares) else stated_rate(entry, self._written_as)
        fault = ""
        if not close(entry.seconds, seconds):
            fault = f"{entry.seconds:g} s are stated in all, the samples add up to {seconds:g} s"
        elif isinstance(evidence, ServedShares) and (len(samples) != 1 or entry.seconds != evidence.seconds):
            fault = f"the window of the shares was {evidence.seconds:g} s, not the stated {entry.seconds:g} s"
        elif not close(stated.value, right.value):
            fault = f"work ÷ seconds of the samples gives {right.value:.6g} a second, not the stated {stated.value:.6g}"
        elif (
            not close(stated.low, right.low)
            or not close(stated.high, right.high)
            or stated.confidence != right.confidence
        ):
            fault = (
                f"the samples give an interval of {right.low:.6g}…{right.high:.6g} a second, "
                f"not the stated {stated.low or 0:.6g}…{stated.high or 0:.6g}"
            )
        elif not close(stated.median, right.median) or not close(stated.best, right.best):
            fault = (
                f"the samples' median and best rates are {right.median:.6g} and {right.best:.6g} a second, "
                "not as stated"
            )
        elif not close(entry.rate_per_cpu_s, rate_per_cpu_s(samples)):
            fault = "the stated work a CPU second does not follow from the samples"
        elif stated.unit != per_second(entry.unit):
            fault = f"a rate of {entry.unit} is not counted in {stated.unit}"
        elif stated.origin != "measured":
            fault = f"a rate from samples is measured, not {stated.origin}"
        covers = ("seconds", "rate_per_cpu_s", *(f"rate/{name}" for name in RATE_FIELDS))
        return self._check("rate", fault, "work and seconds give the stated rate", covers)

    def roof(self) -> Iterator[Check]:
        """Whether the share of the roof follows from the two rates; nothing where none is stated."""
        roof, rate = self._entry.roof, self._entry.rate
        if roof is None or rate is None:
            return
        share = 100 * rate.value / roof.rate
        fault = ""
        if roof.unit != per_second(self._entry.unit):
            fault = f"the roof for a rate of {self._entry.unit} is not counted in {roof.unit}"
        elif roof.percent is not None and not close(roof.percent, share):
            fault = f"the rate is {share:.6g} % of the stated roof, not the stated {roof.percent:.6g} %"
        elif roof.ceilings and not close(roof.rate, min(each.rate / each.count for each in roof.ceilings)):
            fault = "the stated roof is not that of its smallest ceiling"
        yield self._check(
            "roof", fault, "the share of the roof follows from the two rates", ("roof/percent", "roof/unit")
        )

    def energy(self) -> Iterator[Check]:
        """Whether what is derived from joules follows from them; version 1 worked it out by rules of its own."""
        if self._written_as == 1:
            return
        for index, record in enumerate(self._entry.energy):
            if record.gross_j is None and record.efficiency is None and record.above_idle_j is None:
                continue
            fault = _fault_of_bounds(record) or _fault_above_idle(record) or self._fault_of_efficiency(record)
            covers = (
                *(f"energy/{index}/{name}" for name in ABOVE_IDLE),
                f"energy/{index}/efficiency/**",
            )
            good = "joules a unit and above idle follow from the joules and the work"
            yield self._check("energy", fault, good, covers)

    def _fault_of_efficiency(self, record: Energy) -> str:
        stated = record.efficiency
        if stated is None:
            return ""
        entry = self._entry
        right = efficiency(record, entry.rate, entry.amount, entry.seconds)
        if right is None or not _same_efficiency(stated, right):
            return f"the joules and the work do not give the stated {stated.j_per_unit.value:.6g} J a unit"
        return ""

    def _check(self, code: str, fault: str, good: str, covers: tuple[str, ...]) -> Check:
        name = self._entry.device.id
        pointers = () if fault else tuple(f"{self._at}/{pointer}" for pointer in covers)
        return Check(code=code, ok=not fault, sentence=f"{name}: {fault or good}", device=name, covers=pointers)


def _fault_of_bounds(record: Energy) -> str:
    low, value, high = record.low_j, record.gross_j, record.high_j
    if value is not None and low is not None and high is not None and not low <= value <= high:
        return f"{value:.6g} J do not lie between their own bounds, {low:.6g} and {high:.6g} J"
    check = record.cross_check
    if check is not None and low is not None and high is not None:
        # Where the two disagree the bounds span both, so that only agreement can be told from the record.
        overlap = check.low_j <= high and low <= check.high_j
        if check.agrees and not overlap:
            return "the second opinion on the joules is said to agree, and does not"
    return ""


def _fault_above_idle(record: Energy) -> str:
    stated = (record.above_idle_j, record.above_idle_low_j, record.above_idle_high_j)
    if stated == (None, None, None):
        return ""
    bounds = Integral(record.gross_j, record.low_j, record.high_j)
    right = above_idle(bounds, record.window_s, record.idle) if record.window_s else None
    if right is None:
        return "joules above idle are stated without an idle power and a window that they follow from"
    # The higher bound is the largest of the joules that went in.
    room = OF_THE_LARGER * (record.high_j or 0.0)

    def same(one: float | None, other: float | None) -> bool:
        return one is not None and other is not None and math.isclose(one, other, rel_tol=OF_THE_LARGER, abs_tol=room)

    if not all(map(same, stated, (right.joules, right.low_j, right.high_j))):
        return f"joules and idle power do not give the stated {record.above_idle_j or 0:.6g} J above idle"
    return ""


def _same_efficiency(stated: Efficiency, right: Efficiency) -> bool:
    return all(map(_same_interval, astuple(stated), astuple(right)))


def _same_interval(stated: Interval | None, right: Interval | None) -> bool:
    if stated is None or right is None:
        return stated is right
    return close(stated.value, right.value) and close(stated.low, right.low) and close(stated.high, right.high)
