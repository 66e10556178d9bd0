"""Strings from drivers, files and users made fit for a result file and for a terminal."""

from __future__ import annotations

import re

from ...kernels.bounded import MAX_TEXT
from ...kernels.errors import InputError

# The same characters that the result model refuses.
_UNPRINTABLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+"
)


def printable(text: str, longest: int = MAX_TEXT) -> str:
    """`text` with every run of unprintable characters made one space, at most `longest` characters long."""
    clean = _UNPRINTABLE.sub(" ", text).strip()
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def checked_text(text: str, what: str) -> str:
    """`text` itself if a result file can hold it. Raises InputError naming `what` it is."""
    if len(text) > MAX_TEXT:
        raise InputError(f"the {what} has {len(text)} characters; give at most {MAX_TEXT}")
    if _UNPRINTABLE.search(text):
        raise InputError(f"the {what} holds line breaks or other control characters; give one line of printable text")
    return text
