"""How a workload takes part in a suite: which rows it has, for how long, and what size may be asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InputError

Value = int | float | str
# The parameter that a size that was asked for becomes.
SIZE = "size"
_SIZE_TEXT = re.compile(r"(\d{1,15})(KiB|MiB|GiB|TiB)?", re.ASCII)
_FACTORS = {None: 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


@dataclass(frozen=True)
class Size:
    """What may be asked for with `--size NAME=N`: `what` is counted, from `smallest` to `largest`.

    `is_bytes`: then units (256MiB) are understood, too.
    """

    what: str
    smallest: int
    largest: int
    is_bytes: bool = False

    def parsed(self, workload: str, text: str) -> int:
        """The number that `text` means. Raises InputError."""
        match = _SIZE_TEXT.fullmatch(text)
        if match is None or (match.group(2) and not self.is_bytes):
            example = "64MiB" if self.is_bytes else str(self.smallest)
            raise InputError(f"{text!r:.40} is no size for {workload}; give {self.what}, like {workload}={example}")
        value = int(match.group(1)) * _FACTORS[match.group(2)]
        if not self.smallest <= value <= self.largest:
            least, most = (size_text(end) if self.is_bytes else str(end) for end in (self.smallest, self.largest))
            raise InputError(f"{workload} takes {least} to {most} {self.what.removeprefix('bytes ')}, not {value}")
        return value


def size_text(size_bytes: int) -> str:
    """The bytes in the largest unit that they are a whole number of, so that no two sizes have the same text."""
    unit, factor = max(_FACTORS.items(), key=lambda each: each[1] if size_bytes % each[1] == 0 else 0)
    return f"{size_bytes // factor} {unit or ('byte' if size_bytes == 1 else 'bytes')}"


@dataclass(frozen=True)
class Suite:
    """A workload's part in `run --suite`.

    `seconds`: how long each row is sampled there on each device; on slow machines for shorter, but not below `least_s`.
    `other_s`: what it takes besides on a quiet machine with two cores (compiling, racing, checking, its limit).
    `rows`: the parameters of each row that is measured when the workload is (also outside of a suite), so that one name
    may stand for several precisions or operations.
    """

    seconds: float = 2.0
    other_s: float = 1.0
    least_s: float = 0.5
    rows: tuple[Mapping[str, Value], ...] = ({},)
    size: Size | None = None


def suite_of(workload: object) -> Suite | None:
    """The workload's part in a suite; None where it has none, or comes from a distribution that knows of none."""
    suite = getattr(workload, "suite", None)
    return suite if isinstance(suite, Suite) else None


def rows_of(workload: object) -> tuple[Mapping[str, Value], ...]:
    """The parameters of each row that is measured when the workload is."""
    suite = suite_of(workload)
    return ({},) if suite is None else suite.rows
