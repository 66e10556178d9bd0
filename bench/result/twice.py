"""JSON in which a name stands twice in one object: some readers keep the first value, others the last."""

from __future__ import annotations

import json
from collections import Counter

from ...kernels.errors import InputError
from .printable import printable

MOST_SHOWN = 30


class _Twice(Exception):
    """A name stands twice; its argument is the name."""


def refuse_names_twice(data: bytes, name: str) -> None:
    """Raise InputError where an object of `data` has a name twice: two programs would read different figures in it.

    `data`: UTF-8 that msgspec has read, which keeps the last value and says nothing; `name`: the file's, for the error.
    The time grows with the length alone.
    """
    try:
        # The values are not looked at: as floats, numbers of any length are read.
        json.loads(data.decode(), object_pairs_hook=_refuse, parse_int=float)
    except _Twice as twice:
        shown = printable(str(twice), MOST_SHOWN)
        raise InputError(
            f"{name} says {shown!r} twice, and readers differ in which one they take; ask for the file as it was"
        ) from None
    except RecursionError:
        raise InputError(f"{name} is nested too deeply to be read; give a file that hashwatt has written") from None
    except ValueError as error:
        raise InputError(f"{name} is not JSON ({printable(str(error), 40)}); give a result file") from None


def _refuse(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _Twice(Counter(key for key, _ in pairs).most_common(1)[0][0])
