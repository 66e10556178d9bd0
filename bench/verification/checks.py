"""Checking a result without trusting it.

Takes milliseconds: whether the figures follow from the samples is checked here, what the evidence shows by the
workload that left it. What holds is the *work*. What does not follow is the clock (how long it took) and the device's
name: they are the measuring machine's own word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from ...kernels.errors import InputError, shortage_of
from ...kernels.workloads.evidence import Claim, Evidence, Finding, Reported
from ...kernels.workloads.evidence_version1 import ChunkedShares
from ...kernels.workloads.protocol import SamplesShares, Workload, quantity_for
from ...kernels.workloads.registry import load_workload
from ..anchors.challenge import given_challenge
from ..anchors.clock import anchors_of
from ..rates import all_samples, counted_samples
from ..result.file import SchemaViolation, decode, document_of, encode, read_bounded, shown_name
from ..result.measurement import Measurement
from ..result.model import SCHEMA_VERSION, Result
from ..rounds.counted import with_counted
from ..run_id import setting_run_id, together_run_id
from .alternated import check_alternated
from .figures import RELATIVE_ROUNDING, Figures
from .together import fault_of_rates
from .trusted import covered_by, trusted
from .verdict import Check, Proven, Verdict, statement_of

# With these nothing was measured: a record of such a status claims nothing.
WITHOUT_WORK = ("failed", "refused", "skipped")
EACH_SAMPLE = "/rounds/*/samples/*/"


@dataclass(frozen=True)
class Judged:
    """The checks of a record, and how much of its work is proven."""

    checks: list[Check]
    proven: list[Proven] = field(default_factory=list)

    def on(self, machine: str | None) -> Judged:
        """The same, said of a device of that machine (None: the file has only one)."""
        if machine is None:
            return self
        return Judged(
            [replace(check, machine=machine) for check in self.checks],
            [replace(each, machine=machine) for each in self.proven],
        )


def check_result(
    source: str | Path | Result,
    *,
    challenge: str | None = None,
    most_shares: int | None = None,
    certificates: Sequence[str | Path] = (),
    list_trusted: bool = False,
) -> tuple[Verdict, Result | None]:
    """Every check that needs no device, and the result itself if it could be read.

    `challenge`: what the file's must be (None: any). `most_shares`: so many of a device's shares, drawn anew, are
    looked at (None: all). `certificates`: files of those that are trusted to vouch for time-stamps (empty: those of the
    system). `list_trusted`: the verdict lists what no check covers. Raises InputError when the file cannot be read as
    JSON of a known schema version at all, or such a file as a certificate.
    """
    options = (challenge, most_shares, certificates, list_trusted)
    if not isinstance(source, Result):
        return check_file(read_bounded(source), shown_name(source), *options)
    try:
        # A result handed over as an object may have been made by anyone, too: the model's bounds hold for it.
        data = encode(source)
    except SchemaViolation as violation:
        return _misfit(violation), None
    return _judged(source, data, *options), source


def check_file(
    data: bytes,
    name: str,
    challenge: str | None = None,
    most_shares: int | None = None,
    certificates: Sequence[str | Path] = (),
    list_trusted: bool = False,
) -> tuple[Verdict, Result | None]:
    """As `check_result`, of the content of the file called `name`."""
    try:
        result = decode(data, name)
    except SchemaViolation as violation:
        return _misfit(violation), None
    return _judged(result, data, challenge, most_shares, certificates, list_trusted), result


def _misfit(violation: SchemaViolation) -> Verdict:
    return Verdict.of([Check(code="schema", ok=False, sentence=str(violation))])


def _judged(
    result: Result,
    data: bytes,
    challenge: str | None,
    most_shares: int | None,
    certificates: Sequence[str | Path],
    list_trusted: bool,
) -> Verdict:
    sentence = "the file fits the result model"
    checks = [Check(code="schema", ok=True, sentence=sentence, covers=("/schema_version", "/written_as"))]
    if challenge is not None:
        checks.append(_check_challenge(result, challenge))
    checks.append(_check_identities(result))
    if any(warning.code == "foreign_root" for warning in result.warnings):
        fault = "it shows a tree of files (HASHWATT_ROOT), not the machine that worked: for trying, never to be ranked"
        checks.append(Check(code="machine", ok=False, sentence=fault))
    anchors = anchors_of(result, certificates)
    checks.extend(
        Check(code="anchor", ok=anchor.ok, sentence=anchor.sentence, covers=anchor.covers) for anchor in anchors.anchors
    )
    proven: list[Proven] = []
    for index, entry in enumerate(result.results):
        mine = check_measurement(
            entry, result.challenge, result.run_id, result.written_as, f"/results/{index}", most_shares
        ).on(_told_apart(result, entry))
        checks.extend(mine.checks)
        proven.extend(mine.proven)
    at_once = _check_together(result, most_shares)
    checks.extend(at_once.checks)
    proven.extend(at_once.proven)
    checks.extend(check_alternated(result))
    own_word = trusted(document_of(data), covered_by(checks)) if list_trusted else ()
    statement = statement_of(entry.evidence for entry in result.results)
    return Verdict.of(checks, statement, proven, own_word, anchors)


def _told_apart(result: Result, entry: Measurement) -> str | None:
    """What tells a device's machine from the file's others."""
    return entry.machine if len(result.machines) > 1 else None


def _check_challenge(result: Result, wanted: str) -> Check:
    # Whoever gave it need not know which beacon's value was added.
    same = wanted in (result.challenge, given_challenge(result))
    fault = f"it answers the challenge {result.challenge!r:.60}, not {wanted!r:.60}"
    return Check(code="challenge", ok=same, sentence="it answers the challenge that was given" if same else fault)


def _check_identities(result: Result) -> Check:
    """Each machine × device × workload × parameters stands once, and on a machine that is listed."""
    listed = [machine.id for machine in result.machines]
    machines = set(listed)
    fault = "a machine stands twice, so its work would count twice" if len(machines) < len(listed) else ""
    if result.fleet is not None and [member.machine for member in result.fleet.members] != listed:
        fault = fault or "the machines that took part are not those that it lists"
    fault = fault or _fault_of_identities(result.results, machines)
    if result.fleet is not None:
        # A run leaves a record of every device, also of one that failed; a machine without any belongs to `lost`.
        without = machines - {entry.machine for entry in result.results}
        if without:
            fault = fault or f"{len(without)} of {len(machines)} machines took part and have no record"
    if result.together is not None:
        # What was done at once has evidence of its own, and counts once as well.
        fault = fault or _fault_of_identities(result.together.results, machines)
    return Check(code="devices", ok=not fault, sentence=fault or f"each device stands once{_without_work(result)}")


def _without_work(result: Result) -> str:
    """How many of a fleet's machines claim nothing, so that nobody counts them; empty where all claim something."""
    if result.fleet is None:
        return ""
    idle = {machine.id for machine in result.machines} - {entry.machine for entry in result.results if entry.rate}
    return f"; {len(idle)} of {len(result.machines)} machines did no work" if idle else ""


def _fault_of_identities(entries: Sequence[Measurement], machines: set[str]) -> str:
    """Why a record stands twice or nowhere; empty where none does."""
    seen: set[tuple[str, str, str, str, str | None]] = set()
    for entry in entries:
        name = entry.device.id
        identity = (entry.machine, name, entry.workload, str(sorted(entry.parameters.items())), entry.setting)
        if identity in seen:
            return f"device {name} stands twice, so its work would count twice"
        if entry.machine not in machines:
            return f"device {name} belongs to a machine that is not listed"
        seen.add(identity)
    return ""


def _check_together(result: Result, most_shares: int | None) -> Judged:
    """The checks of what the devices did at once; they stand for themselves, and not for the devices alone."""
    together = result.together
    if together is None:
        return Judged([])
    run_id = together_run_id(result.run_id)
    judged = [
        check_measurement(
            entry, result.challenge, run_id, result.written_as, f"/together/results/{index}", most_shares
        ).on(_told_apart(result, entry))
        for index, entry in enumerate(together.results)
    ]
    checks = [
        replace(check, sentence=f"together: {check.sentence}", device=f"together {check.device}")
        for one in judged
        for check in one.checks
    ]
    fault = fault_of_rates(result, together)
    sentence = "rates together, their ratios and their sum follow from the devices' records"
    covers = () if fault else ("/together/rates/**", "/together/sum_rate", "/together/unit")
    checks.append(Check(code="together", ok=not fault, sentence=fault or sentence, covers=covers))
    proven = [replace(each, device=f"together {each.device}") for one in judged for each in one.proven]
    return Judged(checks, proven)


def check_measurement(
    entry: Measurement,
    challenge: str,
    run_id: str,
    written_as: int = SCHEMA_VERSION,
    at: str = "",
    most_shares: int | None = None,
) -> Judged:
    """The checks of one record, which stands at the JSON pointer `at`, by the rules of its schema version."""
    if isinstance(entry.evidence, Reported):
        return Judged([_check_reported(entry)])
    samples = counted_samples(entry)
    claims_work = bool(samples or entry.rate or entry.amount or entry.seconds or entry.evidence)
    if entry.status in WITHOUT_WORK or (entry.status == "interrupted" and not claims_work):
        fault = f"is {entry.status} and yet claims work"
        return Judged([_check(entry, "devices", not claims_work, "claims nothing", fault)])
    if not (samples and entry.rate and entry.evidence):
        missing = "samples" if not samples else "rate" if not entry.rate else "evidence"
        return Judged([_check(entry, "devices", False, "", f"is {entry.status} but has no {missing}")])
    claim = claim_of(entry, challenge, run_id, written_as)
    shown = list(_check_evidence(entry, entry.evidence, claim, at, most_shares))
    figures = Figures(entry, written_as, at)
    amount = figures.amount()
    # Evidence that counts the work by itself says the same, and more.
    if not amount.ok or all(check.code != amount.code for _, check in shown):
        shown.insert(0, (None, amount))
    checks = [*(check for _, check in shown), *_check_rounds(entry), figures.rate(), *figures.roof(), *figures.energy()]
    bounded = next((finding for finding, _ in shown if finding and finding.at_least is not None), None)
    proven = []
    if all(check.ok for check in checks) and (bounded or isinstance(entry.evidence, ChunkedShares)):
        proven.append(
            Proven(
                device=entry.device.id,
                workload=entry.workload,
                at_least=None if bounded is None else bounded.at_least,
                claimed=sum(claim.amounts),
                confidence=None if bounded is None else bounded.confidence,
            )
        )
    return Judged(checks, proven)


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


def claim_of(entry: Measurement, challenge: str, run_id: str, written_as: int = SCHEMA_VERSION) -> Claim:
    """What the evidence of a record is held against."""
    return Claim(
        challenge=challenge,
        machine=entry.machine,
        device_id=entry.device.id,
        run_id=run_id if entry.setting is None else setting_run_id(run_id, entry.setting),
        workload=entry.workload,
        parameters=entry.parameters,
        # Rounds that do not count leave evidence, too: what was done is proven, and what counts is a part of it.
        amounts=tuple(sample.amount for sample in all_samples(entry)),
        written_as=written_as,
    )


def _check_evidence(
    entry: Measurement, evidence: Evidence, claim: Claim, at: str, most_shares: int | None
) -> Iterator[tuple[Finding | None, Check]]:
    try:
        workload = load_workload(entry.workload)
        parameters = workload.parameters_of(entry.parameters)
    except InputError as error:
        yield None, _check(entry, "workload", False, "", f"nothing of its work can be checked: {error}")
        return
    quantity = quantity_for(workload, parameters)
    if entry.unit != quantity.unit or parameters != entry.parameters:
        fault = f"{entry.workload} counts {quantity.plural} and has other parameters than are stated"
        yield None, _check(entry, "workload", False, "", fault)
    try:
        findings = list(_findings(workload, evidence, claim, most_shares))
    except Exception as error:
        # Another distribution's code, and a stranger's file: whatever comes of the two, the answer is a verdict.
        cause = shortage_of(error) or f"{type(error).__name__}: {error!s:.200}"
        fault = f"{entry.workload} cannot check its evidence ({cause})"
        yield None, _check(entry, "evidence", False, "", fault)
        return
    for finding in findings:
        check = _check(entry, finding.code, finding.ok, finding.sentence, finding.sentence)
        yield finding, replace(check, covers=tuple(_pointers(finding, entry, at)) if finding.ok else ())


def _findings(workload: Workload, evidence: Evidence, claim: Claim, most_shares: int | None) -> Sequence[Finding]:
    if most_shares is not None and isinstance(workload, SamplesShares):
        return workload.verify_part(evidence, claim, most_shares)
    return workload.verify(evidence, claim)


def _check_rounds(entry: Measurement) -> Iterator[Check]:
    """Rounds that were left out for another reason than the load, or that overlap; nothing where all is well."""
    fault = ""
    ended_s = 0.0
    for number, one in enumerate(entry.rounds, start=1):
        if not one.samples:
            fault = fault or f"round {number} has no samples"
        elif one.start_s is not None:
            if one.start_s < ended_s * (1 - RELATIVE_ROUNDING):
                fault = fault or f"round {number} began before the one before it had ended"
            ended_s = one.start_s + math.fsum(sample.seconds for sample in one.samples)
    if not fault:
        right = [one.counted for one in with_counted(entry.rounds)]
        wrong = [number for number, one in enumerate(entry.rounds, start=1) if one.counted != right[number - 1]]
        if wrong:
            counts = "counts" if right[wrong[0] - 1] else "does not count"
            fault = f"by the load that was measured round {wrong[0]} {counts}, and the rate is stated otherwise"
    if fault:
        yield _check(entry, "rounds", False, "", fault)


def _pointers(finding: Finding, entry: Measurement, at: str) -> Iterator[str]:
    """What a finding covers, from the file's root on."""
    for pointer in finding.covers:
        if pointer.startswith(EACH_SAMPLE):
            for index in range(len(entry.rounds)):
                yield f"{at}/rounds/{index}/samples/*/{pointer.removeprefix(EACH_SAMPLE)}"
        else:
            yield f"{at}{pointer}"
    if "/device/id" in finding.covers:
        # What ties the device to the work ties it to the challenge and the run, and these to its unit.
        yield from ("/challenge", "/run_id", f"{at}/unit")


def _check(entry: Measurement, code: str, ok: bool, good: str, bad: str) -> Check:
    return Check(code=code, ok=ok, sentence=f"{entry.device.id}: {good if ok else bad}", device=entry.device.id)
