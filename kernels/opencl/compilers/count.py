"""The instructions of a kernel's loop in a GPU's assembly, by the kinds that costs are counted in.

What is counted is the longest stretch without a jump or a label: the hash itself. The few instructions around it (the
loop, a hit) are not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from .compile import Language

SHIFT, LOGIC, ADD, MULTIPLY, MULTIPLY_HIGH = "shift", "logic", "add", "multiply", "multiply_high"
# Whatever else the pipes of the hash run (comparisons, moves), and what runs elsewhere or nowhere.
OTHER, ELSEWHERE = "other", "elsewhere"
KINDS = (SHIFT, LOGIC, ADD, MULTIPLY, MULTIPLY_HIGH, OTHER)

SASS_LINE = re.compile(r"/\*[0-9a-f]{4,5}\*/\s+(?:@!?U?P[\dT]+\s+)?([A-Z][A-Z0-9_.]*)")
SASS_LABEL = re.compile(r"^\s*\.L")
SASS_KINDS = {"SHF": SHIFT, "LOP3": LOGIC, "IADD3": ADD, "IADD": ADD, "VIADD": ADD, "IMAD": MULTIPLY}
SASS_OTHER = ("ISETP", "MOV", "SEL", "PRMT", "LEA", "PLOP3", "FSEL", "HFMA2")
SASS_JUMPS = ("BRA", "EXIT", "RET", "BSYNC", "CALL")

AMD_LINE = re.compile(r"^\s+([vs]_[a-z0-9_]+|global_\w+|flat_\w+)\s")
AMD_LABEL = re.compile(r"^\.?\w+:|^; %bb")
AMD_PAIR = re.compile(r"v_dual_\w+")
# First match first: v_xad_u32 is an XOR and an addition, v_lshl_or_b32 a shift and an OR, each in one.
AMD_KINDS = (
    (re.compile(r"v_(alignbit|alignbyte|lshr|lshl|ashr|bfe|perm)"), SHIFT),
    (re.compile(r"v_(dual_)?(add|sub|xad)"), ADD),
    (re.compile(r"v_(dual_)?(xor|and|or|not|bfi|bitop)"), LOGIC),
    (re.compile(r"v_mul_hi"), MULTIPLY_HIGH),
    (re.compile(r"v_(mul|mad)"), MULTIPLY),
    (re.compile(r"v_"), OTHER),
)


def counts(language: Language, assembly: str) -> Counter[str]:
    """Instructions of the loop by kind, of SASS or amdgcn."""
    stretches = _sass_stretches(assembly) if language == "sass" else _amdgcn_stretches(assembly)
    return max(stretches, key=lambda stretch: stretch.total(), default=Counter())


def _sass_stretches(assembly: str) -> Iterator[Counter[str]]:
    stretch: Counter[str] = Counter()
    for line in assembly.splitlines():
        if SASS_LABEL.match(line):
            yield stretch
            stretch = Counter()
        found = SASS_LINE.search(line)
        if found:
            stretch[_sass_kind(found[1])] += 1
            if found[1].partition(".")[0] in SASS_JUMPS:
                yield stretch
                stretch = Counter()
    yield stretch


def _sass_kind(instruction: str) -> str:
    name, *modifiers = instruction.split(".")
    if name == "IMAD" and ("HI" in modifiers or "WIDE" in modifiers):
        return MULTIPLY_HIGH
    return SASS_KINDS.get(name, OTHER if name in SASS_OTHER else ELSEWHERE)


def _amdgcn_stretches(assembly: str) -> Iterator[Counter[str]]:
    stretch: Counter[str] = Counter()
    for line in assembly.splitlines():
        if AMD_LABEL.match(line):
            yield stretch
            stretch = Counter()
        found = AMD_LINE.match(line)
        if found:
            for name in AMD_PAIR.findall(line) or [found[1]]:
                stretch[_amdgcn_kind(name)] += 1
    yield stretch


def _amdgcn_kind(instruction: str) -> str:
    return next((kind for pattern, kind in AMD_KINDS if pattern.match(instruction)), ELSEWHERE)
