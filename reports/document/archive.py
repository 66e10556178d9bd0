"""The raw results as one zip archive, the same bytes for the same results."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec

from ...bench.result.model import Result

# What the archive needs for a file besides its content: two headers with its name.
ENTRY_BYTES = 256
LEVEL = 9
# How many times smaller packing can make a result.
MOST_PACKED = 12
# The earliest time that a zip archive can hold; the results carry their own.
TIME = (1980, 1, 1, 0, 0, 0)


def archive(results: Sequence[Result], most_bytes: int) -> tuple[bytes, int]:
    """The archive, and how many of `results` are in it: as many of the first ones as fit into `most_bytes`."""
    contents: list[bytes] = []
    room = most_bytes
    for result in results:
        content = msgspec.json.encode(result)
        # Proofs hardly compress: what is so large cannot fit, and packing it to see that takes seconds.
        if len(content) > MOST_PACKED * room:
            break
        room -= len(zlib.compress(content, LEVEL)) + ENTRY_BYTES
        if room < 0:
            break
        contents.append(content)
    kept = len(contents)
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=LEVEL) as file:
        for number, content in enumerate(contents):
            file.writestr(entry_of(results[number], number), content, compresslevel=LEVEL)
    return (buffer.getvalue() if kept else b""), kept


def entry_of(result: Result, number: int) -> ZipInfo:
    """A file's name and attributes in the archive; the number keeps two files of one run apart."""
    time = result.created.replace(":", "").replace("-", "")
    entry = ZipInfo(f"hashwatt-{time}-{result.run_id[:8]}-{number}.json", TIME)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
