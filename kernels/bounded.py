"""Bounded types: what a string or a number that is stored may be at most.

The bounds keep a file from a stranger from costing more than a moment to check.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

MAX_TEXT = 1024
MOST_SAMPLES = 10_000
MOST_HEADERS = 20_000
MOST_CHUNKS = 20_000
MOST_SPANS = 10_000
MOST_LEAVES = 8192
MOST_SHARES = 50_000
MOST_METERS = 100
MOST_WARNINGS = 100

# No control characters, line separators, bidirectional marks, zero-width spaces or lone surrogates: a file's
# strings are shown in terminals and pages. A look-ahead, because `$` would let a last newline pass.
_PRINTABLE = r"^(?![\s\S]*[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff])"

Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=_PRINTABLE)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_PRINTABLE)]
DeviceId = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]*(?![\s\S])")]
RunId = Annotated[str, Meta(min_length=32, max_length=32, pattern=r"^[0-9a-f]{32}")]
Sha256Hex = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}")]
TargetHex = Sha256Hex
Base64 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]*={0,2}(?![\s\S])")]
MachineId = Annotated[str, Meta(min_length=16, max_length=16, pattern=r"^[0-9a-f]{16}")]
PrefixHex = Annotated[str, Meta(min_length=152, max_length=152, pattern=r"^[0-9a-f]{152}")]
Timestamp = Annotated[
    str, Meta(min_length=20, max_length=20, pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", description="UTC")
]

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Word = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Figure = Annotated[float, Meta(ge=0, le=1e30)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
# Not 0: a sample's rate is its hashes divided by this.
SampleSeconds = Annotated[float, Meta(ge=1e-9, le=1e9)]
Rate = Annotated[float, Meta(gt=0, le=1e30)]
Celsius = Annotated[float, Meta(ge=-273.15, le=10_000)]
Percent = Annotated[float, Meta(ge=0, le=10_000)]
Probability = Annotated[float, Meta(ge=0, le=1)]

Settings = Annotated[dict[Name, Integer | Annotated[float, Meta(ge=-1e30, le=1e30)] | Text], Meta(max_length=200)]


# What a representation shows at most of a text, in characters, and of a sequence before it shows the first alone.
_SHOWN_CHARACTERS = 80
_SHOWN_ITEMS = 3


class Record(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all parts of a result. In an interpreter it shows all fields, the long ones cut short."""

    def __repr__(self) -> str:
        fields = (f"{name}={_shortened(getattr(self, name))}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({', '.join(fields)})"

    def __rich_repr__(self) -> None:  # type: ignore[override]
        """Nothing of its own: without this, msgspec's would give rich all fields in full."""


def _shortened(value: object) -> str:
    if isinstance(value, str) and len(value) > _SHOWN_CHARACTERS:
        return repr(f"{value[: _SHOWN_CHARACTERS - 1]}…")
    if isinstance(value, tuple) and len(value) > _SHOWN_ITEMS:
        return f"({_shortened(value[0])}, … {len(value):,} in all)"
    if isinstance(value, dict) and len(value) > _SHOWN_ITEMS:
        return f"{{{', '.join(map(repr, list(value)[:_SHOWN_ITEMS]))}, … {len(value):,} in all}}"
    return repr(value)
