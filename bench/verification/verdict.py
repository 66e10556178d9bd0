"""What `verify` answers: one sentence for each check, and what they prove together."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from ...kernels.workloads.evidence import Checked, Evidence, Reported
from ..anchors.clock import Anchor, Anchors, Between

STATEMENT = (
    "This proves that the work was done for this challenge, not how long it took nor on which device: "
    "the clock is the measuring machine's own word."
)
OWN_WORD = "Nothing here is proven: that the work was done, and how long it took, is the measuring machine's own word."
PARTLY_OWN_WORD = (
    "Where it says so, this proves that the work was done for this challenge; all else, and how long it took, is the "
    "measuring machine's own word."
)


class Check(Struct, frozen=True, kw_only=True):
    """One check of one device's record (of the whole file where `device` is None).

    `code` names it for scripts. Ours: `schema` (the file fits the result model), `devices` (each device stands once,
    and has what its status promises), `machine` (only where another machine's files are shown), `workload` (its work is
    known here, and counted as stated), `amount` (the samples add up), `rate` (work and seconds give the stated rates),
    `roof` (only where the stated share of it does not follow, or its unit is another one), `energy` (only where joules
    a unit do not follow), `together` (rates at once, their ratios to alone and their sum follow from the records). The
    others are the workload's, see there.
    """

    code: str
    ok: bool
    sentence: str
    device: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """All checks in order; `ok` when none failed."""

    ok: bool
    checks: tuple[Check, ...]
    statement: str = STATEMENT
    anchors: tuple[Anchor, ...] = ()
    between: Between | None = None

    @classmethod
    def of(cls, checks: list[Check], statement: str = STATEMENT, anchors: Anchors | None = None) -> Verdict:
        """The verdict that follows from `checks`; a record that is refused has no time either."""
        ok = all(check.ok for check in checks)
        found = anchors or Anchors()
        return cls(
            ok=ok,
            checks=tuple(checks),
            statement=statement,
            anchors=found.anchors,
            between=found.between if ok else None,
        )

    def with_checks(self, more: list[Check]) -> Verdict:
        """The same with more checks."""
        ok = self.ok and all(check.ok for check in more)
        return replace(self, ok=ok, checks=(*self.checks, *more), between=self.between if ok else None)

    def __repr__(self) -> str:
        """Verified or not in a line, and a line for each check that fails."""
        failed = [check for check in self.checks if not check.ok]
        held = f"{len(self.checks) - len(failed)} of {len(self.checks)} checks hold"
        lines = [f"  {check.code}{f' of {check.device}' if check.device else ''}: {check.sentence}" for check in failed]
        return "\n".join([f"Verdict: {'verified' if self.ok else 'refused'}, {held}", *lines])

    def __rich_repr__(self) -> None:  # type: ignore[override]
        """Nothing of its own: rich, too, then shows these lines."""


def statement_of(evidence: Iterable[Evidence | None]) -> str:
    """What evidence of these classes shows together."""
    own_word = {isinstance(each, Checked | Reported) for each in evidence if each is not None}
    if own_word == {True}:
        return OWN_WORD
    return PARTLY_OWN_WORD if own_word == {True, False} else STATEMENT
