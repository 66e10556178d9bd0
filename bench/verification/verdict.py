"""What `verify` answers: one sentence for each check, and what they prove together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ...kernels.workloads.evidence import Checked, Evidence, Reported
from ..anchors.clock import Anchor, Anchors, Between

STATEMENT = (
    "This proves that the work was done for this challenge, not how long it took or on what: the machine's own word."
)
OWN_WORD = "Nothing here is proven: that the work was done, and how long it took, is the machine's own word."
PARTLY_OWN_WORD = (
    "Where it says so, this proves that the work was done for this challenge; all else is the machine's own word."
)
NO_WORK = "Nothing is proven: no device was measured, so there is no work to prove."
REFUSED = "Refused: not every check holds, so this file proves nothing as it stands."


class Check(Struct, frozen=True, kw_only=True):
    """One check of one device's record (of the whole file where `device` is None).

    `code` names it for scripts. Ours: `schema` (the file fits the result model), `challenge` (only where one was
    asked for: it is the file's), `devices` (each device stands once, and has what its status promises), `machine` (only
    where another machine's files are shown), `workload` (its work is known here, and counted as stated), `rounds` (only
    where one was left out, or not, against the measured load, or two overlap), `amount` (the samples add up), `rate`
    (work and seconds give the stated rates), `roof` (the stated share of it follows), `energy` (what is derived from
    the joules follows from them), `together` (rates at once, their ratios to alone and their sum follow from the
    records), `alternated` (what was measured in turns is of two settings, and the same work). The others are the
    workload's, see there.

    `covers`: JSON pointers into the file of what cannot be otherwise without its failing; `*` stands for any one step,
    a last `**` for all below. `machine`: whose device it is, where the file has several machines.
    """

    code: str
    ok: bool
    sentence: str
    device: str | None = None
    covers: tuple[str, ...] = ()
    machine: str | None = None


class Proven(Struct, frozen=True, kw_only=True):
    """How much of a device's claimed work is proven: `at_least`, with `confidence`; None where evidence bounds nothing.

    Only what its shares bound and every check of it bears out is listed. `claimed`: the work of all its samples, those
    of rounds that do not count among them, since that is what the evidence is about; so it may be more than the
    record's `amount`, on which the rate rests. `machine`: as of a check.
    """

    device: str
    workload: str
    at_least: int | None
    claimed: int
    confidence: float | None
    machine: str | None = None


class RateAtLeast(Struct, frozen=True, kw_only=True):
    """So much work a second a device did at least, by its proven work and the time between the anchors.

    It was done in turn with the other devices' as a rule, so the true rate is higher.
    """

    device: str
    workload: str
    rate: float


class Verdict(Struct, frozen=True, kw_only=True):
    """All checks in order; `ok` when none failed.

    `proven`: how much work of which device is. `trusted`: JSON pointers into the file of all that no check covers: it
    is the measuring machine's own word. `anchors`: what bounds the time by others' clocks, `between`: how much time
    they leave, and `rate_at_least`: what rates follow, where the anchors are right.
    """

    ok: bool
    checks: tuple[Check, ...]
    statement: str = STATEMENT
    proven: tuple[Proven, ...] = ()
    trusted: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    between: Between | None = None
    rate_at_least: tuple[RateAtLeast, ...] = ()

    @classmethod
    def of(
        cls,
        checks: list[Check],
        statement: str = STATEMENT,
        proven: Iterable[Proven] = (),
        trusted: Iterable[str] = (),
        anchors: Anchors | None = None,
    ) -> Verdict:
        """The verdict that follows from `checks`; a refused file states nothing else."""
        found = anchors or Anchors()
        shown = tuple(proven)
        verdict = cls(
            ok=True,
            checks=(),
            statement=statement,
            proven=shown,
            trusted=tuple(trusted),
            anchors=found.anchors,
            between=found.between,
            rate_at_least=tuple(rates_at_least(shown, found.between)),
        )
        return verdict.with_checks(checks)

    def with_checks(self, more: Sequence[Check]) -> Verdict:
        """The same with more checks; where one of them fails, nothing else is stated any more."""
        checks = (*self.checks, *more)
        if self.ok and all(check.ok for check in more):
            return replace(self, checks=checks)
        return replace(self, ok=False, checks=checks, statement=REFUSED, between=None, rate_at_least=())

    def __repr__(self) -> str:
        """Verified or not in a line, and a line for each check that fails."""
        failed = [check for check in self.checks if not check.ok]
        held = f"{len(self.checks) - len(failed)} of {len(self.checks)} checks hold"
        lines = [f"  {check.code}{f' of {check.device}' if check.device else ''}: {check.sentence}" for check in failed]
        return "\n".join([f"Verdict: {'verified' if self.ok else 'refused'}, {held}", *lines])

    def __rich_repr__(self) -> None:  # type: ignore[override]
        """Nothing of its own: rich, too, then shows these lines."""


def rates_at_least(proven: Iterable[Proven], between: Between | None) -> Iterator[RateAtLeast]:
    """The rates that follow from proven work and the time that it was done in; none where either is unknown."""
    for one in proven:
        if between is not None and one.at_least:
            yield RateAtLeast(device=one.device, workload=one.workload, rate=one.at_least / between.seconds)


def statement_of(evidence: Iterable[Evidence | None]) -> str:
    """What evidence of these classes shows together."""
    own_word = {isinstance(each, Checked | Reported) for each in evidence if each is not None}
    if not own_word:
        return NO_WORK
    if own_word == {True}:
        return OWN_WORD
    return PARTLY_OWN_WORD if own_word == {True, False} else STATEMENT
