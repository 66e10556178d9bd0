"""Stream triad as a workload: see the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from ...device import AnyDevice, DeviceInfo, Executes
from ...errors import InputError
from ..evidence import Checked, Claim, Evidence, EvidenceKind, Finding
from ..protocol import Request, Task, Value
from ..quantity import BYTE, Quantity
from .counts import COUNTS

# What `cpu`, `opencl` and `plain` are written in.
LANGUAGES = ("numba", "opencl", "python")
PARAMETERS: Mapping[str, Value] = {"operation": "triad", "number": "float64"}


class Stream:
    """See Workload."""

    name = "stream"
    summary = "memory bandwidth by STREAM's triad (a = b + s·c on 64-bit numbers, arrays beyond the caches)"
    quantity: Quantity = BYTE
    evidence_kind: EvidenceKind = "checked"
    binds = "memory"
    counts: Mapping[str, float] = COUNTS

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: there is nothing to choose yet."""
        for name, value in given.items():
            if PARAMETERS.get(name) != value:
                raise InputError(f"stream has no {name!r:.40} of {value!r:.40}; leave it out")
        return dict(PARAMETERS)

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload."""
        return ""

    def why_not(self, info: DeviceInfo) -> str | None:
        """See Workload."""
        if any(language in LANGUAGES for language in info.languages):
            return None
        return f"{info.id} runs no kernels but its own; stream needs a device that compiles {', '.join(LANGUAGES)}"

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from .task import TriadTask

        return TriadTask(cast(Executes, device), request)

    def verify(self, evidence: Evidence, claim: Claim) -> Sequence[Finding]:
        """Whether it says that answers were compared; a reader has the machine's word for it."""
        if not isinstance(evidence, Checked):
            return [
                Finding(code="evidence", ok=False, sentence="stream leaves answers that were checked, nothing else")
            ]
        return [
            Finding(
                code="checked",
                ok=True,
                sentence=f"{evidence.answers} answers agreed, by the measuring machine's own word",
            )
        ]

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Nothing of it can be computed again: it leaves no answers."""
        return []


WORKLOAD = Stream()
