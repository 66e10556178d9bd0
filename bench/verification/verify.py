"""The whole check of a result, from reading its file to doing parts of its work again on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...kernels.device import DeviceOptions, Found, Missing
from ...kernels.errors import DeviceError, InputError
from ..isolation.device import find_all
from ..progress import NoProgress, Progress
from ..result.model import Result
from .cached import keep
from .checks import check_result
from .recompute import audit
from .recompute import recompute as do_again
from .verdict import Verdict

LONGEST_EFFORT_S = 86_400.0


def verify(
    source: str | Path | Result,
    recompute: int = 0,
    progress: Progress | None = None,
    *,
    effort_s: float = 0.0,
    challenge: str | None = None,
    certificates: Sequence[str | Path] = (),
) -> Verdict:
    """Check a result (or its file) without trusting it.

    Takes milliseconds unless parts of the work are done again: `recompute` randomly chosen ones, or as many as the
    CPU does in about `effort_s` seconds. Evidence that does not hold is a Verdict that is not ok, and nothing of it is
    done again. `challenge`: what the result must answer (None: any). `certificates`: files of the root certificates
    that are trusted for time-stamps (none: those of the system). Raises InputError when the file cannot be read as
    a result at all, DeviceError when there is no CPU kernel to do work again with.
    """
    if recompute < 0:
        raise InputError(f"{recompute} chunks cannot be recomputed; give a number from 0 on")
    if not 0 <= effort_s <= LONGEST_EFFORT_S:
        raise InputError(f"an effort of {effort_s:g} s is not possible; give 0 to {LONGEST_EFFORT_S:.0f} seconds")
    verdict, result = check_result(source, challenge=challenge, certificates=certificates, list_trusted=True)
    if result is None:
        return verdict
    if (recompute or effort_s) and verdict.ok:
        verdict = _done_again(verdict, result, recompute, effort_s, progress or NoProgress())
    # Reports look at a part of the shares only; what was found out about all of them, and about the work, they use.
    of_this_question = all(check.ok for check in verdict.checks if check.code == "challenge") and not certificates
    if not isinstance(source, Result) and of_this_question:
        keep(source, verdict, result)
    return verdict


def _done_again(verdict: Verdict, result: Result, recompute: int, effort_s: float, shown: Progress) -> Verdict:
    entries = find_all(["cpu"])
    found = [entry for entry in entries if isinstance(entry, Found)]
    if not found:
        reasons = "; ".join(entry.reason for entry in entries if isinstance(entry, Missing))
        raise DeviceError(f"no CPU kernel to recompute with: {reasons}")
    device = found[0].open(DeviceOptions())
    try:
        again = do_again(result, recompute, device, shown) if recompute else []
        if effort_s:
            again += audit(result, effort_s, device, shown)
    finally:
        shown.done()
        device.close()
    return verdict.with_checks(again)
