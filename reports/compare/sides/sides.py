"""The two sides of a comparison: runs from files, folders, patterns or memory, each standing once."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ....bench.result.model import Result
from ....kernels.errors import InputError
from ....kernels.workloads.evidence import ServedShares
from ...collect.files import expanded
from ...collect.gather import checks_of
from ...wording.visible import visible
from ..rates.rate_series import Series, read_series, series_of_result

Source = str | Path | Result
MOST_RUNS = 1_000
PATTERN = frozenset("*?[")


class Side(Struct, frozen=True, kw_only=True):
    """Runs, each with its series, and sentences about what was left out."""

    runs: tuple[tuple[Series, ...], ...]
    left_out: tuple[str, ...] = ()


def read_side(sources: Iterable[Source]) -> Side:
    """The runs of one side; a folder stands for the `.json` files in it, and a pattern for what it matches.

    What stands in a folder and is no result is left out and named. A run that is there twice (a copy, whatever note it
    carries) counts once: copies would look like runs that agree. Raises InputError for a file that cannot be read and
    where there is no run at all.
    """
    runs: list[tuple[Series, ...]] = []
    left_out: list[str] = []
    seen: set[object] = set()
    for source, is_named in _listed(sources):
        try:
            found = series_of_result(source, checks_of(source)) if isinstance(source, Result) else read_series(source)
        except InputError as error:
            # What was named must be there and be right; what stands in a folder need not all be results.
            if is_named:
                raise
            left_out.append(visible(str(error), 400))
            continue
        fresh = [one for one in found if not marks_of(one) & seen]
        seen.update(mark for one in fresh for mark in marks_of(one))
        if len(fresh) < len(found):
            where = source.run_id[:8] if isinstance(source, Result) else visible(str(source), 200)
            left_out.append(f"{where} holds a run that is there already, and a copy is no second run")
        if fresh:
            runs.append(tuple(fresh))
        if len(runs) > MOST_RUNS:
            raise InputError(f"a side has more than {MOST_RUNS} runs; give fewer")
    if not runs:
        raise InputError(left_out[0] if left_out else "a side of the comparison has no run; give a result file")
    return Side(runs=tuple(runs), left_out=tuple(left_out))


def marks_of(series: Series) -> set[object]:
    """What makes a series the same run's wherever it stands: what its evidence is bound to, and its timed work.

    Not its note, nor its processor's name, which anybody may write. Empty where nothing was measured.
    """
    entry = series.entry
    if entry is None or not series.rates:
        return set()
    device = entry.device
    bound = (entry.result.run_id, entry.machine_id, device.device.id, device.setting)
    work = (device.workload, str(sorted(device.parameters.items())))
    evidence = device.evidence
    # Windows of one length and difficulty often count as many shares; the bytes drawn for each are its own.
    done = (evidence.fresh_hex,) if isinstance(evidence, ServedShares) else (series.rates, series.seconds)
    return {(*bound, *work), (*work, *done)}


def _listed(sources: Iterable[Source]) -> Iterator[tuple[Source, bool]]:
    """Each source, and whether the user named it; what a folder holds or a pattern matches is only found."""
    for source in sources:
        if isinstance(source, Result):
            yield source, True
        elif os.path.isdir(source):
            yield from ((path, False) for path in expanded([source]))
        elif PATTERN & set(str(source)) and not os.path.lexists(source):
            matched = sorted(glob.glob(str(source)))
            if not matched:
                raise InputError(
                    f"{visible(str(source), 200)} matches no file; give a result file, or a folder of them"
                )
            for path in matched:
                yield from ((one, False) for one in (expanded([path]) if os.path.isdir(path) else [Path(path)]))
        else:
            yield source, True


def paths_of(sources: Iterable[str]) -> list[str]:
    """The files that are meant. Raises InputError where a folder or a pattern holds none."""
    return [str(path) for path, _ in _listed(sources)]


def shared_run(base: Sequence[Series], new: Sequence[Series]) -> bool:
    """Whether one run stands on both sides."""
    marks = [{mark for one in side for mark in marks_of(one)} for side in (base, new)]
    return bool(marks[0] & marks[1])
