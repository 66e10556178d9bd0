"""Checking a result without trusting it.

Takes milliseconds: whether the figures follow from the samples is checked here, what the evidence shows by the
workload that left it. What holds is the *work*. What does not follow is the clock (how long it took) and the device's
name: they are the measuring machine's own word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from ...kernels.errors import InputError
from ...kernels.workloads.evidence import Claim, Evidence, Reported, ServedShares
from ...kernels.workloads.quantity import per_second
from ...kernels.workloads.registry import load_workload
from ..energy.joules.efficiency import efficiency
from ..pool.rate import rate_of_shares
from ..rates import counted_samples, rate_of, rate_per_cpu_s
from ..result.file import SchemaViolation, encode, load
from ..result.measurement import Measurement
from ..result.model import Result, Together
from ..run_id import together_run_id
from .verdict import Check, Verdict, statement_of

# Room for the rounding of sums that another order of adding gives, not for a different figure.
RELATIVE_ROUNDING = 1e-9
# With these nothing was measured: a record of such a status claims nothing.
WITHOUT_WORK = ("failed", "refused", "skipped")


def check_result(source: str | Path | Result) -> tuple[Verdict, Result | None]:
    """Every check that needs no device, and the result itself if it could be read.

    Raises InputError when the file cannot be read as JSON of a known schema version at all.
    """
    try:
        # A result handed over as an object may have been made by anyone, too: the model's bounds hold for it.
        if isinstance(source, Result):
            encode(source)
        result = source if isinstance(source, Result) else load(source)
    except SchemaViolation as violation:
        return Verdict.of([Check(code="schema", ok=False, sentence=str(violation))]), None
    checks = [
        Check(code="schema", ok=True, sentence="the file fits the result model"),
        _check_identities(result),
    ]
    if any(warning.code == "foreign_root" for warning in result.warnings):
        fault = "it shows a tree of files (HASHWATT_ROOT), not the machine that worked: for trying, never to be ranked"
        checks.append(Check(code="machine", ok=False, sentence=fault))
    for entry in result.results:
        checks.extend(check_measurement(entry, result.challenge, result.run_id, result.written_as))
    checks.extend(check_together(result))
    return Verdict.of(checks, statement_of(entry.evidence for entry in result.results)), result


def _check_identities(result: Result) -> Check:
    """Each machine × device × workload × parameters stands once, and on a machine that is listed."""
    machines = [machine.id for machine in result.machines]
    seen: set[tuple[str, str, str, str]] = set()
    fault = "a machine stands twice, so its work would count twice" if len(set(machines)) < len(machines) else ""
    for entry in result.results:
        name = entry.device.id
        identity = (entry.machine, name, entry.workload, str(sorted(entry.parameters.items())))
        if identity in seen:
            fault = fault or f"device {name} stands twice, so its work would count twice"
        if entry.machine not in machines:
            fault = fault or f"device {name} belongs to a machine that is not listed"
        seen.add(identity)
    return Check(code="devices", ok=not fault, sentence=fault or "each device stands once")


def check_together(result: Result) -> list[Check]:
    """The checks of what the devices did at once; they stand for themselves, and not for the devices alone."""
    together = result.together
    if together is None:
        return []
    run_id = together_run_id(result.run_id)
    checks = [
        check
        for entry in together.results
        for check in check_measurement(entry, result.challenge, run_id, result.written_as)
    ]
    checks = [
        Check(code=check.code, ok=check.ok, sentence=f"together: {check.sentence}", device=f"together {check.device}")
        for check in checks
    ]
    fault = _fault_of_rates(result, together)
    sentence = "rates together, their ratios and their sum follow from the devices' records"
    return [*checks, Check(code="together", ok=not fault, sentence=fault or sentence)]


def _fault_of_rates(result: Result, together: Together) -> str:
    alone = {_place(entry): entry.rate.value for entry in result.results if entry.rate}
    then = {_place(entry): entry.rate.value for entry in together.results if entry.rate}
    stated = {(rate.machine, rate.device, rate.workload): rate for rate in together.rates}
    if stated.keys() != then.keys() or len(stated) != len(together.rates) or not then.keys() <= alone.keys():
        return "the rates together are not those of the devices measured together"
    for place, rate in stated.items():
        expected = then[place] / alone[place]
        if rate.rate != then[place] or not math.isclose(rate.ratio_to_alone, expected, rel_tol=RELATIVE_ROUNDING):
            return f"{rate.device} made {expected:.3f} of its rate alone, not the stated {rate.ratio_to_alone:.3f}"
    total = math.fsum(then.values())
    if not math.isclose(together.sum_rate or 0.0, total, rel_tol=RELATIVE_ROUNDING):
        return f"the rates together add up to {total:.6g}, not to the stated {together.sum_rate or 0:.6g}"
    if len({entry.unit for entry in together.results}) > 1:
        return "rates of different units are added up"
    return ""


def _place(entry: Measurement) -> tuple[str, str, str]:
    return entry.machine, entry.device.id, entry.workload


def check_measurement(entry: Measurement, challenge: str, run_id: str, written_as: int = 2) -> list[Check]:
    """The checks of one record, by the rules of the schema version that it was written in."""
    if isinstance(entry.evidence, Reported):
        return [_check_reported(entry)]
    samples = counted_samples(entry)
    claims_work = bool(samples or entry.rate or entry.amount or entry.seconds or entry.evidence)
    if entry.status in WITHOUT_WORK or (entry.status == "interrupted" and not claims_work):
        fault = f"is {entry.status} and yet claims work"
        return [_check(entry, "devices", not claims_work, "claims nothing", fault)]
    if not (samples and entry.rate and entry.evidence):
        missing = "samples" if not samples else "rate" if not entry.rate else "evidence"
        return [_check(entry, "devices", False, "", f"is {entry.status} but has no {missing}")]
    shown = list(_check_evidence(entry, entry.evidence, challenge, run_id))
    amount = _check_amount(entry)
    # Evidence that counts the work by itself says the same, and more.
    if not amount.ok or all(check.code != amount.code for check in shown):
        shown.insert(0, amount)
    return [*shown, _check_rate(entry, written_as), *_check_roof(entry), *_check_energy(entry, written_as)]


def _check_reported(entry: Measurement) -> Check:
    """A device's own word may stand as such, and as nothing else: no work is counted, no bound and no joules follow."""
    rate = entry.rate
    fault = ""
    if rate is None or rate.origin != "reported":
        fault = "its figures are the device's own word, and are not marked so"
    elif entry.rounds or entry.amount or entry.seconds or rate.low is not None or rate.high is not None:
        fault = "its figures are the device's own word, and yet are counted as measured"
    elif any(record.efficiency is not None for record in entry.energy):
        fault = "its work is the device's own word, so no joules a unit follow from it"
    return _check(entry, "reported", not fault, "the device's own word: nothing is proven", fault)


def claim_of(entry: Measurement, challenge: str, run_id: str) -> Claim:
    """What the evidence of a record is held against."""
    return Claim(
        challenge=challenge,
        device_id=entry.device.id,
        run_id=run_id,
        parameters=entry.parameters,
        amounts=tuple(sample.amount for sample in counted_samples(entry)),
    )


def _check_evidence(entry: Measurement, evidence: Evidence, challenge: str, run_id: str) -> Iterator[Check]:
    try:
        workload = load_workload(entry.workload)
        parameters = workload.parameters_of(entry.parameters)
    except InputError as error:
        yield _check(entry, "workload", False, "", f"nothing of its work can be checked: {error}")
        return
    if entry.unit != workload.quantity.unit or parameters != entry.parameters:
        fault = f"{entry.workload} counts {workload.quantity.plural} and has other parameters than are stated"
        yield _check(entry, "workload", False, "", fault)
    try:
        findings = list(workload.verify(evidence, claim_of(entry, challenge, run_id)))
    except Exception as error:
        # Another distribution's code, and a stranger's file: whatever comes of the two, the answer is a verdict.
        fault = f"{entry.workload} cannot check its evidence ({type(error).__name__}: {error!s:.200})"
        yield _check(entry, "evidence", False, "", fault)
        return
    for finding in findings:
        yield _check(entry, finding.code, finding.ok, finding.sentence, finding.sentence)


def _check_amount(entry: Measurement) -> Check:
    total = sum(sample.amount for sample in counted_samples(entry))
    fault = f"{entry.amount} are stated in all, the samples add up to {total}"
    return _check(entry, "amount", entry.amount == total, "the samples add up to the stated amount of work", fault)


def _check_rate(entry: Measurement, written_as: int) -> Check:
    stated = entry.rate
    assert stated is not None
    samples = counted_samples(entry)
    seconds = math.fsum(sample.seconds for sample in samples)
    evidence = entry.evidence
    right = rate_of_shares(evidence) if isinstance(evidence, ServedShares) else rate_of(samples, entry.unit, written_as)
    fault = ""
    if not math.isclose(seconds, entry.seconds, rel_tol=RELATIVE_ROUNDING):
        fault = f"{entry.seconds:g} s are stated in all, the samples add up to {seconds:g} s"
    elif isinstance(evidence, ServedShares) and (len(samples) != 1 or entry.seconds != evidence.seconds):
        fault = f"the window of the shares was {evidence.seconds:g} s, not the stated {entry.seconds:g} s"
    elif not _close(stated.value, right.value):
        fault = f"work ÷ seconds of the samples gives {right.value:.6g} a second, not the stated {stated.value:.6g}"
    elif (
        not _close(stated.low, right.low)
        or not _close(stated.high, right.high)
        or stated.confidence != right.confidence
    ):
        fault = (
            f"the samples give an interval of {right.low:.6g}…{right.high:.6g} a second, "
            f"not the stated {stated.low or 0:.6g}…{stated.high or 0:.6g}"
        )
    elif not _close(stated.median, right.median) or not _close(stated.best, right.best):
        fault = (
            f"the samples' median and best rates are {right.median:.6g} and {right.best:.6g} a second, not as stated"
        )
    elif not _close(entry.rate_per_cpu_s, rate_per_cpu_s(samples)):
        fault = "the stated work a CPU second does not follow from the samples"
    elif stated.unit != per_second(entry.unit):
        fault = f"a rate of {entry.unit} is not counted in {stated.unit}"
    elif stated.origin != "measured":
        fault = f"a rate from samples is measured, not {stated.origin}"
    return _check(entry, "rate", not fault, "work and seconds give the stated rate", fault)


def _check_roof(entry: Measurement) -> Iterator[Check]:
    """A share of the roof that does not follow from the two rates; nothing where it does, or where none is stated."""
    roof, rate = entry.roof, entry.rate
    if roof is None or rate is None:
        return
    share = 100 * rate.value / roof.rate
    if roof.unit != per_second(entry.unit):
        yield _check(entry, "roof", False, "", f"the roof for a rate of {entry.unit} is not counted in {roof.unit}")
    elif roof.percent is not None and not _close(roof.percent, share):
        fault = f"the rate is {share:.6g} % of the stated roof, not the stated {roof.percent:.6g} %"
        yield _check(entry, "roof", False, "", fault)


def _check_energy(entry: Measurement, written_as: int) -> Iterator[Check]:
    """Joules a unit that do not follow from the joules and the work; version 1 worked them out by another rule."""
    for record in entry.energy if written_as != 1 else ():
        if record.efficiency is None:
            continue
        right = efficiency(record, entry.rate, entry.amount, entry.seconds)
        stated = record.efficiency.j_per_unit.value
        if right is None or not _close(stated, right.j_per_unit.value):
            fault = f"the joules and the work do not give the stated {stated:.6g} J a unit"
            yield _check(entry, "energy", False, "", fault)


def _close(stated: float | None, right: float | None) -> bool:
    if stated is None or right is None:
        return stated is right
    return math.isclose(stated, right, rel_tol=RELATIVE_ROUNDING)


def _check(entry: Measurement, code: str, ok: bool, good: str, bad: str) -> Check:
    return Check(code=code, ok=ok, sentence=f"{entry.device.id}: {good if ok else bad}", device=entry.device.id)
