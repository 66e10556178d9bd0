"""What a check of a claim comes to."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ...bench.result.measurement import Origin

Judgement = Literal["reproduced", "partly", "not reproduced", "cannot be tested here"]


class Finding(Struct, frozen=True, kw_only=True):
    """What a check makes of a claim: the verdict, why (one sentence), and the evidence with its origins."""

    judgement: Judgement
    because: str
    evidence: tuple[str, ...]
    origins: tuple[Origin, ...]
