"""What workloads share whose answers the measuring machine compares itself."""

from __future__ import annotations

from collections.abc import Sequence

from ..device import DeviceInfo
from .evidence import Checked, Evidence, Finding


def checked_findings(name: str, evidence: Evidence) -> Sequence[Finding]:
    """Whether evidence says that answers were compared; a reader has the machine's word for it."""
    if not isinstance(evidence, Checked):
        return [Finding(code="evidence", ok=False, sentence=f"{name} leaves answers that were checked, nothing else")]
    told = f"{evidence.answers} answers agreed, by the measuring machine's own word"
    return [Finding(code="checked", ok=True, sentence=told)]


def no_language(info: DeviceInfo, name: str, languages: Sequence[str]) -> str | None:
    """Why a device that compiles none of these languages cannot do the work; None where it compiles one."""
    if any(language in languages for language in info.languages):
        return None
    return f"{info.id} runs no kernels but its own; {name} needs a device that compiles {', '.join(languages)}"
