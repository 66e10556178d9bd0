"""The text of a kernel's source, wherever it stands: what a result keeps the digest of."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..device import Source
from ..execution import function_of


def text_of(source: Source) -> str:
    """OpenCL C or LLVM IR as it is; of a function the file that it stands in."""
    if source.language == "opencl":
        return source.text
    if source.language == "llvm":
        return str(function_of(source)())
    found = find_spec(source.text.partition(":")[0])
    return Path(found.origin).read_text(encoding="utf-8") if found is not None and found.origin else source.text
