"""Changes that no test notices, and why that is well: they decide nothing, or nothing that can be seen."""

from __future__ import annotations

from .mutants import Mutant

# (module, before, after): reason. Lines move; what stands on them does not so soon.
REASONS: dict[tuple[str, str, str], str] = {}


def reason_for(mutant: Mutant) -> str:
    """Why a change may go unnoticed; empty where nobody has said so."""
    return REASONS.get((mutant.module, mutant.before, mutant.after), "")
