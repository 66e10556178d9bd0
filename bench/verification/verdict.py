"""What `verify` answers: one sentence for each check, and what they prove together."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

CheckCode = Literal[
    "schema",  # the file fits the result model
    "devices",  # each device stands once, and has what its status promises
    "header",  # the hashed headers derive from the challenge
    "chunks",  # the claimed nonce ranges lie in the nonce space and do not overlap
    "share_target",  # every share meets the target
    "share_range",  # every share lies in a claimed range
    "share_duplicate",  # no share stands twice
    "share_count",  # the number of shares fits the claimed hashes
    "amount",  # samples and chunks count the same hashes
    "together",  # rates at once, their ratios to alone and their sum follow from the records
    "rate",  # hashes and seconds give the stated hashrate
    "checksum",  # re-hashed chunks give the stored checksums
    "recomputed_shares",  # re-hashed chunks give the stored shares
]

STATEMENT = (
    "This proves that the work was done for this challenge, not how long it took nor on which device: "
    "the clock is the measuring machine's own word."
)


class Check(Struct, frozen=True, kw_only=True):
    """One check of one device's record (of the whole file where `device` is None)."""

    code: CheckCode
    ok: bool
    sentence: str
    device: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """All checks in order; `ok` when none failed."""

    ok: bool
    checks: tuple[Check, ...]
    statement: str = STATEMENT

    @classmethod
    def of(cls, checks: list[Check]) -> Verdict:
        """The verdict that follows from `checks`."""
        return cls(ok=all(check.ok for check in checks), checks=tuple(checks))
